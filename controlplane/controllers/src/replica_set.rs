//! Keeps `spec.replicas` pods alive for every `ReplicaSet`.

use crate::replicas::{self, Counts, Replicas};
use shared_api::{
    GroupKind, Key, LabelSelector,
    apps::{ReplicaSet, ReplicaSetStatus},
    core::{Pod, PodTemplateSpec},
};
use shared_reconcile::{Event, Plan, Reconciler, World};

/// See the module documentation.
pub struct ReplicaSets;

impl Reconciler for ReplicaSets {
    type Kind = ReplicaSet;
    const NAME: &'static str = "replicaset-controller";
    const READS: &'static [GroupKind] = &[GroupKind::of::<Pod>()];

    fn concerns(&self, event: &Event, world: &World) -> Vec<Key> {
        replicas::concerns::<ReplicaSet>(event, world)
    }

    fn reconcile(&self, set: &ReplicaSet, world: &World) -> Plan {
        replicas::reconcile(set, world)
    }
}

impl Replicas for ReplicaSet {
    fn wanted(&self) -> i32 {
        self.spec.as_ref().and_then(|s| s.replicas).unwrap_or(1)
    }

    fn selector(&self) -> LabelSelector {
        self.spec.as_ref().map(|s| LabelSelector::from_meta(&s.selector)).unwrap_or_default()
    }

    fn template(&self) -> Option<&PodTemplateSpec> {
        self.spec.as_ref()?.template.as_ref()
    }

    fn min_ready(&self) -> i32 {
        self.spec.as_ref().and_then(|s| s.min_ready_seconds).unwrap_or(0)
    }

    fn told(&self, counts: &Counts, over: &[&str]) -> Option<Self> {
        let mut conditions = self.status.as_ref().and_then(|s| s.conditions.clone()).unwrap_or_default();
        conditions.retain(|condition| !over.contains(&condition.type_.as_str()));
        let status = ReplicaSetStatus {
            replicas: counts.active,
            fully_labeled_replicas: counts.labelled,
            ready_replicas: counts.ready,
            available_replicas: counts.available,
            terminating_replicas: Some(counts.terminating),
            observed_generation: self.metadata.generation,
            conditions: (!conditions.is_empty()).then_some(conditions),
        };
        (self.status.as_ref() != Some(&status)).then(|| Self { status: Some(status), ..self.clone() })
    }
}

#[cfg(test)]
mod tests;
