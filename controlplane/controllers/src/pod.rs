//! What controllers ask of a pod.

use shared_api::{
    Time, Timestamp,
    core::{Pod, PodCondition},
};

pub(crate) fn phase(pod: &Pod) -> &str {
    pod.status.as_ref().and_then(|s| s.phase.as_deref()).unwrap_or("Pending")
}

/// It has ended, and nothing starts it again.
pub(crate) fn is_over(pod: &Pod) -> bool {
    matches!(phase(pod), "Succeeded" | "Failed")
}

/// It counts: neither over nor on its way out.
pub(crate) fn is_active(pod: &Pod) -> bool {
    pod.metadata.deletion_timestamp.is_none() && !is_over(pod)
}

/// Whether a condition of this type is true.
pub(crate) fn is(pod: &Pod, condition: &str) -> bool {
    let conditions = pod.status.iter().flat_map(|s| s.conditions.iter().flatten());
    conditions.into_iter().any(|c| c.type_ == condition && c.status == "True")
}

/// It may be given work.
pub(crate) fn is_ready(pod: &Pod) -> bool {
    is(pod, "Ready")
}

/// Since when it is ready.
pub(crate) fn ready_since(pod: &Pod) -> Option<Timestamp> {
    let conditions = pod.status.as_ref()?.conditions.as_ref()?;
    let ready = conditions.iter().find(|c| c.type_ == "Ready" && c.status == "True")?;
    ready.last_transition_time.as_ref().map(|t| t.0)
}

/// Seconds until a ready pod has been so for `min_ready` seconds; zero or less: it is available.
pub(crate) fn available_in(pod: &Pod, min_ready: i32, now: Timestamp) -> Option<i64> {
    if !is_ready(pod) {
        return None;
    }
    if min_ready == 0 {
        return Some(0);
    }
    let since = ready_since(pod)?;
    Some(i64::from(min_ready) - (now.as_second() - since.as_second()))
}

/// The node it is bound to.
pub(crate) fn node(pod: &Pod) -> Option<&str> {
    pod.spec.as_ref()?.node_name.as_deref().filter(|n| !n.is_empty())
}

/// How old a pod is at least when its successor is made: what fails at once would fail all day long.
const REST: i64 = 5;

/// Whether a pod that failed has been there for long enough to be replaced; else in how many seconds.
pub(crate) fn failed_long_enough(pod: &Pod, now: Timestamp) -> Result<(), i64> {
    let born = pod.metadata.creation_timestamp.as_ref().map_or(now, |t| t.0);
    let left = born.as_second() + REST - now.as_second();
    if left > 0 { Err(left) } else { Ok(()) }
}

/// The pod, saying that it goes for no fault of its own: who replaces it need not count that.
pub(crate) fn disrupted(pod: &Pod, reason: &str, message: &str, now: Timestamp) -> Pod {
    let mut pod = pod.clone();
    let conditions = pod.status.get_or_insert_default().conditions.get_or_insert_default();
    conditions.retain(|c| c.type_ != "DisruptionTarget");
    conditions.push(PodCondition {
        type_: "DisruptionTarget".into(),
        status: "True".into(),
        reason: Some(reason.into()),
        message: Some(message.into()),
        last_transition_time: Some(Time(now)),
        ..PodCondition::default()
    });
    pod
}
