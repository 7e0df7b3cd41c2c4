//! Which daemon sets an event is about.

use super::{nodes, selects, shape::Shape};
use shared_api::{
    GroupKind, Key, OwnedBy,
    apps::DaemonSet,
    core::{Node, Pod},
};
use shared_reconcile::{Event, World};
use std::sync::Arc;

pub(super) fn of(event: &Event, world: &World) -> Vec<Key> {
    let Some(object) = event.object() else { return Vec::new() };
    let kind = object.group_kind();
    if kind == GroupKind::of::<Node>() {
        let Ok(node) = object.to_kind::<Node>() else { return Vec::new() };
        let changed = matches!(event, Event::Modified(_));
        let sets = world.list::<DaemonSet>().filter(|set| !changed || !is_settled(set, &node, world));
        return sets.map(|set| Key::from_kind(&*set)).collect();
    }
    if let Some(owner) = object.controller() {
        let ours = GroupKind::parse(&owner.api_version, &owner.kind) == GroupKind::of::<DaemonSet>();
        return ours.then(|| Key::of::<DaemonSet>(object.namespace(), &owner.name)).into_iter().collect();
    }
    if kind == GroupKind::of::<DaemonSet>() {
        return Vec::new();
    }
    // What nothing controls is taken in by the set that selects it.
    let selecting = |set: &Arc<DaemonSet>| selects(set, object.metadata());
    let sets = world.within::<DaemonSet>(object.namespace()).filter(selecting);
    sets.map(|set| Key::from_kind(&*set)).collect()
}

/// Whether a node has what a set wants there, and the set says so: nodes tell of themselves all the time,
/// and most of it is nothing to a set.
fn is_settled(set: &DaemonSet, node: &Node, world: &World) -> bool {
    let (Some(spec), Some(status)) = (&set.spec, &set.status) else { return false };
    let (wanted, _) = nodes::stance(&Shape::of(set, spec, String::new()), node);
    let name = node.metadata.name.as_deref().unwrap_or_default();
    let there = world.on_node::<Pod>(name).any(|pod| pod.is_owned_by(set));
    wanted == there
        && status.desired_number_scheduled == status.current_number_scheduled
        && status.number_misscheduled == 0
}
