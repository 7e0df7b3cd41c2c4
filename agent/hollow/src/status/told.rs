//! What a change of a pod's status is worth an Event for.

use shared_api::core::{ContainerStatus, PodStatus};

/// An Event to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) warning: bool,
    pub(crate) reason: &'static str,
    pub(crate) message: String,
    /// Which container.
    pub(crate) container: String,
}

/// The Events of a change from one status to the next.
pub(crate) fn told(old: &PodStatus, new: &PodStatus) -> Vec<Told> {
    let mut all = Vec::new();
    for now in new.container_statuses.iter().flatten() {
        let before = old.container_statuses.iter().flatten().find(|s| s.name == now.name);
        one(before, now, &mut all);
    }
    all
}

fn one(before: Option<&ContainerStatus>, now: &ContainerStatus, all: &mut Vec<Told>) {
    let mut tell = |warning: bool, reason: &'static str, message: String| {
        all.push(Told { warning, reason, message, container: now.name.clone() });
    };
    let waits = |s: &ContainerStatus| s.state.as_ref()?.waiting.as_ref()?.reason.clone();
    let runs = |s: &ContainerStatus| s.state.as_ref().is_some_and(|s| s.running.is_some());
    let was = before.and_then(waits);
    let image = &now.image;
    if let Some(reason) = waits(now).filter(|reason| was.as_ref() != Some(reason)) {
        let state = now.state.clone().unwrap_or_default();
        let message = state.waiting.and_then(|w| w.message).unwrap_or_default();
        match reason.as_str() {
            "ContainerCreating" => tell(false, "Pulling", format!("Pulling image {image:?}")),
            "ErrImagePull" => {
                tell(true, "Failed", format!("Failed to pull image {image:?}: {message}"));
                tell(true, "Failed", "Error: ErrImagePull".into());
            }
            "ImagePullBackOff" => {
                tell(false, "BackOff", format!("Back-off pulling image {image:?}"));
                tell(true, "Failed", "Error: ImagePullBackOff".into());
            }
            "CrashLoopBackOff" => {
                let words = message.strip_prefix("back-off ").and_then(|m| m.split_once(' '));
                let rest = words.map_or("restarting failed container", |(_, rest)| rest);
                tell(true, "BackOff", format!("Back-off {rest}"));
            }
            _ => {}
        }
    }
    let again = before.is_some_and(|b| b.restart_count < now.restart_count);
    if runs(now) && (again || !before.is_some_and(runs)) {
        let pulled = if again { "already present on machine" } else { "successfully pulled" };
        tell(false, "Pulled", format!("Container image {image:?} {pulled}"));
        tell(false, "Created", format!("Created container: {}", now.name));
        tell(false, "Started", format!("Started container {}", now.name));
    }
}
