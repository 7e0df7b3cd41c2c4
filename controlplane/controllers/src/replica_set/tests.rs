//! How many pods, and which ones go.

use super::*;
use serde_json::json;
use shared_api::{Object, OwnedBy, Timestamp};
use shared_reconcile::Change;
use shared_testkit::{MetaWords, PodWords, ReplicaSetWords, moment, object, pod, replica_set};

fn web(name: &str) -> Pod {
    pod(name).labelled("app", "web").owned_by(&replica_set("web", 0))
}

fn decide(set: &ReplicaSet, pods: impl IntoIterator<Item = Pod>) -> Plan {
    ReplicaSets.reconcile(set, &World::of(pods.into_iter().map(|p| object(&p))).at(moment()))
}

fn created(plan: &Plan) -> usize {
    plan.changes.iter().filter(|c| matches!(c, Change::Create { .. })).count()
}

fn deleted(plan: &Plan) -> Vec<&str> {
    let name = |c: &Change| match c {
        Change::Delete { key, .. } => Some(key.name.clone()),
        _ => None,
    };
    let mut names: Vec<_> = plan.changes.iter().filter_map(name).collect();
    names.sort();
    names.into_iter().map(|n| &*n.leak()).collect()
}

#[test]
fn creates_what_is_missing() {
    let plan = decide(&replica_set("web", 3), [web("web-a")]);
    assert_eq!(created(&plan), 2);
    let Some(Change::Create { object: pod, told: Some(told) }) = plan.changes.last() else {
        panic!("{plan:?}")
    };
    assert_eq!(pod.metadata().generate_name.as_deref(), Some("web-"));
    assert_eq!(pod.controller().map(|o| o.uid.as_str()), Some("uid-web"));
    assert_eq!(told.reason, "SuccessfulCreate");
}

#[test]
fn what_is_over_or_ending_does_not_count() {
    let pods = || [web("a").phase("Failed"), web("b").phase("Succeeded"), web("c").deleted(moment())];
    assert_eq!(created(&decide(&replica_set("web", 1), pods())), 1);
    assert_eq!(created(&decide(&replica_set("web", 1).deleted(moment()), pods())), 0);
}

#[test]
fn the_least_useful_pods_go_first() {
    let later = Timestamp::from_second(moment().as_second() + 9).unwrap();
    let pods = || {
        [
            web("bound").on("n1"),
            web("loose"),
            web("ready").on("n1").ready(),
            web("running").on("n1").unready(),
            web("young").on("n2").ready().created(later),
        ]
    };
    assert_eq!(deleted(&decide(&replica_set("web", 4), pods())), ["loose"]);
    assert_eq!(deleted(&decide(&replica_set("web", 3), pods())), ["bound", "loose"]);
    assert_eq!(deleted(&decide(&replica_set("web", 2), pods())), ["bound", "loose", "running"]);
    let costly = || {
        [
            web("a").on("n1").ready().annotated("controller.kubernetes.io/pod-deletion-cost", "5"),
            web("b").on("n1").ready(),
        ]
    };
    assert_eq!(deleted(&decide(&replica_set("web", 1), costly())), ["b"]);
    let crowded = || [web("a").on("n1").ready(), web("b").on("n2").ready(), web("c").on("n2").ready()];
    assert_eq!(deleted(&decide(&replica_set("web", 2), crowded())), ["b"]);
}

#[test]
fn counts_are_told() {
    let plan = decide(&replica_set("web", 2), [web("a").ready(), web("b")]);
    let [Change::UpdateStatus(told)] = &plan.changes[..] else { panic!("{plan:?}") };
    let status = &told.value()["status"];
    assert_eq!(
        (&status["replicas"], &status["readyReplicas"], &status["availableReplicas"]),
        (&2.into(), &1.into(), &1.into())
    );
}

#[test]
fn a_ready_pod_is_available_after_a_while() {
    let mut set = replica_set("web", 1);
    set.spec_mut().min_ready_seconds = Some(10);
    let world = |seconds| {
        let now = Timestamp::from_second(moment().as_second() + seconds).unwrap();
        World::of([object(&web("a").ready())]).at(now)
    };
    let plan = ReplicaSets.reconcile(&set, &world(4));
    assert_eq!(plan.again_in, Some(std::time::Duration::from_secs(6)));
    let plan = ReplicaSets.reconcile(&set, &world(10));
    let [Change::UpdateStatus(told)] = &plan.changes[..] else { panic!("{plan:?}") };
    assert_eq!(told.value()["status"]["availableReplicas"], 1);
}

#[test]
fn waifs_are_adopted_and_strangers_released() {
    let set = replica_set("web", 1).has(1, 0);
    let updated = |plan: &Plan| -> Vec<Object> {
        plan.changes
            .iter()
            .filter_map(|c| if let Change::Update(o) = c { Some(o.clone()) } else { None })
            .collect()
    };
    let plan = decide(&set, [pod("waif").labelled("app", "web"), pod("other").labelled("app", "db")]);
    let [waif] = &updated(&plan)[..] else { panic!("{plan:?}") };
    assert_eq!((waif.name(), waif.controller().is_some()), ("waif", true));
    let plan = decide(&set, [web("debugged").labelled("app", "debug")]);
    let [stranger] = &updated(&plan)[..] else { panic!("{plan:?}") };
    assert!(stranger.controller().is_none());
    assert_eq!(created(&plan), 1, "and replaced");
}

#[test]
fn what_was_refused_is_told_as_long_as_it_matters() {
    let failing = |wanted| {
        let mut value = object(&replica_set("web", wanted).has(1, 0)).value();
        let condition = json!({"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate"});
        value["status"]["conditions"] = json!([condition]);
        ReplicaSet::clone(&Object::from_value(&value).unwrap().to_kind::<ReplicaSet>().unwrap())
    };
    let told = |wanted| {
        let plan = decide(&failing(wanted), [web("a")]);
        assert_eq!(plan.failing, Some("ReplicaFailure"));
        let told = plan.changes.into_iter().find_map(|change| match change {
            Change::UpdateStatus(told) => Some(told.value()["status"]["conditions"].clone()),
            _ => None,
        });
        told.expect("the status is written")
    };
    assert_eq!(told(2)[0]["type"], "ReplicaFailure");
    assert_eq!(told(1), serde_json::Value::Null);
}
