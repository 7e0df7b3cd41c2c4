//! Which nodes get a pod, and how a rollout moves over them.

use super::*;
use shared_api::{
    IntOrString, Object, OwnedBy, Timestamp,
    apps::{DaemonSetUpdateStrategy, RollingUpdateDaemonSet as Rolling},
};
use shared_reconcile::Change;
use shared_testkit::{DaemonSetWords, MetaWords, NodeWords, PodWords, daemon_set, moment, node, object};

fn logs() -> DaemonSet {
    daemon_set("logs")
}

fn revision(set: &DaemonSet) -> ControllerRevision {
    let plan = Revisions::of(set, &World::default()).present(set, None, HASH, 0, &World::default()).plan;
    let Some(Change::Create { object, .. }) = plan.changes.first() else { panic!("{plan:?}") };
    (*object.to_kind::<ControllerRevision>().unwrap()).clone()
}

/// A pod of a set on a node, as it would have been made.
fn on(set: &DaemonSet, node: &str) -> Pod {
    let hash = revisions::label(&revision(set).metadata, HASH).unwrap().to_owned();
    let mut made = Shape::of(set, set.spec.as_ref().unwrap(), hash).pod(set, node);
    made.metadata.name = Some(format!("logs-{node}"));
    made.metadata.uid = Some(format!("uid-logs-{node}"));
    made.created(moment()).phase("Pending")
}

fn well(set: &DaemonSet, node: &str) -> Pod {
    on(set, node).on(node).ready()
}

fn plan(set: &DaemonSet, others: Vec<Object>, pods: &[Pod]) -> Plan {
    let later = Timestamp::from_second(moment().as_second() + 60).unwrap();
    let mut known = revision(set);
    known.revision = 9;
    let known = object(&known.owned_by(set));
    DaemonSets.reconcile(
        set,
        &World::of(others.into_iter().chain([known]).chain(pods.iter().map(object))).at(later),
    )
}

/// What is done with pods, in words.
fn words(plan: &Plan) -> Vec<String> {
    let word = |change: &Change| match change {
        Change::Create { object, .. } if object.kind() == "Pod" => {
            let pod = object.to_kind::<Pod>().unwrap();
            Some(format!("+{}", shape::node_of(&pod).unwrap()))
        }
        Change::Delete { key, .. } => Some(format!("-{}", key.name)),
        Change::Update(object) => Some(format!("~{}", object.name())),
        _ => None,
    };
    plan.changes.iter().filter_map(word).collect()
}

fn nodes(names: &[&str]) -> Vec<Object> {
    names.iter().map(|n| object(&node(n).ready())).collect()
}

#[test]
fn every_node_that_is_meant_has_one_pod() {
    let set = logs();
    let three = || nodes(&["n1", "n2", "n3"]);
    assert_eq!(words(&plan(&set, three(), &[])), ["+n1", "+n2", "+n3"]);
    assert_eq!(words(&plan(&set, three(), &[on(&set, "n2")])), ["+n1", "+n3"]);
    let mut second = well(&set, "n1");
    second.metadata.name = Some("logs-second".into());
    assert_eq!(words(&plan(&set, nodes(&["n1"]), &[well(&set, "n1"), second])), ["-logs-second"]);
    let ended = |phase: &str| well(&set, "n1").phase(phase);
    assert_eq!(words(&plan(&set, nodes(&["n1"]), &[ended("Failed")])), ["-logs-n1"]);
    assert_eq!(words(&plan(&set, nodes(&["n1"]), &[ended("Succeeded").deleted(moment())])), ["+n1"]);
    assert_eq!(words(&plan(&set, nodes(&["n1"]), &[well(&set, "n1").deleted(moment())])), [""; 0]);
    assert_eq!(
        words(&plan(&set, nodes(&["n1"]), &[on(&set, "gone"), well(&set, "lost")])),
        ["+n1", "-logs-gone"]
    );
    assert_eq!(words(&plan(&set.clone().deleted(moment()), three(), &[])), [""; 0]);
}

#[test]
fn nodes_are_chosen_and_taints_borne() {
    let plain = || node("n1").ready();
    let mut picky = logs();
    let selector = [("disk".to_owned(), "fast".to_owned())].into();
    picky.spec_mut().template.spec.as_mut().unwrap().node_selector = Some(selector);
    let mut bound = logs();
    bound.spec_mut().template.spec.as_mut().unwrap().node_name = Some("n2".into());
    // Whether a pod is made, and whether one that is there is ended.
    let cases = vec![
        (logs(), plain(), true, false),
        (logs(), plain().cordoned().tainted("node.kubernetes.io/unschedulable", "NoSchedule"), true, false),
        (logs(), plain().tainted("node.kubernetes.io/disk-pressure", "NoSchedule"), true, false),
        (logs(), plain().tainted("node.kubernetes.io/unreachable", "NoExecute"), true, false),
        (logs(), plain().tainted("node.kubernetes.io/network-unavailable", "NoSchedule"), false, false),
        (logs(), plain().tainted("theirs", "NoSchedule"), false, false),
        (logs(), plain().tainted("theirs", "PreferNoSchedule"), true, false),
        (logs(), plain().tainted("theirs", "NoExecute"), false, true),
        (picky.clone(), plain(), false, true),
        (picky.clone(), plain().labelled("disk", "fast"), true, false),
        (bound, plain(), false, true),
    ];
    for (set, node, made, ended) in cases {
        let at = format!("{:?} {:?}", node.spec, set.spec.as_ref().unwrap().template.spec);
        assert_eq!(words(&plan(&set, vec![object(&node)], &[])).len(), usize::from(made), "{at}");
        let there = [well(&set, "n1")];
        assert_eq!(words(&plan(&set, vec![object(&node)], &there)).len(), usize::from(ended), "{at}");
    }
}

fn rolling(away: &str, surge: &str) -> DaemonSet {
    let amount =
        |text: &str| text.parse().map_or_else(|_| IntOrString::String(text.into()), IntOrString::Int);
    let rolling = Rolling { max_unavailable: Some(amount(away)), max_surge: Some(amount(surge)) };
    let mut set = logs().image("logs:2");
    set.spec_mut().update_strategy =
        Some(DaemonSetUpdateStrategy { type_: Some("RollingUpdate".into()), rolling_update: Some(rolling) });
    set
}

#[test]
fn a_rollout_moves_over_the_nodes() {
    let old = logs().image("logs:1");
    let three = || {
        let mut all = nodes(&["n1", "n2", "n3"]);
        all.push(object(&revision(&old).owned_by(&old)));
        all
    };
    let new = |node: &str| {
        let mut pod = well(&rolling("1", "0"), node);
        pod.metadata.name = Some(format!("new-{node}"));
        pod
    };
    let young = |node: &str| new(node).unready();
    let was = |node: &str| well(&old, node);
    let act = |set: &DaemonSet, pods: &[Pod]| words(&plan(set, three(), pods));
    let all = || [was("n1"), was("n2"), was("n3")];
    let one = rolling("1", "0");
    assert_eq!(act(&one, &all()), ["-logs-n1"]);
    assert_eq!(act(&one, &[was("n1").deleted(moment()), was("n2"), was("n3")]), [""; 0]);
    assert_eq!(act(&one, &[young("n1"), was("n2"), was("n3")]), [""; 0]);
    assert_eq!(act(&one, &[new("n1"), was("n2"), was("n3")]), ["-logs-n2"]);
    assert_eq!(act(&one, &[was("n1"), was("n2").unready(), was("n3")]), ["-logs-n2"], "nobody misses it");
    assert_eq!(act(&rolling("60%", "0"), &all()), ["-logs-n1", "-logs-n2"]);
    let more = rolling("0", "1");
    assert_eq!(act(&more, &all()), ["+n1"]);
    assert_eq!(act(&more, &[was("n1"), was("n2"), was("n3"), young("n1")]), [""; 0]);
    assert_eq!(act(&more, &[was("n1"), was("n2"), was("n3"), new("n1")]), ["-logs-n1"]);
    assert_eq!(act(&more, &[new("n1"), was("n2"), was("n3")]), ["+n2"]);
    let mut by_hand = one.clone();
    by_hand.spec_mut().update_strategy =
        Some(DaemonSetUpdateStrategy { type_: Some("OnDelete".into()), rolling_update: None });
    assert_eq!(act(&by_hand, &all()), [""; 0]);
    assert_eq!(act(&by_hand, &all()[1..]), ["+n1"]);
}

#[test]
fn a_pod_is_known_by_its_hash_or_by_its_generation() {
    let set = rolling("1", "0").annotated(DEPRECATED, "4");
    let mut lost = well(&set, "n1");
    lost.metadata.labels.as_mut().unwrap().insert(HASH.into(), "unknown".into());
    assert_eq!(words(&plan(&set, nodes(&["n1"]), &[lost.clone()])), [""; 0], "the generation speaks for it");
    lost.metadata.labels.as_mut().unwrap().insert(GENERATION.into(), "3".into());
    assert_eq!(words(&plan(&set, nodes(&["n1"]), &[lost])), ["-logs-n1"]);
}

#[test]
fn the_status_counts_nodes() {
    let (old, set) = (logs().image("logs:1"), rolling("1", "0"));
    let mut world = nodes(&["n1", "n2", "n3"]);
    world.push(object(&node("n4").ready().tainted("theirs", "NoSchedule")));
    world.push(object(&revision(&old).owned_by(&old)));
    let pods = [well(&set, "n1"), well(&old, "n2"), well(&old, "n4")];
    let plan = plan(&set, world, &pods);
    let told = plan.changes.iter().find_map(|c| match c {
        Change::UpdateStatus(object) => object.to_kind::<DaemonSet>().ok(),
        _ => None,
    });
    let status = told.and_then(|set| set.status.clone()).expect("a status");
    assert_eq!(
        [
            status.desired_number_scheduled,
            status.current_number_scheduled,
            status.number_misscheduled,
            status.number_ready
        ],
        [3, 2, 1, 2]
    );
    assert_eq!(
        (status.updated_number_scheduled, status.number_available, status.number_unavailable),
        (Some(1), Some(2), Some(1))
    );
}

#[test]
fn only_news_of_a_node_is_heard() {
    let mut set = logs();
    let pod = well(&set, "n1");
    let world = |set: &DaemonSet| World::of([object(set), object(&pod), object(&node("n1").ready())]);
    let about = |event: &Event, set: &DaemonSet| DaemonSets.concerns(event, &world(set)).len();
    let calm = Event::Modified(object(&node("n1").ready()));
    assert_eq!(about(&calm, &set), 0);
    assert_eq!(about(&Event::Added(object(&node("n1").ready())), &set), 1);
    assert_eq!(about(&Event::Modified(object(&node("n1").tainted("theirs", "NoSchedule"))), &set), 1);
    assert_eq!(about(&Event::Modified(object(&node("n2"))), &set), 1, "it has no pod yet");
    set.status.get_or_insert_default().number_misscheduled = 1;
    assert_eq!(about(&calm, &set), 1);
    let waif = Pod { metadata: ObjectMeta { owner_references: None, ..pod.metadata.clone() }, ..pod.clone() };
    assert_eq!(
        (about(&Event::Deleted(object(&pod)), &set), about(&Event::Added(object(&waif)), &set)),
        (1, 1)
    );
}
