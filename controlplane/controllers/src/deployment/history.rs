//! Which revision is which, and how many of them are kept.

use super::Scene;
use shared_api::{apps::ReplicaSet, meta::ObjectMeta};
use shared_reconcile::Plan;

/// The number `kubectl rollout history` shows.
pub(super) const REVISION: &str = "deployment.kubernetes.io/revision";

pub(super) fn revision(meta: &ObjectMeta) -> String {
    meta.annotations.as_ref().and_then(|a| a.get(REVISION)).cloned().unwrap_or_default()
}

fn number(set: &ReplicaSet) -> i64 {
    revision(&set.metadata).parse().unwrap_or(0)
}

/// The newest revision among the old sets.
pub(super) fn newest(scene: &Scene<'_>) -> i64 {
    scene.old.iter().map(|s| number(&s.set)).max().unwrap_or(0)
}

/// Deletes the oldest sets that are empty, beyond the history asked for.
pub(super) fn forget(scene: &Scene<'_>) -> Plan {
    let limit = usize::try_from(scene.spec.revision_history_limit.unwrap_or(10)).unwrap_or(usize::MAX);
    let empty = |set: &ReplicaSet| {
        let status = set.status.as_ref();
        super::size(set) == 0
            && status.is_none_or(|s| s.replicas == 0)
            && set.metadata.generation <= status.and_then(|s| s.observed_generation)
    };
    let mut old: Vec<_> = scene.old.iter().filter(|s| s.set.metadata.deletion_timestamp.is_none()).collect();
    old.sort_by_key(|s| number(&s.set));
    let extra = old.len().saturating_sub(limit);
    let gone = old.into_iter().take(extra).filter(|s| empty(&s.set));
    gone.fold(Plan::nothing(), |plan, s| plan.delete::<ReplicaSet>(&s.set.metadata))
}
