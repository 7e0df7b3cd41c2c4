//! What a watch of the server does beyond the contract.

use crate::port::server;
use controlplane_apiserver::{Options, Server};
use controlplane_store::{Memory, Window};
use futures::StreamExt;
use serde_json::json;
use shared_api::{
    Object, Query, Reason, Timestamp, WriteHow,
    core::{ConfigMap, Secret},
};
use shared_client::{Cluster, Event};

async fn map(cluster: &dyn Cluster, name: &str) -> Object {
    let map =
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "default"}});
    cluster.create(Object::from_value(&map).unwrap(), &WriteHow::default()).await.unwrap()
}

#[tokio::test]
async fn a_watcher_in_the_process_hears_how_far_history_went() {
    let server = server().await;
    let cluster = server.internal("test");
    let mut told = cluster.watch(&[Query::every::<Secret>()], None).await.unwrap();
    let Some(Ok(Event::Bookmark { initial: true, cluster: first, .. })) = told.next().await else {
        panic!("there are no secrets")
    };
    let other = map(&*cluster, "a").await;
    let Some(Ok(Event::Bookmark { revision, initial: false, cluster })) = told.next().await else {
        panic!("a bookmark for what does not concern it")
    };
    assert_eq!((revision, cluster), (other.revision(), first));
}

#[tokio::test]
async fn overlapping_queries_tell_each_object_once() {
    let server = server().await;
    let cluster = server.internal("test");
    let made = map(&*cluster, "a").await;
    let queries = [Query::every::<ConfigMap>().within("default"), Query::every::<ConfigMap>()];
    let mut told = cluster.watch(&queries, None).await.unwrap();
    assert_eq!(told.next().await, Some(Ok(Event::Added(made))));
    assert!(matches!(told.next().await, Some(Ok(Event::Bookmark { initial: true, .. }))));
}

#[tokio::test]
async fn history_that_is_gone_or_never_was_has_expired() {
    let window = Window { revisions: 2, ..Window::default() };
    let server = Server::new(Memory::with_window(window), Options::new(Timestamp::now));
    server.prepare().await.unwrap();
    let cluster = server.internal("test");
    let query = Query { limit: 1, ..Query::every::<ConfigMap>() };
    for name in ["a", "b"] {
        map(&*cluster, name).await;
    }
    let page = cluster.list(&query).await.unwrap();
    for name in ["c", "d", "e"] {
        map(&*cluster, name).await;
    }
    for from in [1, 1_000_000] {
        let refused = cluster.watch(std::slice::from_ref(&query), Some(from)).await.err().map(|r| r.reason);
        assert_eq!(refused, Some(Reason::Expired), "from {from}");
    }
    let rest = Query { continue_from: page.continue_from, ..query };
    let refused = cluster.list(&rest).await.unwrap_err();
    assert_eq!(refused.reason, Reason::Expired);
    assert!(refused.message.starts_with("The provided continue parameter is too old"), "{refused}");
}
