//! Whether a rollout moves, is done, or has stood still for too long.

use super::{
    Scene,
    condition::{Condition, known},
    name,
};
use shared_api::{Timestamp, apps::DeploymentStatus};

/// What is said about the progress, and in how many seconds it may be said to have stopped.
#[derive(Debug, Default)]
pub(super) struct Progress {
    pub(super) said: Option<Condition>,
    pub(super) moved: bool,
    pub(super) deadline_in: Option<i64>,
}

/// Whether the newest template has everything that is asked for, as the status is now stored.
pub(super) fn is_complete(scene: &Scene<'_>) -> bool {
    scene.new.is_some() && is_done(scene, &super::status::counted(scene))
}

fn is_done(scene: &Scene<'_>, status: &DeploymentStatus) -> bool {
    let wanted = scene.replicas();
    status.updated_replicas.unwrap_or(0) == wanted
        && status.replicas.unwrap_or(0) == wanted
        && status.available_replicas.unwrap_or(0) == wanted
}

/// Compares what was said with what is.
pub(super) fn of(scene: &Scene<'_>, status: &DeploymentStatus, now: Timestamp) -> Progress {
    let condition = known(status, "Progressing");
    let reason = condition.and_then(|c| c.reason.as_deref()).unwrap_or_default();
    if let Some(said) = pausing(scene, condition.is_some(), reason) {
        return Progress { said: Some(said), ..Progress::default() };
    }
    let deadline = scene.spec.progress_deadline_seconds.unwrap_or(600);
    let settled = status.replicas == status.updated_replicas && reason == "NewReplicaSetAvailable";
    // When all of them are the newest, fewer available than asked for is no rollout.
    if deadline == i32::MAX || settled {
        return Progress::default();
    }
    let what = subject(scene);
    if is_done(scene, status) {
        let said =
            Condition::progressing("NewReplicaSetAvailable", format!("{what} has successfully progressed."));
        return Progress { said: Some(said), ..Progress::default() };
    }
    let begins = condition.is_none() || reason == "NewReplicaSetAvailable";
    if begins || moved(scene, status) {
        let said = Condition::progressing("ReplicaSetUpdated", format!("{what} is progressing."));
        return Progress { said: Some(said), moved: true, deadline_in: Some(i64::from(deadline)) };
    }
    let since = condition.and_then(|c| c.last_update_time.as_ref()).map_or(now, |t| t.0);
    let left = since.as_second() + i64::from(deadline) - now.as_second();
    if left > 0 || reason == "ProgressDeadlineExceeded" {
        return Progress { deadline_in: (left > 0).then_some(left), ..Progress::default() };
    }
    let message = format!("{what} has timed out progressing.");
    let said = Condition::new("Progressing", "False", "ProgressDeadlineExceeded", message);
    Progress { said: Some(said), ..Progress::default() }
}

/// A paused rollout makes no progress, and that is no fault.
fn pausing(scene: &Scene<'_>, known: bool, reason: &str) -> Option<Condition> {
    let paused = scene.spec.paused.unwrap_or(false);
    let say = |reason, message: &str| Condition::new("Progressing", "Unknown", reason, message.into());
    if paused && reason != "ProgressDeadlineExceeded" {
        return Some(say("DeploymentPaused", "Deployment is paused"));
    }
    (!paused && known && reason == "DeploymentPaused")
        .then(|| say("DeploymentResumed", "Deployment is resumed"))
}

fn subject(scene: &Scene<'_>) -> String {
    let deployment = scene.deployment.metadata.name.as_deref().unwrap_or_default();
    match &scene.new {
        Some(new) => format!("ReplicaSet \"{}\"", name(&new.set)),
        None => format!("Deployment \"{deployment}\""),
    }
}

/// Whether more of the new or fewer of the old are there than the stored status says.
fn moved(scene: &Scene<'_>, new: &DeploymentStatus) -> bool {
    let Some(old) = &scene.deployment.status else { return true };
    let more = |n: Option<i32>, o: Option<i32>| n.unwrap_or(0) > o.unwrap_or(0);
    let outdated = |s: &DeploymentStatus| s.replicas.unwrap_or(0) - s.updated_replicas.unwrap_or(0);
    more(new.updated_replicas, old.updated_replicas)
        || more(new.ready_replicas, old.ready_replicas)
        || more(new.available_replicas, old.available_replicas)
        || outdated(new) < outdated(old)
}
