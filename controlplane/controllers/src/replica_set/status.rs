//! What a set says of itself.

use super::is_terminating;
use crate::pod::{available_in, is_active, is_ready};
use shared_api::{
    LabelSelector, Timestamp,
    apps::{ReplicaSet, ReplicaSetSpec, ReplicaSetStatus},
    core::Pod,
};
use shared_reconcile::Plan;
use std::sync::Arc;

/// Writes the status if it changed, and looks again when the next ready pod becomes available.
pub(super) fn plan(set: &ReplicaSet, spec: &ReplicaSetSpec, mine: &[Arc<Pod>], now: Timestamp) -> Plan {
    let mut plan = Plan::nothing();
    let status = status(set, spec, mine, now);
    if set.status.as_ref() != Some(&status) {
        plan = plan.update_status(&ReplicaSet { status: Some(status), ..set.clone() });
    }
    let min_ready = spec.min_ready_seconds.unwrap_or(0);
    let soon = mine
        .iter()
        .filter(|p| is_active(p))
        .filter_map(|p| available_in(p, min_ready, now))
        .filter(|s| *s > 0);
    soon.fold(plan, Plan::again_in_seconds)
}

fn status(set: &ReplicaSet, spec: &ReplicaSetSpec, mine: &[Arc<Pod>], now: Timestamp) -> ReplicaSetStatus {
    let min_ready = spec.min_ready_seconds.unwrap_or(0);
    let template = spec.template.as_ref().and_then(|t| t.metadata.as_ref()).and_then(|m| m.labels.as_ref());
    let all_labels = template.map(LabelSelector::from_labels).unwrap_or_default();
    let active = || mine.iter().filter(|p| is_active(p));
    let count = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
    let available = |p: &&Arc<Pod>| available_in(p, min_ready, now).is_some_and(|seconds| seconds <= 0);
    ReplicaSetStatus {
        replicas: count(active().count()),
        fully_labeled_replicas: some(count(
            active().filter(|p| all_labels.matches(p.metadata.labels.as_ref())).count(),
        )),
        ready_replicas: some(count(active().filter(|p| is_ready(p)).count())),
        available_replicas: some(count(active().filter(available).count())),
        terminating_replicas: Some(count(mine.iter().filter(|p| is_terminating(p)).count())),
        observed_generation: set.metadata.generation,
        conditions: set.status.as_ref().and_then(|s| s.conditions.clone()),
    }
}

/// Kubernetes leaves these counts out when they are zero.
fn some(count: i32) -> Option<i32> {
    (count != 0).then_some(count)
}
