//! Which pods a set can do without first, in upstream's order.

use super::Replicas;
use crate::pod::{is_active, is_ready, node, phase, ready_since};
use shared_api::{OwnedBy, Timestamp, core::Pod};
use shared_reconcile::World;
use std::{cmp::Reverse, collections::HashMap, sync::Arc};

/// The same pods, the least wanted first.
pub(super) fn least_wanted<K: Replicas>(mut pods: Vec<Arc<Pod>>, set: &K, world: &World) -> Vec<Arc<Pod>> {
    let neighbours = neighbours(set, &pods, world);
    pods.sort_by_cached_key(|pod| {
        let crowd = node(pod).and_then(|n| neighbours.get(n)).copied().unwrap_or(0);
        Rank::of(pod, crowd)
    });
    pods
}

/// How little a pod is wanted by itself; what is smaller goes first.
pub(crate) fn rank(pod: &Pod) -> impl Ord + use<> {
    Rank::of(pod, 0)
}

/// Fields from the most to the least important; what is smaller goes first.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    bound: bool,
    phase: u8,
    ready: bool,
    cost: i32,
    crowd: Reverse<usize>,
    ready_since: Reverse<Option<Timestamp>>,
    restarts: Reverse<i32>,
    created: Reverse<Option<Timestamp>>,
    // So that the same world always gives the same answer.
    name: Option<String>,
}

impl Rank {
    fn of(pod: &Pod, crowd: usize) -> Self {
        let statuses = pod.status.iter().flat_map(|s| s.container_statuses.iter().flatten());
        let cost = pod
            .metadata
            .annotations
            .as_ref()
            .and_then(|a| a.get("controller.kubernetes.io/pod-deletion-cost"));
        Self {
            bound: node(pod).is_some(),
            phase: match phase(pod) {
                "Pending" => 0,
                "Unknown" => 1,
                _ => 2,
            },
            ready: is_ready(pod),
            cost: cost.and_then(|c| c.parse().ok()).unwrap_or(0),
            crowd: Reverse(crowd),
            ready_since: Reverse(ready_since(pod)),
            restarts: Reverse(statuses.map(|s| s.restart_count).max().unwrap_or(0)),
            created: Reverse(pod.metadata.creation_timestamp.as_ref().map(|t| t.0)),
            name: pod.metadata.name.clone(),
        }
    }
}

/// How many active pods of this set and of its siblings, which its own owner also controls, each node
/// runs: during a rollout the old set should leave the nodes where the new one already is.
fn neighbours<K: Replicas>(set: &K, own: &[Arc<Pod>], world: &World) -> HashMap<String, usize> {
    let mut count: HashMap<String, usize> = HashMap::new();
    let mut add = |pod: &Pod| {
        if let Some(node) = node(pod) {
            *count.entry(node.to_owned()).or_default() += 1;
        }
    };
    for pod in own {
        add(pod);
    }
    let meta = set.metadata();
    let controller = meta.owner_references.iter().flatten().find(|r| r.controller == Some(true));
    let Some(controller) = controller else { return count };
    let siblings = world.dependents(&controller.uid).filter_map(|o| match o.kind() {
        kind if kind == K::KIND => o.to_kind::<K>().ok(),
        _ => None,
    });
    for sibling in siblings.filter(|s| s.metadata().uid != meta.uid) {
        let pods = world.owned_by::<Pod>(&*sibling).filter(|p| is_active(p) && p.is_owned_by(&*sibling));
        pods.for_each(|pod| add(&pod));
    }
    count
}
