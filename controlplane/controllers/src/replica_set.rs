//! Keeps `spec.replicas` pods alive for every `ReplicaSet`.

mod ranking;
mod status;

use crate::pod::{self, is_active};
use shared_api::{
    GroupKind, Key, LabelSelector, OwnedBy,
    apps::{ReplicaSet, ReplicaSetSpec},
    core::Pod,
    meta::ObjectMeta,
};
use shared_reconcile::{Event, Plan, Reconciler, World};
use std::sync::Arc;

/// At most so many pods are created or deleted by one decision.
const BURST: usize = 500;

/// See the module documentation.
pub struct ReplicaSets;

impl Reconciler for ReplicaSets {
    type Kind = ReplicaSet;
    const NAME: &'static str = "replicaset-controller";
    const READS: &'static [GroupKind] = &[GroupKind::of::<Pod>()];

    fn concerns(&self, event: &Event, world: &World) -> Vec<Key> {
        let Some(object) = event.object() else { return Vec::new() };
        if let Some(owner) = object.controller() {
            let kind = GroupKind::parse(&owner.api_version, &owner.kind);
            let ours = kind == GroupKind::of::<ReplicaSet>();
            return ours
                .then(|| Key::of::<ReplicaSet>(object.namespace(), &owner.name))
                .into_iter()
                .collect();
        }
        if object.group_kind() != GroupKind::of::<Pod>() {
            return Vec::new();
        }
        // A pod that nothing controls is taken in by the set that selects it.
        let selecting = |set: &Arc<ReplicaSet>| selects(set, object.metadata());
        let sets = world.within::<ReplicaSet>(object.namespace()).filter(selecting);
        sets.map(|set| Key::from_kind(&*set)).collect()
    }

    fn reconcile(&self, set: &ReplicaSet, world: &World) -> Plan {
        let Some(spec) = &set.spec else { return Plan::nothing() };
        let (mine, strangers): (Vec<_>, Vec<_>) =
            world.owned_by::<Pod>(set).partition(|pod| selects(set, &pod.metadata));
        let mut plan = status::plan(set, spec, &mine, world.now());
        if set.metadata.deletion_timestamp.is_some() {
            return plan;
        }
        for stranger in strangers.iter().filter(|p| p.metadata.deletion_timestamp.is_none()) {
            plan = plan.update(&released(stranger, set));
        }
        let namespace = set.metadata.namespace.as_deref().unwrap_or_default();
        let waifs =
            world.uncontrolled::<Pod>(namespace).filter(|p| is_active(p) && selects(set, &p.metadata));
        let adopted: Vec<_> = waifs.map(|p| (*p).clone().owned_by(set)).collect();
        if !adopted.is_empty() {
            // What was taken in is counted when the world shows it.
            return adopted.iter().fold(plan, Plan::update);
        }
        let wanted = usize::try_from(spec.replicas.unwrap_or(1)).unwrap_or(0);
        let active: Vec<_> = mine.into_iter().filter(|p| is_active(p)).collect();
        for _ in active.len()..wanted.min(active.len().saturating_add(BURST)) {
            plan = plan.create(&pod_of(set, spec)).telling("SuccessfulCreate", "Created pod: ");
        }
        if active.len() > wanted {
            let extra = (active.len() - wanted).min(BURST);
            for pod in ranking::least_wanted(active, set, world).into_iter().take(extra) {
                plan = plan.delete::<Pod>(&pod.metadata).telling("SuccessfulDelete", "Deleted pod: ");
            }
        }
        plan
    }
}

/// Whether a set's selector means an object; a set without requirements means nothing.
fn selects(set: &ReplicaSet, meta: &ObjectMeta) -> bool {
    let selector = set.spec.as_ref().map(|spec| LabelSelector::from_meta(&spec.selector));
    selector.is_some_and(|s| !s.is_empty() && s.matches(meta.labels.as_ref()))
}

fn released(pod: &Pod, set: &ReplicaSet) -> Pod {
    let mut pod = pod.clone();
    if let Some(owners) = pod.metadata.owner_references.as_mut() {
        owners.retain(|owner| Some(&owner.uid) != set.metadata.uid.as_ref());
    }
    pod
}

fn pod_of(set: &ReplicaSet, spec: &ReplicaSetSpec) -> Pod {
    let template = spec.template.clone().unwrap_or_default();
    let theirs = template.metadata.unwrap_or_default();
    let metadata = ObjectMeta {
        namespace: set.metadata.namespace.clone(),
        generate_name: set.metadata.name.as_ref().map(|n| format!("{n}-")),
        labels: theirs.labels,
        annotations: theirs.annotations,
        finalizers: theirs.finalizers,
        ..ObjectMeta::default()
    };
    Pod { metadata, spec: template.spec, status: None }.owned_by(set)
}

/// Whether a pod is on its way out but still there.
fn is_terminating(pod: &Pod) -> bool {
    pod.metadata.deletion_timestamp.is_some() && !pod::is_over(pod)
}

#[cfg(test)]
mod tests;
