//! Stateful and daemon sets from their beginning to their end.

use super::stage::{self, Stage};
use shared_api::{
    Key, Propagation,
    apps::{ControllerRevision, DaemonSet, StatefulSet},
    core::Pod,
};
use shared_client::World;
use shared_testkit::{DaemonSetWords, NodeWords, StatefulSetWords, daemon_set, stateful_set};
use std::collections::BTreeSet;

/// The names of the pods that run, with their images.
fn running(world: &World) -> Vec<(String, String)> {
    let ready = world.list::<Pod>().filter(|p| stage::is_ready(p) && p.metadata.deletion_timestamp.is_none());
    let image = |p: &Pod| p.spec.as_ref()?.containers[0].image.clone();
    ready.filter_map(|p| Some((p.metadata.name.clone()?, image(&p)?))).collect()
}

fn named(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, image)| ((*name).to_owned(), (*image).to_owned())).collect()
}

#[tokio::test]
async fn a_stateful_set_lives_and_ends() {
    let stage = Stage::set().await;
    stage.create(&stateful_set("web", 3).image("web:1")).await;
    let all = |image: &'static str| named(&[("web-0", image), ("web-1", image), ("web-2", image)]);
    stage.until("three pods run", |w| running(w) == all("web:1")).await;

    stage.change::<StatefulSet>("web", |s| *s = s.clone().image("web:2")).await;
    stage
        .until("all are of the new template, and the set says so", |w| {
            let numbers: Vec<_> = running(w).into_iter().filter(|(_, image)| image == "web:2").collect();
            // The highest number goes first.
            assert!(numbers.iter().zip(all("web:2").iter().skip(3 - numbers.len())).all(|(a, b)| a == b));
            let set = w.named::<StatefulSet>("default", "web").and_then(|s| s.status.clone());
            running(w) == all("web:2") && set.is_some_and(|s| s.current_revision == s.update_revision)
        })
        .await;
    stage
        .until("both revisions are kept", |w| {
            let numbers: BTreeSet<_> = w.list::<ControllerRevision>().map(|r| r.revision).collect();
            numbers == BTreeSet::from([1, 2])
        })
        .await;

    stage.delete(&Key::of::<Pod>("default", "web-1"), None).await;
    stage.until("a pod that was deleted is there again", |w| running(w) == all("web:2")).await;

    stage.delete(&Key::of::<StatefulSet>("default", "web"), Some(Propagation::Orphan)).await;
    stage.until("only the set is gone", |w| w.list::<StatefulSet>().count() == 0).await;
    stage.create(&stateful_set("web", 1).image("web:2")).await;
    stage.until("another takes its pods in", |w| running(w) == named(&[("web-0", "web:2")])).await;

    stage.delete(&Key::of::<StatefulSet>("default", "web"), None).await;
    stage
        .until("nothing of it is left", |w| {
            w.list::<Pod>().count() + w.list::<ControllerRevision>().count() == 0
        })
        .await;
}

#[tokio::test]
async fn a_daemon_set_follows_the_nodes() {
    let stage = Stage::set().await;
    stage.create(&daemon_set("logs").image("logs:1")).await;
    let nodes = |w: &World| -> BTreeSet<String> {
        let ready = w.list::<Pod>().filter(|p| stage::is_ready(p));
        ready.filter_map(|p| p.spec.as_ref()?.node_name.clone()).collect()
    };
    stage.until("every node has its pod", |w| nodes(w).len() == 3).await;
    stage.create(&stage::node("n4", "4").tainted("theirs", "NoSchedule")).await;
    stage.create(&stage::node("n5", "4")).await;
    stage.until("a new node has one, too", |w| nodes(w).contains("n5")).await;

    stage.change::<DaemonSet>("logs", |s| *s = s.clone().image("logs:2")).await;
    stage
        .until("all are of the new template", |w| {
            let set = w.named::<DaemonSet>("default", "logs").and_then(|s| s.status.clone());
            set.is_some_and(|s| s.updated_number_scheduled == Some(4) && s.number_available == Some(4))
                && running(w).iter().all(|(_, image)| image == "logs:2")
        })
        .await;
    stage.delete(&Key::of::<DaemonSet>("default", "logs"), Some(Propagation::Foreground)).await;
    stage.until("nothing is left", |w| w.list::<Pod>().count() + w.list::<DaemonSet>().count() == 0).await;
}
