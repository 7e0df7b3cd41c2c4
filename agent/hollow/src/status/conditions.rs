//! A hollow pod's conditions.

use crate::node::whole;
use shared_api::{
    Time, Timestamp,
    core::{ContainerStatus, Pod, PodCondition, PodStatus},
};

/// The conditions that a node keeps.
const OURS: [&str; 4] = ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady"];

/// This node's conditions, and everybody else's as they were.
pub(super) fn conditions(
    pod: &Pod,
    old: &PodStatus,
    all: &[ContainerStatus],
    phase: &str,
    begun: bool,
    now: Timestamp,
) -> Vec<PodCondition> {
    let names: Vec<_> = all.iter().filter(|s| !s.ready).map(|s| s.name.as_str()).collect();
    let over = match phase {
        "Succeeded" => Some(("PodCompleted", String::new())),
        "Failed" => Some(("PodFailed", String::new())),
        _ if names.is_empty() => None,
        _ => {
            let why = format!("containers with unready status: [{}]", names.join(" "));
            Some(("ContainersNotReady", why))
        }
    };
    let early = (!begun).then(|| ("", String::new()));
    let before: Vec<_> = old.conditions.iter().flatten().collect();
    let mut told: Vec<_> = OURS
        .iter()
        .zip([early.clone(), early, over.clone(), over])
        .map(|(name, trouble)| {
            let status = if trouble.is_none() { "True" } else { "False" };
            let same = before.iter().find(|c| c.type_ == *name && c.status == status);
            let (reason, message) = trouble.unwrap_or_default();
            PodCondition {
                type_: (*name).into(),
                status: status.into(),
                reason: Some(reason.to_owned()).filter(|r| !r.is_empty()),
                message: Some(message).filter(|m| !m.is_empty()),
                last_probe_time: None,
                last_transition_time: same
                    .and_then(|c| c.last_transition_time.clone())
                    .or(Some(Time(whole(now)))),
                observed_generation: pod.metadata.generation,
            }
        })
        .collect();
    told.extend(before.into_iter().filter(|c| !OURS.contains(&c.type_.as_str())).cloned());
    told
}
