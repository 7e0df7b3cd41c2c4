//! What a pod is told about its node, or about having none.

use shared_api::{
    Time, Timestamp,
    core::{Pod, PodCondition},
};
use shared_reconcile::Note;

/// The pod saying why it has no node; `None` when it says so already.
pub(crate) fn unscheduled(pod: &Pod, reason: &str, message: &str, now: Timestamp) -> Option<Pod> {
    let mut pod = pod.clone();
    let conditions = pod.status.get_or_insert_default().conditions.get_or_insert_default();
    let before = conditions.iter().position(|c| c.type_ == "PodScheduled");
    let known = before.map(|at| conditions[at].clone());
    if known.as_ref().is_some_and(|c| {
        c.status == "False" && c.reason.as_deref() == Some(reason) && c.message.as_deref() == Some(message)
    }) {
        return None;
    }
    let since = known.filter(|c| c.status == "False").and_then(|c| c.last_transition_time);
    let condition = PodCondition {
        type_: "PodScheduled".into(),
        status: "False".into(),
        reason: Some(reason.into()),
        message: Some(message.into()),
        last_transition_time: Some(since.unwrap_or(Time(now))),
        ..PodCondition::default()
    };
    match before {
        Some(at) => conditions[at] = condition,
        None => conditions.push(condition),
    }
    Some(pod)
}

/// `FailedScheduling`.
pub(crate) fn failed(pod: &Pod, message: &str) -> Note {
    Note::warning(pod, "FailedScheduling", message)
}

/// `Scheduled`.
pub(crate) fn scheduled(pod: &Pod, node: &str) -> Note {
    let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
    let name = pod.metadata.name.as_deref().unwrap_or_default();
    Note::normal(pod, "Scheduled", format!("Successfully assigned {namespace}/{name} to {node}"))
}
