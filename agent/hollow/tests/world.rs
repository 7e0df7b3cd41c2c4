//! The demo's world over a real control plane in this process: it comes to rest as its story says.

use agent_hollow::{Fleet, HollowSessions, Pace, begin, fill, settled};
use futures::StreamExt;
use shared_api::{
    DeleteHow, Key, Object, Query,
    apps::Deployment,
    core::{Node, Pod},
};
use shared_client::{Channel, Cluster, Event, LogOptions, Session, Sessions};
use shared_daemon::{Shutdown, Tasks, now};
use std::{sync::Arc, time::Duration};

const PATIENCE: Duration = Duration::from_mins(1);
const PODS: usize = 60;

async fn cluster(fleet: &Fleet, tasks: &Tasks) -> Arc<dyn Cluster> {
    let cluster = controlplane_server::within("tester", tasks).await.expect("it starts");
    tasks.start("hollow nodes", fleet.clone().run(Arc::clone(&cluster)));
    cluster
}

/// The first object of a kind that is as wanted.
async fn first<K: shared_api::Kind>(
    cluster: &Arc<dyn Cluster>,
    what: &str,
    fact: impl Fn(&Event) -> bool,
) -> Object {
    let search = async {
        let mut events = cluster.watch(&[Query::every::<K>()], None).await.expect("a watch");
        while let Some(event) = events.next().await {
            let event = event.expect("it goes on");
            if fact(&event) {
                return event.object().expect("an event about one").clone();
            }
        }
        panic!("the watch ended before {what}")
    };
    let found = tokio::time::timeout(PATIENCE, search).await;
    found.unwrap_or_else(|_| panic!("{what} did not happen within {PATIENCE:?}"))
}

fn waits(object: &Object) -> Option<String> {
    let pod = object.to_kind::<Pod>().ok()?;
    let all = pod.status.as_ref()?.container_statuses.clone()?;
    all.first()?.state.as_ref()?.waiting.as_ref()?.reason.clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_story_comes_to_rest_with_what_is_broken_in_it() {
    let (shutdown, fleet) = (Shutdown::new(), Fleet { pace: Pace::AtOnce, ..Fleet::new(5, now) });
    let tasks = Tasks::new(&shutdown);
    let cluster = cluster(&fleet, &tasks).await;
    begin(&cluster).await.unwrap();
    tokio::time::timeout(PATIENCE, settled(&cluster)).await.expect("it comes to rest").unwrap();

    let list = cluster.list(&Query::every::<Deployment>()).await.unwrap();
    let ready = |name: &str| {
        let found = list.items.iter().find(|d| d.name() == name).unwrap_or_else(|| panic!("{name}"));
        let status = found.to_kind::<Deployment>().unwrap().status.clone().unwrap();
        (status.replicas.unwrap_or(0), status.ready_replicas.unwrap_or(0))
    };
    assert_eq!([ready("storefront"), ready("cart"), ready("db")], [(4, 4), (3, 3), (1, 1)]);
    assert_eq!(ready("recommendations"), (2, 0));
    let nodes = cluster.list(&Query::every::<Node>()).await.unwrap();
    assert_eq!(nodes.items.len(), 5);

    // What is broken says why.
    let of = |app: &'static str| move |e: &Event| e.object().is_some_and(|o| o.name().starts_with(app));
    let lost = first::<Pod>(&cluster, "a failed pull", |e| {
        of("recommendations")(e) && waits(e.object().unwrap()).is_some_and(|w| w.contains("Image"))
    });
    lost.await;
    first::<Pod>(&cluster, "a crash loop", |e| {
        of("payments")(e) && waits(e.object().unwrap()).as_deref() == Some("CrashLoopBackOff")
    })
    .await;
    let report = cluster.get(&Key::of::<Pod>("data", "nightly-report")).await.unwrap();
    let report = report.to_kind::<Pod>().unwrap();
    let why = report.status.as_ref().unwrap().conditions.iter().flatten().find(|c| c.type_ == "PodScheduled");
    assert!(why.unwrap().message.as_deref().unwrap_or_default().contains("memory"), "{why:?}");

    // A pod that is deleted ends, and another takes its place.
    let pods = cluster.list(&Query::every::<Pod>().within("shop")).await.unwrap();
    let one = pods.items.iter().find(|p| p.name().starts_with("storefront")).unwrap();
    cluster.delete(&one.key(), &DeleteHow::default()).await.unwrap();
    first::<Pod>(&cluster, "another pod", |e| {
        of("storefront")(e) && !pods.items.iter().any(|p| p.uid() == e.object().unwrap().uid())
    })
    .await;

    // Its log is there to be read.
    let one = pods.items.iter().find(|p| p.name().starts_with("cart")).unwrap();
    let sessions = HollowSessions::new(Arc::clone(&cluster), now);
    let options = LogOptions { container: "cart".into(), ..LogOptions::default() };
    let mut log = sessions.open(&one.key(), Session::Logs(options)).await.unwrap();
    let mut channels = Vec::new();
    while let Some(frame) = log.receive.recv().await {
        channels.push(frame.channel);
    }
    assert_eq!(channels.last(), Some(&Channel::Outcome));
    shutdown.cancel();
    tasks.ended().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filled_cluster_runs_every_pod_and_changes() {
    let (shutdown, fleet) = (Shutdown::new(), Fleet { changes: 20, ..Fleet::for_pods(PODS, now) });
    let tasks = Tasks::new(&shutdown);
    let cluster = cluster(&fleet, &tasks).await;
    fill(&cluster, &fleet, PODS).await.unwrap();
    let restarted = |event: &Event| {
        let pod = event.object().and_then(|o| o.to_kind::<Pod>().ok());
        let status = pod.and_then(|p| p.status.clone());
        status.is_some_and(|s| s.container_statuses.iter().flatten().any(|c| c.restart_count > 0))
    };
    first::<Pod>(&cluster, "a restart", restarted).await;
    let all = async {
        loop {
            let list = cluster.list(&Query::every::<Pod>()).await.unwrap();
            let runs = |o: &&Object| {
                let pod = o.to_kind::<Pod>().unwrap();
                pod.status.as_ref().is_some_and(|s| s.phase.as_deref() == Some("Running"))
            };
            assert_eq!(list.items.len(), PODS);
            if list.items.iter().filter(runs).count() == PODS {
                return;
            }
            first::<Pod>(&cluster, "a change", |e| {
                matches!(e, Event::Modified(_)) && e.revision() > list.revision
            })
            .await;
        }
    };
    tokio::time::timeout(PATIENCE, all).await.expect("every pod runs");
    shutdown.cancel();
    tasks.ended().await;
}
