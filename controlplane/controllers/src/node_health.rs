//! Notices when a `Node` falls silent, and marks it so that nothing new goes there.
//!
//! A node is heard by its `Lease`. What counts is when this process saw the lease change, so neither a
//! node's wrong clock nor a control plane that was away looks like a silent node.

mod taints;

use crate::pod::is_ready;
use shared_api::{
    GroupKind, Key, Time, Timestamp,
    coordination::Lease,
    core::{Node, NodeCondition, Pod},
};
use shared_reconcile::{Event, Note, Plan, Reconciler, World};

/// A node silent for this many seconds is not trusted to run anything.
const GRACE: i64 = 40;
/// The namespace of the leases that nodes renew.
const LEASES: &str = "kube-node-lease";

/// See the module documentation.
pub struct NodeHealth;

impl Reconciler for NodeHealth {
    type Kind = Node;
    const NAME: &'static str = "node-lifecycle-controller";
    const READS: &'static [GroupKind] = &[GroupKind::of::<Lease>(), GroupKind::of::<Pod>()];

    fn concerns(&self, event: &Event, world: &World) -> Vec<Key> {
        let Some(object) = event.object() else { return Vec::new() };
        if object.group_kind() == GroupKind::of::<Lease>() {
            let ours = object.namespace() == LEASES;
            return ours.then(|| Key::of::<Node>("", object.name())).into_iter().collect();
        }
        if object.group_kind() == GroupKind::of::<Node>() {
            // Whether a node's pods are evicted depends on the others: not when all of them are silent.
            let stands = |n: &shared_api::Object| n.to_kind::<Node>().is_ok_and(|n| is_unready(&n));
            return world
                .of_kind(&GroupKind::of::<Node>())
                .filter(|n| stands(n))
                .map(shared_api::Object::key)
                .collect();
        }
        // A pod that came to be ready on a node that is not.
        let Ok(pod) = object.to_kind::<Pod>() else { return Vec::new() };
        let node = crate::pod::node(&pod).and_then(|name| world.named::<Node>("", name));
        node.filter(|n| is_unready(n) && is_ready(&pod)).map(|n| Key::from_kind(&*n)).into_iter().collect()
    }

    fn reconcile(&self, node: &Node, world: &World) -> Plan {
        if node.metadata.deletion_timestamp.is_some() {
            return Plan::nothing();
        }
        let now = world.now();
        let heard = heard(node, world);
        let left = heard.map_or(GRACE, |at| at.as_second() + GRACE - now.as_second());
        let mut judged = node.clone();
        let mut plan = Plan::nothing();
        if left > 0 {
            plan = plan.again_in_seconds(left);
        } else if silence(&mut judged, now) {
            plan = plan.update_status(&judged);
        }
        if is_unready(&judged) && !is_unready(node) {
            let name = node.metadata.name.as_deref().unwrap_or_default();
            let message = format!("Node {name} status is now: NodeNotReady");
            plan = plan.record(Note::normal(node, "NodeNotReady", message));
        }
        let others_ready =
            world.list::<Node>().any(|n| n.metadata.name != node.metadata.name && !is_unready(&n));
        let tainted = taints::judged(&judged, others_ready, now);
        if tainted.spec != node.spec {
            plan = plan.update(&tainted);
        }
        if is_unready(&judged) { unready_pods(&judged, world, plan) } else { plan }
    }
}

/// When the node was last heard.
fn heard(node: &Node, world: &World) -> Option<Timestamp> {
    let name = node.metadata.name.as_deref().unwrap_or_default();
    let lease = Key::of::<Lease>(LEASES, name);
    world.seen(&lease).or_else(|| {
        let posted = ready(node).and_then(|c| c.last_heartbeat_time.as_ref());
        posted.or(node.metadata.creation_timestamp.as_ref()).map(|t| t.0)
    })
}

fn ready(node: &Node) -> Option<&NodeCondition> {
    node.status.as_ref()?.conditions.as_ref()?.iter().find(|c| c.type_ == "Ready")
}

/// It said that it is not ready, or was found silent.
fn is_unready(node: &Node) -> bool {
    ready(node).is_some_and(|c| c.status != "True")
}

/// What a silent node said of itself is no longer known; true when that is news.
fn silence(node: &mut Node, now: Timestamp) -> bool {
    let conditions = node.status.get_or_insert_default().conditions.get_or_insert_default();
    let mut news = false;
    for type_ in ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"] {
        match conditions.iter_mut().find(|c| c.type_ == type_) {
            Some(known) if known.status != "Unknown" => {
                known.status = "Unknown".into();
                known.reason = Some("NodeStatusUnknown".into());
                known.message = Some("Kubelet stopped posting node status.".into());
                known.last_transition_time = Some(Time(now));
                news = true;
            }
            Some(_) => {}
            None => {
                conditions.push(NodeCondition {
                    type_: type_.into(),
                    status: "Unknown".into(),
                    reason: Some("NodeStatusNeverUpdated".into()),
                    message: Some("Kubelet never posted node status.".into()),
                    last_transition_time: Some(Time(now)),
                    last_heartbeat_time: None,
                });
                news = true;
            }
        }
    }
    news
}

/// The pods of a node that is not ready take no traffic.
fn unready_pods(node: &Node, world: &World, mut plan: Plan) -> Plan {
    let name = node.metadata.name.as_deref().unwrap_or_default();
    for pod in world.on_node::<Pod>(name).filter(|p| is_ready(p)) {
        let mut told = (*pod).clone();
        for condition in told.status.get_or_insert_default().conditions.iter_mut().flatten() {
            if condition.type_ == "Ready" {
                condition.status = "False".into();
                condition.reason = Some("NodeNotReady".into());
                condition.last_transition_time = Some(Time(world.now()));
            }
        }
        plan = plan.update_status(&told).record(Note::warning(&*pod, "NodeNotReady", "Node is not ready"));
    }
    plan
}

#[cfg(test)]
mod tests;
