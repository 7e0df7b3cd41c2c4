//! A whole control plane in one process: every controller, the scheduler, and agents that merely say
//! their pods run, around one cluster in memory.

#[path = "story/jobs.rs"]
mod jobs;
#[path = "story/sets.rs"]
mod sets;
#[path = "story/stage.rs"]
mod stage;

use shared_api::{
    Key, Propagation, Refusal, WriteHow,
    apps::{Deployment, ReplicaSet},
    core::{Endpoints, Event, Namespace, Node, Pod, ServiceAccount},
    discovery::EndpointSlice,
};
use shared_client::Cluster;
use shared_testkit::{DeploymentWords, MetaWords, ServiceWords, deployment, namespace, object, service};
use stage::Stage;
use std::collections::BTreeSet;

#[tokio::test]
async fn a_deployment_lives_and_ends() {
    let stage = Stage::set().await;
    stage.create(&service("web").port("http", 80, 8080)).await;
    stage.create(&deployment("web", 3).image("web:1")).await;
    stage
        .until("three pods run and are told", |w| {
            let d = w.named::<Deployment>("default", "web");
            d.is_some_and(|d| {
                d.status
                    .as_ref()
                    .is_some_and(|s| s.available_replicas == Some(3) && said(&d, "NewReplicaSetAvailable"))
            })
        })
        .await;
    let nodes: BTreeSet<_> = stage.pods().into_iter().filter_map(|p| p.spec?.node_name).collect();
    assert_eq!(nodes.len(), 3, "spread over the nodes");
    stage
        .until("the service reaches them", |w| {
            let ready = |s: &EndpointSlice| {
                s.endpoints
                    .iter()
                    .filter(|e| e.conditions.as_ref().is_some_and(|c| c.ready == Some(true)))
                    .count()
            };
            let old_form =
                w.named::<Endpoints>("default", "web").and_then(|e| e.subsets.clone()).unwrap_or_default();
            let told = old_form.iter().flat_map(|s| s.addresses.iter().flatten()).count();
            w.list::<EndpointSlice>().map(|s| ready(&s)).sum::<usize>() == 3 && told == 3
        })
        .await;
    stage
        .until("events tell of it", |w| {
            let told =
                |reason: &str| w.list::<Event>().filter(|e| e.reason.as_deref() == Some(reason)).count();
            told("ScalingReplicaSet") >= 1 && told("SuccessfulCreate") == 3 && told("Scheduled") == 3
        })
        .await;

    stage.change::<Deployment>("web", |d| d.spec_mut().replicas = Some(1)).await;
    stage.until("one pod is left", |w| w.list::<Pod>().count() == 1).await;

    stage.change::<Deployment>("web", |d| *d = d.clone().image("web:2")).await;
    stage
        .until("the pod is of the new template", |w| {
            let d = w.named::<Deployment>("default", "web");
            let images: Vec<_> =
                w.list::<Pod>().filter_map(|p| p.spec.as_ref()?.containers[0].image.clone()).collect();
            images == ["web:2"]
                && w.list::<ReplicaSet>().count() == 2
                && d.is_some_and(|d| {
                    d.metadata
                        .annotations
                        .as_ref()
                        .and_then(|a| a.get("deployment.kubernetes.io/revision"))
                        .is_some_and(|r| r == "2")
                        && said(&d, "NewReplicaSetAvailable")
                        && d.status.as_ref().and_then(|s| s.observed_generation) == d.metadata.generation
                })
        })
        .await;

    stage.delete(&Key::of::<Deployment>("default", "web"), None).await;
    stage
        .until("nothing of it is left", |w| w.list::<ReplicaSet>().count() + w.list::<Pod>().count() == 0)
        .await;
}

#[tokio::test]
async fn what_is_recreated_never_runs_twice() {
    let stage = Stage::set().await;
    stage.create(&deployment("db", 2).image("db:1").recreating()).await;
    stage.until("both run", |w| w.list::<Pod>().filter(|p| stage::is_ready(p)).count() == 2).await;
    stage.change::<Deployment>("db", |d| *d = d.clone().image("db:2")).await;
    stage
        .until("both run the new one", |w| {
            let images: BTreeSet<_> =
                w.list::<Pod>().filter_map(|p| p.spec.as_ref()?.containers[0].image.clone()).collect();
            assert!(images.len() <= 1, "{images:?}");
            images.contains("db:2") && w.list::<Pod>().filter(|p| stage::is_ready(p)).count() == 2
        })
        .await;
}

#[tokio::test]
async fn a_deletion_in_the_foreground_waits_for_what_is_owned() {
    let stage = Stage::set().await;
    stage.create(&deployment("web", 2)).await;
    stage.until("both run", |w| w.list::<Pod>().filter(|p| stage::is_ready(p)).count() == 2).await;
    stage.delete(&Key::of::<Deployment>("default", "web"), Some(Propagation::Foreground)).await;
    stage
        .until("everything is gone, the owner last", |w| {
            let (pods, sets) = (w.list::<Pod>().count(), w.list::<ReplicaSet>().count());
            let there = w.list::<Deployment>().count();
            assert!(there == 1 || pods + sets == 0, "the owner went first: {pods} pods, {sets} sets");
            assert!(sets == 1 || pods == 0, "the set went before its pods");
            there == 0
        })
        .await;
}

#[tokio::test]
async fn orphans_live_on() {
    let stage = Stage::set().await;
    stage.create(&deployment("web", 2)).await;
    stage.until("both run", |w| w.list::<Pod>().filter(|p| stage::is_ready(p)).count() == 2).await;
    stage.delete(&Key::of::<Deployment>("default", "web"), Some(Propagation::Orphan)).await;
    stage
        .until("only the deployment is gone", |w| {
            assert_eq!(w.list::<Pod>().count(), 2);
            let freed =
                w.list::<ReplicaSet>().all(|s| s.metadata.owner_references.iter().flatten().count() == 0);
            w.list::<Deployment>().count() == 0 && freed
        })
        .await;
}

#[tokio::test]
async fn a_namespace_is_emptied_and_goes() {
    let stage = Stage::set().await;
    let mut team = namespace("team");
    team.spec.get_or_insert_default().finalizers = Some(vec!["kubernetes".into()]);
    stage.create(&team).await;
    stage.until("it has its account", |w| w.named::<ServiceAccount>("team", "default").is_some()).await;
    stage.create(&deployment("web", 2).within("team")).await;
    stage
        .until("its pods run", |w| w.within::<Pod>("team").filter(|p| stage::is_ready(p)).count() == 2)
        .await;
    stage.delete(&Key::of::<Namespace>("", "team"), None).await;
    stage
        .until("nothing is left", |w| {
            w.named::<Namespace>("", "team").is_none() && !w.objects().any(|o| o.namespace() == "team")
        })
        .await;
}

#[tokio::test]
async fn nodes_get_different_addresses() {
    let stage = Stage::set().await;
    stage
        .until("each has a range", |w| {
            let ranges: Vec<_> = w.list::<Node>().filter_map(|n| n.spec.as_ref()?.pod_cidr.clone()).collect();
            let different: BTreeSet<_> = ranges.iter().collect();
            assert_eq!(different.len(), ranges.len());
            ranges.len() == 3
        })
        .await;
}

#[tokio::test]
async fn what_finds_no_node_says_why_and_goes_when_there_is_room() {
    let stage = Stage::set().await;
    let big = shared_testkit::PodWords::requests(shared_testkit::pod("big"), "cpu", "6");
    stage.create(&big).await;
    stage
        .until("it says why", |w| {
            let pod = w.named::<Pod>("default", "big");
            let conditions = pod.and_then(|p| p.status.as_ref()?.conditions.clone()).unwrap_or_default();
            conditions
                .iter()
                .any(|c| c.message.as_deref() == Some("0/3 nodes are available: 3 Insufficient cpu."))
        })
        .await;
    stage.create(&stage::node("n4", "8")).await;
    stage
        .until("it has a node", |w| {
            w.on_node::<Pod>("n4").count() == 1
                && w.list::<Event>().any(|e| e.reason.as_deref() == Some("Scheduled"))
        })
        .await;
}

#[tokio::test]
async fn what_is_refused_is_told_and_tried_again() {
    let stage = Stage::set().await;
    let namespace = namespace("team");
    let key = Key::of::<ServiceAccount>("team", "default");
    stage.cluster.create(object(&namespace), &WriteHow::default()).await.expect("created");
    // The next write is the account's; nothing else happens on this stage.
    stage.cluster.refuse_next(Refusal::forbidden(&key, "not yet"));
    stage.until("it has its account all the same", |w| w.object(&key).is_some()).await;
    stage
        .until("the refusal was told", |w| {
            w.list::<Event>().any(|e| {
                e.reason.as_deref() == Some("FailedCreate")
                    && e.message.as_deref().is_some_and(|m| m.ends_with("not yet"))
            })
        })
        .await;
}

fn said(deployment: &Deployment, reason: &str) -> bool {
    let conditions = deployment.status.iter().flat_map(|s| s.conditions.iter().flatten());
    conditions.into_iter().any(|c| c.type_ == "Progressing" && c.reason.as_deref() == Some(reason))
}
