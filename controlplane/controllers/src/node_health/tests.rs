//! Silence, and what follows from it.

use super::*;
use shared_api::Object;
use shared_reconcile::Change;
use shared_testkit::{NodeWords, PodWords, moment, node, object, pod};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(moment().as_second() + seconds).unwrap()
}

/// The world `seconds` after the lease of `n1` was renewed, with another node that is ready or not.
fn world(about: &Node, other: &Node, pods: &[Pod], seconds: i64) -> World {
    let mut lease = Lease::default();
    lease.metadata.name = Some("n1".into());
    lease.metadata.namespace = Some(LEASES.into());
    let mut world = World::default().at(at(0));
    let objects: Vec<Object> =
        [object(about), object(other), object(&lease)].into_iter().chain(pods.iter().map(object)).collect();
    for object in objects {
        world.observe(&Event::Added(object));
    }
    world.at(at(seconds))
}

fn taints(plan: &Plan) -> Vec<String> {
    let spec =
        plan.changes.iter().find_map(|c| if let Change::Update(o) = c { Some(o.value()) } else { None });
    let taints = spec.and_then(|s| s["spec"]["taints"].as_array().cloned()).unwrap_or_default();
    taints
        .iter()
        .map(|t| format!("{}:{}", t["key"].as_str().unwrap(), t["effect"].as_str().unwrap()))
        .collect()
}

#[test]
fn a_node_that_is_heard_is_left_alone() {
    let n1 = node("n1").ready();
    let plan = NodeHealth.reconcile(&n1, &world(&n1, &node("n2").ready(), &[], 39));
    assert_eq!((plan.changes.len(), plan.again_in), (0, Some(std::time::Duration::from_secs(1))));
}

#[test]
fn a_silent_node_is_marked_and_its_pods_take_no_traffic() {
    let n1 = node("n1").ready();
    let pods = [pod("a").on("n1").ready(), pod("b").on("n2").ready()];
    let plan = NodeHealth.reconcile(&n1, &world(&n1, &node("n2").ready(), &pods, 40));
    let expected = ["node.kubernetes.io/unreachable:NoSchedule", "node.kubernetes.io/unreachable:NoExecute"];
    assert_eq!(taints(&plan), expected);
    let statuses: Vec<_> = plan
        .changes
        .iter()
        .filter_map(|c| if let Change::UpdateStatus(o) = c { Some(o.name().to_owned()) } else { None })
        .collect();
    assert_eq!(statuses, ["n1", "a"]);
}

#[test]
fn when_all_are_silent_nothing_is_evicted() {
    let n1 = node("n1").ready();
    let plan = NodeHealth.reconcile(&n1, &world(&n1, &node("n2").unready("Unknown"), &[], 40));
    assert_eq!(taints(&plan), ["node.kubernetes.io/unreachable:NoSchedule"]);
}

#[test]
fn a_node_that_comes_back_loses_its_taints_and_keeps_others() {
    let back = node("n1")
        .ready()
        .tainted("node.kubernetes.io/unreachable", "NoExecute")
        .tainted("node.kubernetes.io/unreachable", "NoSchedule")
        .tainted("mine", "NoSchedule");
    let plan = NodeHealth.reconcile(&back, &world(&back, &node("n2").ready(), &[], 1));
    assert_eq!(taints(&plan), ["mine:NoSchedule"]);
}

#[test]
fn conditions_and_cordons_become_taints() {
    let n1 = node("n1").unready("False").condition("DiskPressure", "True").cordoned();
    let plan = NodeHealth.reconcile(&n1, &world(&n1, &node("n2").ready(), &[], 1));
    let expected = [
        "node.kubernetes.io/not-ready:NoSchedule",
        "node.kubernetes.io/not-ready:NoExecute",
        "node.kubernetes.io/unschedulable:NoSchedule",
        "node.kubernetes.io/disk-pressure:NoSchedule",
    ];
    assert_eq!(taints(&plan), expected);
}
