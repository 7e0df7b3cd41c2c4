//! What a set says of its pods.

use super::{FAILURE, Replicas, is_terminating};
use crate::pod::{available_in, is_active, is_ready};
use shared_api::{
    LabelSelector, Timestamp,
    core::{Pod, PodTemplateSpec},
};
use shared_reconcile::Plan;
use std::sync::Arc;

/// How many pods a set has.
#[derive(Debug)]
pub(crate) struct Counts {
    /// Neither over nor on their way out.
    pub(crate) active: i32,
    /// Of these, with every label of the template.
    pub(crate) labelled: Option<i32>,
    /// Of these, ready.
    pub(crate) ready: Option<i32>,
    /// Of these, ready for long enough.
    pub(crate) available: Option<i32>,
    /// On their way out.
    pub(crate) terminating: i32,
}

/// Writes the status if it changed, and looks again when the next ready pod becomes available.
pub(super) fn plan<K: Replicas>(
    set: &K,
    template: &PodTemplateSpec,
    mine: &[Arc<Pod>],
    now: Timestamp,
) -> Plan {
    let mut plan = Plan::nothing();
    let min_ready = set.min_ready();
    let counts = count(template, min_ready, mine, now);
    // Nothing was refused, or it does not matter any longer.
    let over: &[&str] = if counts.active == set.wanted() { &[FAILURE] } else { &[] };
    if let Some(told) = set.told(&counts, over) {
        plan = plan.update_status(&told);
    }
    let soon = mine
        .iter()
        .filter(|p| is_active(p))
        .filter_map(|p| available_in(p, min_ready, now))
        .filter(|s| *s > 0);
    soon.fold(plan, Plan::again_in_seconds)
}

fn count(template: &PodTemplateSpec, min_ready: i32, mine: &[Arc<Pod>], now: Timestamp) -> Counts {
    let labels = template.metadata.as_ref().and_then(|m| m.labels.as_ref());
    let all_labels = labels.map(LabelSelector::from_labels).unwrap_or_default();
    let active = || mine.iter().filter(|p| is_active(p));
    let count = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
    let available = |p: &&Arc<Pod>| available_in(p, min_ready, now).is_some_and(|seconds| seconds <= 0);
    Counts {
        active: count(active().count()),
        labelled: some(count(active().filter(|p| all_labels.matches(p.metadata.labels.as_ref())).count())),
        ready: some(count(active().filter(|p| is_ready(p)).count())),
        available: some(count(active().filter(available).count())),
        terminating: count(mine.iter().filter(|p| is_terminating(p)).count()),
    }
}

/// Kubernetes leaves these counts out when they are zero.
fn some(count: i32) -> Option<i32> {
    (count != 0).then_some(count)
}
