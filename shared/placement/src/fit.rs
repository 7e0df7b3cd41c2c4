//! What a pod demands of a node for itself, whatever room there is: asked by those who make a pod for each
//! node, by those who end pods, and by nodes that are given one.

use crate::{
    ask,
    plugins::{affinity, taints},
};
use shared_api::core::{Node, PodSpec, Taint, Toleration};

/// Whether a pod's node name, node selector and required node affinity mean this node.
pub fn selects(spec: &PodSpec, node: &Node) -> bool {
    let named = spec.node_name.as_ref().filter(|n| !n.is_empty());
    named.is_none_or(|name| Some(name) == node.metadata.name.as_ref()) && affinity::selected(spec, node)
}

/// Whether two pods ask for the same port of a node.
pub fn share_a_port(one: &PodSpec, other: &PodSpec) -> bool {
    let (ones, others) = (ask::ports(one), ask::ports(other));
    ones.iter().any(|port| others.iter().any(|other| port.conflicts(other)))
}

/// Whether a pod puts up with a taint.
pub fn tolerates(spec: &PodSpec, taint: &Taint) -> bool {
    spec.tolerations.iter().flatten().any(|toleration| means(toleration, taint))
}

/// Whether a toleration means a taint.
pub fn means(toleration: &Toleration, taint: &Taint) -> bool {
    taints::means(toleration, taint)
}
