//! The in-memory cluster keeps the contract, and what only it can do.

use futures::StreamExt;
use shared_api::{DeleteHow, Key, OwnedBy, Query, Reason, Refusal, WriteHow, core::Pod};
use shared_client::{Cluster, Event};
use shared_testkit::*;

#[tokio::test]
async fn the_in_memory_cluster_keeps_the_contract() {
    contract::keeps_the_contract(|| FakeCluster::new().door()).await;
}

#[tokio::test]
async fn one_shared_cluster_keeps_it_too() {
    let fake = FakeCluster::new();
    contract::keeps_the_contract(|| fake.door()).await;
}

#[tokio::test]
async fn what_it_is_made_with_is_kept_as_it_is() {
    let rs = replica_set("web", 2);
    let owned = pod("web-a").labelled("app", "web").on("n1").ready().owned_by(&rs);
    let fake = FakeCluster::holding([object(&rs), object(&owned)]);
    let stored = fake.get(&Key::from_kind(&owned)).await.unwrap().to_kind::<Pod>().unwrap();
    assert!(stored.is_owned_by(&rs));
    assert_eq!(stored.status, owned.status);
}

#[tokio::test]
async fn a_pod_is_bound_once() {
    let fake = FakeCluster::holding([object(&pod("a"))]);
    let key = Key::of::<Pod>("default", "a");
    let to = |node: &str| serde_json::json!({"target": {"kind": "Node", "name": node}});
    fake.subresource(&key, "binding", Some(to("n1")), &WriteHow::default()).await.unwrap();
    let bound = fake.get(&key).await.unwrap().to_kind::<Pod>().unwrap();
    assert_eq!(bound.spec.as_ref().unwrap().node_name.as_deref(), Some("n1"));
    let again = fake.subresource(&key, "binding", Some(to("n2")), &WriteHow::default()).await.unwrap_err();
    assert_eq!(again.reason, Reason::Conflict);
}

#[tokio::test]
async fn a_broken_watch_ends_and_a_lost_history_is_said() {
    let fake = FakeCluster::holding([object(&pod("a"))]);
    let query = [Query::every::<Pod>()];
    let watch = fake.watch(&query, None).await.unwrap();
    fake.break_watches();
    let events: Vec<_> = watch.collect().await;
    assert!(
        matches!(events.last(), Some(Ok(Event::Bookmark { initial: true, .. }))),
        "what was told stays told"
    );
    fake.forget_history();
    assert!(fake.watch(&query, Some(fake.revision())).await.is_ok());
    fake.put(&object(&pod("b")));
    fake.forget_history();
    let Err(refused) = fake.watch(&query, Some(0)).await else { panic!("refused") };
    assert_eq!(refused.reason, Reason::Expired);
}

#[tokio::test]
async fn a_namespace_waits_for_its_finalizer() {
    let fake = FakeCluster::new();
    let mut ours = namespace("ours");
    ours.spec.get_or_insert_default().finalizers = Some(vec!["kubernetes".into()]);
    let stored = fake.create(object(&ours), &WriteHow::default()).await.unwrap();
    let marked = fake.delete(&stored.key(), &DeleteHow::default()).await.unwrap();
    assert_eq!(marked.value()["status"]["phase"], "Terminating");
    let done = serde_json::json!({"spec": {"finalizers": []}});
    fake.subresource(&stored.key(), "finalize", Some(done), &WriteHow::default()).await.unwrap();
    assert_eq!(fake.get(&stored.key()).await.unwrap_err().reason, Reason::NotFound);
}

#[tokio::test]
async fn the_next_call_can_be_refused() {
    let fake = FakeCluster::holding([object(&pod("a"))]);
    fake.refuse_next(Refusal::unavailable("no leader"));
    let key = Key::of::<Pod>("default", "a");
    assert_eq!(fake.get(&key).await.unwrap_err().message, "no leader");
    assert!(fake.get(&key).await.is_ok());
}
