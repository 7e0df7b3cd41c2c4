//! So many pods of one template: what replica sets and replication controllers have in common.

mod ranking;
mod status;

use crate::{
    members::{child, released},
    pod::{self, is_active},
};
pub(crate) use ranking::rank;
use shared_api::{
    GroupKind, Key, Kind, LabelSelector, OwnedBy,
    core::{Pod, PodTemplateSpec},
    meta::ObjectMeta,
};
use shared_reconcile::{Event, Plan, World};
pub(crate) use status::Counts;
use std::sync::Arc;

/// The condition of a set that says why it cannot make or delete a pod.
pub(crate) const FAILURE: &str = "ReplicaFailure";

/// At most so many pods are created or deleted by one decision.
const BURST: usize = 500;

/// A kind whose objects keep so many pods alive.
pub(crate) trait Replicas: Kind {
    /// How many pods are wanted.
    fn wanted(&self) -> i32;

    /// Which pods may be its own.
    fn selector(&self) -> LabelSelector;

    /// What its pods look like.
    fn template(&self) -> Option<&PodTemplateSpec>;

    /// For how many seconds a pod has to be ready to be available.
    fn min_ready(&self) -> i32;

    /// The object with these counts in its status, and without the conditions that are `over`; `None` when
    /// that says so already.
    fn told(&self, counts: &Counts, over: &[&str]) -> Option<Self>;
}

/// Which sets an event concerns.
pub(crate) fn concerns<K: Replicas>(event: &Event, world: &World) -> Vec<Key> {
    let Some(object) = event.object() else { return Vec::new() };
    if let Some(owner) = object.controller() {
        let ours = GroupKind::parse(&owner.api_version, &owner.kind) == GroupKind::of::<K>();
        return ours.then(|| Key::of::<K>(object.namespace(), &owner.name)).into_iter().collect();
    }
    if object.group_kind() != GroupKind::of::<Pod>() {
        return Vec::new();
    }
    // A pod that nothing controls is taken in by the set that selects it.
    let selecting = |set: &Arc<K>| selects(&**set, object.metadata());
    let sets = world.within::<K>(object.namespace()).filter(selecting);
    sets.map(|set| Key::from_kind(&*set)).collect()
}

/// What is to be done for one of them.
pub(crate) fn reconcile<K: Replicas>(set: &K, world: &World) -> Plan {
    let Some(template) = set.template() else { return Plan::nothing() };
    let meta = set.metadata();
    let (mine, strangers): (Vec<_>, Vec<_>) =
        world.owned_by::<Pod>(set).partition(|pod| selects(set, &pod.metadata));
    let mut plan = status::plan(set, template, &mine, world.now()).failing(FAILURE);
    if meta.deletion_timestamp.is_some() {
        return plan;
    }
    for stranger in strangers.iter().filter(|p| p.metadata.deletion_timestamp.is_none()) {
        plan = plan.update(&released(stranger, meta));
    }
    let namespace = meta.namespace.as_deref().unwrap_or_default();
    let waifs = world.uncontrolled::<Pod>(namespace).filter(|p| is_active(p) && selects(set, &p.metadata));
    let adopted: Vec<_> = waifs.map(|p| (*p).clone().owned_by(set)).collect();
    if !adopted.is_empty() {
        // What was taken in is counted when the world shows it.
        return adopted.iter().fold(plan, Plan::update);
    }
    let wanted = usize::try_from(set.wanted()).unwrap_or(0);
    let active: Vec<_> = mine.into_iter().filter(|p| is_active(p)).collect();
    for _ in active.len()..wanted.min(active.len().saturating_add(BURST)) {
        plan = plan.create(&child(set, template)).telling("SuccessfulCreate", "Created pod: ");
    }
    if active.len() > wanted {
        let extra = (active.len() - wanted).min(BURST);
        for pod in ranking::least_wanted(active, set, world).into_iter().take(extra) {
            plan = plan.delete::<Pod>(&pod.metadata).telling("SuccessfulDelete", "Deleted pod: ");
        }
    }
    plan
}

/// Whether a set's selector means an object; a set without requirements means nothing.
fn selects<K: Replicas>(set: &K, meta: &ObjectMeta) -> bool {
    let selector = set.selector();
    !selector.is_empty() && selector.matches(meta.labels.as_ref())
}

/// Whether a pod is on its way out but still there.
fn is_terminating(pod: &Pod) -> bool {
    pod.metadata.deletion_timestamp.is_some() && !pod::is_over(pod)
}
