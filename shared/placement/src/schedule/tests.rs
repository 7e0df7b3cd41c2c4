//! Which node, and why none.

use super::*;
use shared_api::{
    Object, OwnedBy,
    core::{
        Affinity, Node, NodeAffinity, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm,
        PreferredSchedulingTerm,
    },
};
use shared_client::World;
use shared_testkit::{MetaWords, NodeWords, PodWords, node, object, pod, replica_set};

fn on(pod: Pod, there: impl IntoIterator<Item = Object>) -> Result<String, String> {
    schedule(&Arc::new(pod), &Nodes::of(&World::of(there))).map_err(|why| why.to_string())
}

fn big(name: &str) -> Node {
    node(name).cpu("4").memory("8Gi").ready()
}

#[track_caller]
fn refused(pod: Pod, there: impl IntoIterator<Item = Node>, why: &str) {
    assert_eq!(on(pod, there.into_iter().map(|n| object(&n))), Err(why.into()));
}

#[test]
fn says_why_nothing_fits() {
    refused(pod("a"), [], "no nodes available to schedule pods");
    refused(
        pod("a"),
        [big("a").cordoned(), big("b").cordoned()],
        "0/2 nodes are available: 2 node(s) were unschedulable.",
    );
    refused(
        pod("a").requests("cpu", "5").requests("memory", "9Gi"),
        [big("a").cordoned(), big("b"), big("c").memory("16Gi")],
        "0/3 nodes are available: 1 Insufficient memory, 1 node(s) were unschedulable, 2 Insufficient cpu.",
    );
    refused(
        pod("a").selects("disk", "ssd"),
        [big("a"), big("b").tainted("x", "NoSchedule"), big("c").labelled("disk", "hdd")],
        "0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 node(s) didn't match Pod's node affinity/selector.",
    );
    refused(pod("a"), [big("a").offers("pods", "0")], "0/1 nodes are available: 1 Too many pods.");
}

#[test]
fn room_is_what_pods_have_not_been_promised() {
    let there = pod("there").on("a").requests("cpu", "3500m");
    let small = pod("new").requests("cpu", "500m");
    let large = pod("new").requests("cpu", "501m");
    assert_eq!(on(small, [object(&big("a")), object(&there)]), Ok("a".into()));
    assert!(on(large.clone(), [object(&big("a")), object(&there)]).is_err());
    let over = there.phase("Succeeded");
    assert_eq!(on(large, [object(&big("a")), object(&over)]), Ok("a".into()));
}

#[test]
fn prefers_the_emptier_node() {
    let there = pod("there").on("a").requests("cpu", "1");
    assert_eq!(on(pod("new"), [object(&big("a")), object(&big("b")), object(&there)]), Ok("b".into()));
}

#[test]
fn spreads_the_pods_of_one_owner() {
    let set = replica_set("web", 3);
    let sibling = pod("web-a").on("a").owned_by(&set);
    let other = pod("other").on("b").requests("cpu", "500m");
    let world = [object(&big("a")), object(&big("b")), object(&sibling), object(&other)];
    assert_eq!(on(pod("web-b").owned_by(&set), world), Ok("b".into()));
}

#[test]
fn tolerations_and_mild_taints() {
    let hard = big("a").tainted("x", "NoSchedule");
    assert_eq!(on(pod("p").tolerates("x", "NoSchedule"), [object(&hard)]), Ok("a".into()));
    let mild = big("a").tainted("x", "PreferNoSchedule");
    assert_eq!(on(pod("p"), [object(&mild)]), Ok("a".into()));
    assert_eq!(on(pod("p"), [object(&mild), object(&big("b"))]), Ok("b".into()));
    let closed = big("a").cordoned();
    assert_eq!(
        on(pod("p").tolerates("node.kubernetes.io/unschedulable", "NoSchedule"), [object(&closed)]),
        Ok("a".into())
    );
}

#[test]
fn host_ports_are_taken_once() {
    let wants = |name: &str| {
        let mut pod = pod(name).port("web", 80);
        for port in pod.spec_mut().containers[0].ports.iter_mut().flatten() {
            port.host_port = Some(8080);
        }
        pod
    };
    let there = wants("there").on("a");
    assert_eq!(
        on(wants("new"), [object(&big("a")), object(&there)]),
        Err("0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.".into())
    );
    assert_eq!(on(wants("new"), [object(&big("a")), object(&big("b")), object(&there)]), Ok("b".into()));
}

#[test]
fn affinity_requires_and_prefers() {
    let term = |operator: &str, values: &[&str]| NodeSelectorTerm {
        match_expressions: Some(vec![NodeSelectorRequirement {
            key: "zone".into(),
            operator: operator.into(),
            values: Some(values.iter().map(ToString::to_string).collect()),
        }]),
        match_fields: None,
    };
    let with = |affinity: NodeAffinity| {
        let mut pod = pod("p");
        pod.spec_mut().affinity = Some(Affinity { node_affinity: Some(affinity), ..Affinity::default() });
        pod
    };
    let nodes = || [object(&big("a").labelled("zone", "x")), object(&big("b").labelled("zone", "y"))];
    let required = |term| {
        with(NodeAffinity {
            required_during_scheduling_ignored_during_execution: Some(NodeSelector {
                node_selector_terms: vec![term],
            }),
            ..NodeAffinity::default()
        })
    };
    assert_eq!(on(required(term("In", &["y"])), nodes()), Ok("b".into()));
    assert_eq!(on(required(term("NotIn", &["x"])), nodes()), Ok("b".into()));
    assert!(on(required(NodeSelectorTerm::default()), nodes()).is_err());
    let preferred = with(NodeAffinity {
        preferred_during_scheduling_ignored_during_execution: Some(vec![PreferredSchedulingTerm {
            preference: term("In", &["y"]),
            weight: 10,
        }]),
        ..NodeAffinity::default()
    });
    assert_eq!(on(preferred, nodes()), Ok("b".into()));
}

#[test]
fn a_thousand_pods_find_places_on_a_hundred_nodes() {
    let names: Vec<_> = (0..100).map(|n| format!("n{n:03}")).collect();
    let mut nodes = Nodes::of(&World::of(names.iter().map(|n| object(&big(n)))));
    let set = replica_set("web", 1000);
    for n in 0..1000 {
        let pod = Arc::new(pod(&format!("web-{n}")).owned_by(&set).requests("cpu", "100m"));
        let ask = Arc::new(Ask::of(&pod));
        let node = choose(&ask, &nodes).expect("there is room");
        nodes.place(shared_api::Key::from_kind(&*pod), node, ask);
    }
    assert!(nodes.seats().all(|(_, seat)| seat.pods.len() == 10), "evenly");
}
