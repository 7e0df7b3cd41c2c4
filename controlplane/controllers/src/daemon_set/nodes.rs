//! Which nodes are to have a pod, and which pods are where.

use super::{
    Place,
    shape::{Shape, node_of},
};
use crate::pod::is_over;
use shared_api::core::{Node, Pod, Taint};
use shared_placement::fit;
use shared_reconcile::World;
use std::{collections::HashMap, sync::Arc};

/// Whether a node is to have a pod, and whether one that is there may stay: taints that merely keep new
/// pods away end none.
pub(super) fn stance(shape: &Shape, node: &Node) -> (bool, bool) {
    let spec = shape.spec();
    if !fit::selects(spec, node) {
        return (false, false);
    }
    let taints = || node.spec.iter().flat_map(|s| s.taints.iter().flatten());
    let bears = |effects: &[&str]| {
        let hard = |t: &&Taint| effects.contains(&t.effect.as_str());
        taints().filter(hard).all(|taint| fit::tolerates(spec, taint))
    };
    (bears(&["NoSchedule", "NoExecute"]), bears(&["NoExecute"]))
}

/// Every node with its pods, the oldest first; and the pods whose node is gone.
pub(super) fn places(shape: &Shape, pods: Vec<Arc<Pod>>, world: &World) -> (Vec<Place>, Vec<Arc<Pod>>) {
    let mut by_node: HashMap<String, Vec<Arc<Pod>>> = HashMap::new();
    let mut astray = Vec::new();
    for pod in pods {
        // One that has ended and is being deleted is as good as gone.
        if is_over(&pod) && pod.metadata.deletion_timestamp.is_some() {
            continue;
        }
        match node_of(&pod) {
            Some(node) => by_node.entry(node.to_owned()).or_default().push(pod),
            None => astray.push(pod),
        }
    }
    let places = world
        .list::<Node>()
        .map(|node| {
            let name = node.metadata.name.as_deref().unwrap_or_default();
            let mut pods = by_node.remove(name).unwrap_or_default();
            pods.sort_by_key(|p| {
                (p.metadata.creation_timestamp.as_ref().map(|t| t.0), p.metadata.name.clone())
            });
            let (wanted, bears) = stance(shape, &node);
            Place { node, pods, wanted, bears }
        })
        .collect();
    astray.extend(by_node.into_values().flatten());
    astray.sort_by_key(|p| p.metadata.name.clone());
    (places, astray)
}
