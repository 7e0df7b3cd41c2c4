//! The end of an object: at once, after a while, or when its finalizers let go.

use shared_api::{
    DeleteHow, Draft, Propagation, Time, Timestamp,
    core::{Namespace, NamespaceStatus, Pod},
    meta::ObjectMeta,
};

/// What a deletion does now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The object is removed.
    Gone,
    /// It stays, marked as being deleted.
    Stays,
}

const FOREGROUND: &str = "foregroundDeletion";
const ORPHAN: &str = "orphan";

/// Seconds a pod gets when nobody says.
const GRACE: i64 = 30;

/// Deletes, as far as that is possible now; `draft` is changed to what it then is.
pub(crate) fn end(draft: &mut dyn Draft, how: &DeleteHow, now: Timestamp) -> Ending {
    let grace = grace(draft, how.grace_seconds);
    let graceful = is_pod(draft);
    // What is taking its time to end already is told no more about what it owns.
    if !graceful || draft.meta().deletion_timestamp.is_none() {
        propagate(draft.meta_mut(), how.propagation);
    }
    let held = holds(draft);
    let meta = draft.meta_mut();
    if let Some(due) = &meta.deletion_timestamp {
        let had = meta.deletion_grace_period_seconds.unwrap_or(0);
        // It may only be hurried.
        if let Some(asked) = how.grace_seconds.map(shortest).filter(|s| *s < had) {
            meta.deletion_timestamp = Some(later(due.0, asked - had));
            meta.deletion_grace_period_seconds = Some(asked);
        }
    } else if graceful || held {
        meta.deletion_timestamp = Some(later(now, grace));
        meta.deletion_grace_period_seconds = Some(grace);
        meta.generation = meta.generation.map(|g| g + 1);
    } else {
        return Ending::Gone;
    }
    if let Some(namespace) = draft.as_any_mut().downcast_mut::<Namespace>() {
        let status = namespace.status.get_or_insert_with(NamespaceStatus::default);
        status.phase = Some("Terminating".into());
    }
    if ended(draft) { Ending::Gone } else { Ending::Stays }
}

/// Whether nothing holds an object that is being deleted any longer.
pub(crate) fn ended(draft: &dyn Draft) -> bool {
    let meta = draft.meta();
    meta.deletion_timestamp.is_some() && meta.deletion_grace_period_seconds.unwrap_or(0) == 0 && !holds(draft)
}

fn holds(draft: &dyn Draft) -> bool {
    let namespace = draft.as_any().downcast_ref::<Namespace>().and_then(|n| n.spec.as_ref());
    let content = namespace.and_then(|s| s.finalizers.as_ref());
    [draft.meta().finalizers.as_ref(), content].into_iter().flatten().any(|list| !list.is_empty())
}

fn is_pod(draft: &dyn Draft) -> bool {
    draft.as_any().is::<Pod>()
}

/// Seconds the object gets: only pods take time, and only those that a node may be running.
fn grace(draft: &dyn Draft, asked: Option<i64>) -> i64 {
    let Some(pod) = draft.as_any().downcast_ref::<Pod>() else { return 0 };
    let Some(spec) = &pod.spec else { return 0 };
    let bound = spec.node_name.as_deref().is_some_and(|n| !n.is_empty());
    let phase = pod.status.as_ref().and_then(|s| s.phase.as_deref());
    if !bound || matches!(phase, Some("Succeeded" | "Failed")) {
        return 0;
    }
    shortest(asked.or(spec.termination_grace_period_seconds).unwrap_or(GRACE))
}

/// Kubernetes reads a negative grace as the shortest there is.
fn shortest(seconds: i64) -> i64 {
    if seconds < 0 { 1 } else { seconds }
}

fn propagate(meta: &mut ObjectMeta, propagation: Option<Propagation>) {
    let wanted = match propagation {
        None => return,
        Some(Propagation::Background) => None,
        Some(Propagation::Foreground) => Some(FOREGROUND),
        Some(Propagation::Orphan) => Some(ORPHAN),
    };
    let mut finalizers = meta.finalizers.take().unwrap_or_default();
    finalizers.retain(|f| Some(f.as_str()) == wanted || (f != FOREGROUND && f != ORPHAN));
    if let Some(wanted) = wanted
        && !finalizers.iter().any(|f| f == wanted)
    {
        finalizers.push(wanted.into());
    }
    meta.finalizers = Some(finalizers).filter(|f| !f.is_empty());
}

fn later(when: Timestamp, seconds: i64) -> Time {
    let span = jiff::SignedDuration::from_secs(seconds);
    Time::from(when.checked_add(span).unwrap_or(Timestamp::MAX))
}
