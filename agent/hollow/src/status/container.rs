//! One container of a hollow pod: how it is now, and when that changes.

use crate::{
    life::{Life, pause},
    node::whole,
};
use shared_api::{
    Time, Timestamp,
    core::{
        Container, ContainerState, ContainerStateRunning, ContainerStateTerminated, ContainerStateWaiting,
        ContainerStatus, Pod, Probe,
    },
};

/// What lies before a container.
pub(super) struct Then<'a> {
    /// The second at which it begins for the first time.
    pub(super) at: i64,
    pub(super) life: Life,
    /// Its pod's restart policy.
    pub(super) policy: &'a str,
    /// It is ready as soon as it runs.
    pub(super) at_once: bool,
}

/// Seconds after which a failed pull is waited for.
const PULLED: i64 = 10;

/// The second at which containers begin in a pod that began then.
pub(super) fn begun(start: &Time, takes: i64) -> i64 {
    start.0.as_second() + takes
}

/// The container's status, given what was told before, and the second at which it changes.
pub(super) fn next(
    container: &Container,
    old: Option<&ContainerStatus>,
    then: &Then<'_>,
    pod: &Pod,
    now: Timestamp,
) -> (ContainerStatus, Option<i64>) {
    let second = now.as_second();
    let state = old.and_then(|o| o.state.clone()).unwrap_or_default();
    let restarts = old.map_or(0, |o| o.restart_count);
    let last = old.and_then(|o| o.last_state.as_ref()).and_then(|s| s.terminated.clone());
    match (state.running, state.terminated.or(last)) {
        (Some(running), _) => {
            let since = running.started_at.as_ref().map_or(second, |at| at.0.as_second());
            let Life::Ends { after, code, oom } = then.life else {
                return runs(container, old, restarts, since, then, second, pod);
            };
            if second < since + after {
                let (status, _) = runs(container, old, restarts, since, then, second, pod);
                return (status, Some(since + after));
            }
            let end = end(pod, container, restarts, (since, whole(now).as_second()), (code, oom));
            after_end(container, end, restarts, then, pod, now)
        }
        (None, Some(end)) => after_end(container, end, restarts, then, pod, now),
        (None, None) if second < then.at => (waits(container, "ContainerCreating", None), Some(then.at)),
        (None, None) if then.life == Life::NoImage => {
            let image = container.image.as_deref().unwrap_or_default();
            let why = format!("failed to pull and unpack image {image:?}: {image}: not found");
            let later = then.at + PULLED;
            if second < later {
                return (waits(container, "ErrImagePull", Some(why)), Some(later));
            }
            let why = format!("Back-off pulling image {image:?}: ErrImagePull: {why}");
            (waits(container, "ImagePullBackOff", Some(why)), None)
        }
        (None, None) => {
            let (status, more) = runs(container, None, 0, second, then, second, pod);
            let ends = match then.life {
                Life::Ends { after, .. } => Some(second + after),
                Life::Runs | Life::Unready | Life::NoImage => more,
            };
            (status, ends)
        }
    }
}

/// It ended: it is started again, or waits for that, or stays as it is.
fn after_end(
    container: &Container,
    end: ContainerStateTerminated,
    restarts: i32,
    then: &Then<'_>,
    pod: &Pod,
    now: Timestamp,
) -> (ContainerStatus, Option<i64>) {
    let over = ContainerStatus {
        container_id: end.container_id.clone(),
        image_id: image_id(container),
        restart_count: restarts,
        ..bare(container)
    };
    let again = match then.policy {
        "Never" => false,
        "OnFailure" => end.exit_code != 0,
        _ => true,
    };
    if !again {
        let state = ContainerState { terminated: Some(end), ..ContainerState::default() };
        return (ContainerStatus { state: Some(state), ..over }, None);
    }
    let wait = pause(restarts);
    let due = end.finished_at.as_ref().map_or(0, |at| at.0.as_second()) + wait;
    let last = Some(ContainerState { terminated: Some(end), ..ContainerState::default() });
    if now.as_second() < due {
        let meta = &pod.metadata;
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let why = format!(
            "back-off {} restarting failed container={} pod={}_{}({})",
            span(wait),
            container.name,
            text(&meta.name),
            text(&meta.namespace),
            text(&meta.uid)
        );
        let state = waiting("CrashLoopBackOff", Some(why));
        return (ContainerStatus { state: Some(state), last_state: last, ..over }, Some(due));
    }
    let second = now.as_second();
    let (status, more) = runs(container, None, restarts + 1, second, then, second, pod);
    let more = if let Life::Ends { after, .. } = then.life { Some(second + after) } else { more };
    (ContainerStatus { last_state: last, ..status }, more)
}

/// It runs since a second.
fn runs(
    container: &Container,
    old: Option<&ContainerStatus>,
    restarts: i32,
    since: i64,
    then: &Then<'_>,
    second: i64,
    pod: &Pod,
) -> (ContainerStatus, Option<i64>) {
    let delay = |p: &Probe| i64::from(p.initial_delay_seconds.unwrap_or(0)).max(1);
    let probe = container.readiness_probe.as_ref().filter(|_| !then.at_once);
    let ready_at = since + probe.map_or(0, delay);
    let ready = then.life != Life::Unready && second >= ready_at;
    let state = ContainerState {
        running: Some(ContainerStateRunning { started_at: time(since) }),
        ..ContainerState::default()
    };
    let status = ContainerStatus {
        container_id: Some(id(pod, container, restarts)),
        image_id: image_id(container),
        restart_count: restarts,
        ready,
        started: Some(true),
        state: Some(state),
        last_state: old.and_then(|o| o.last_state.clone()),
        ..bare(container)
    };
    (status, (then.life != Life::Unready && !ready).then_some(ready_at))
}

/// A container that prepares the pod: done at the moment at which the others begin.
pub(super) fn prepared(container: &Container, pod: &Pod, at: i64, now: Timestamp) -> ContainerStatus {
    if now.as_second() < at {
        return waits(container, "PodInitializing", None);
    }
    let sidecar = container.restart_policy.as_deref() == Some("Always");
    if sidecar {
        let then = Then { at, life: Life::Runs, policy: "Always", at_once: true };
        return runs(container, None, 0, at, &then, now.as_second(), pod).0;
    }
    let end = end(pod, container, 0, (at, at), (0, false));
    ContainerStatus {
        container_id: end.container_id.clone(),
        image_id: image_id(container),
        ready: true,
        state: Some(ContainerState { terminated: Some(end), ..ContainerState::default() }),
        ..bare(container)
    }
}

/// How a run of a container ended.
pub(super) fn end(
    pod: &Pod,
    container: &Container,
    restarts: i32,
    (since, till): (i64, i64),
    (code, oom): (i32, bool),
) -> ContainerStateTerminated {
    let reason = match (oom, code) {
        (true, _) => "OOMKilled",
        (false, 0) => "Completed",
        (false, _) => "Error",
    };
    ContainerStateTerminated {
        container_id: Some(id(pod, container, restarts)),
        exit_code: code,
        reason: Some(reason.into()),
        message: None,
        started_at: time(since),
        finished_at: time(till),
        signal: None,
    }
}

fn bare(container: &Container) -> ContainerStatus {
    ContainerStatus {
        name: container.name.clone(),
        image: container.image.clone().unwrap_or_default(),
        started: Some(false),
        ..ContainerStatus::default()
    }
}

fn waits(container: &Container, reason: &str, message: Option<String>) -> ContainerStatus {
    ContainerStatus { state: Some(waiting(reason, message)), ..bare(container) }
}

fn waiting(reason: &str, message: Option<String>) -> ContainerState {
    ContainerState {
        waiting: Some(ContainerStateWaiting { reason: Some(reason.into()), message }),
        ..ContainerState::default()
    }
}

/// A name for one run of a container, always the same for the same run.
fn id(pod: &Pod, container: &Container, restarts: i32) -> String {
    let uid = pod.metadata.uid.as_deref().unwrap_or_default().replace('-', "");
    format!("hollow://{uid}{restarts:04x}-{}", container.name)
}

fn image_id(container: &Container) -> String {
    format!("hollow/{}", container.image.as_deref().unwrap_or_default())
}

/// `10s`, `2m40s`, `5m0s`.
fn span(seconds: i64) -> String {
    if seconds < 60 { format!("{seconds}s") } else { format!("{}m{}s", seconds / 60, seconds % 60) }
}

fn time(second: i64) -> Option<Time> {
    Timestamp::from_second(second).ok().map(Time)
}
