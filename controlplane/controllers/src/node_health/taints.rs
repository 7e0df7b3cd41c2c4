//! The taints that a node's condition puts on it.

use super::ready;
use shared_api::{
    Time, Timestamp,
    core::{Node, Taint},
};

const UNREACHABLE: &str = "node.kubernetes.io/unreachable";
const NOT_READY: &str = "node.kubernetes.io/not-ready";
const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";
/// Conditions that keep new pods away while they hold.
const PRESSURES: &[(&str, &str)] = &[
    ("MemoryPressure", "node.kubernetes.io/memory-pressure"),
    ("DiskPressure", "node.kubernetes.io/disk-pressure"),
    ("PIDPressure", "node.kubernetes.io/pid-pressure"),
    ("NetworkUnavailable", "node.kubernetes.io/network-unavailable"),
];

/// The node with exactly the taints its condition asks for, besides those others put there.
///
/// When no node at all is ready, the fault is more likely here than in all of them: nothing is evicted.
pub(super) fn judged(node: &Node, others_ready: bool, now: Timestamp) -> Node {
    let mut wanted: Vec<(&str, &str)> = Vec::new();
    match ready(node).map(|c| c.status.as_str()) {
        Some("True") => {}
        Some("Unknown") => {
            wanted.push((UNREACHABLE, "NoSchedule"));
            if others_ready {
                wanted.push((UNREACHABLE, "NoExecute"));
            }
        }
        Some(_) => {
            wanted.push((NOT_READY, "NoSchedule"));
            if others_ready {
                wanted.push((NOT_READY, "NoExecute"));
            }
        }
        None => wanted.push((NOT_READY, "NoSchedule")),
    }
    if node.spec.as_ref().and_then(|s| s.unschedulable).unwrap_or(false) {
        wanted.push((UNSCHEDULABLE, "NoSchedule"));
    }
    let conditions = || node.status.iter().flat_map(|s| s.conditions.iter().flatten());
    for (condition, taint) in PRESSURES {
        if conditions().any(|c| c.type_ == *condition && c.status == "True") {
            wanted.push((taint, "NoSchedule"));
        }
    }
    let mut judged = node.clone();
    let taints = judged.spec.get_or_insert_default().taints.get_or_insert_default();
    taints.retain(|t| !is_ours(&t.key) || wanted.contains(&(&t.key, &t.effect)));
    for (key, effect) in wanted {
        if !taints.iter().any(|t| t.key == key && t.effect == effect) {
            taints.push(Taint {
                key: key.into(),
                effect: effect.into(),
                // How long a pod tolerates it counts from here.
                time_added: Some(Time(now)),
                value: None,
            });
        }
    }
    judged.spec.get_or_insert_default().taints.take_if(|t| t.is_empty());
    judged
}

fn is_ours(key: &str) -> bool {
    matches!(key, UNREACHABLE | NOT_READY | UNSCHEDULABLE) || PRESSURES.iter().any(|(_, taint)| *taint == key)
}
