//! What the cluster is told about one container.

use super::{restarts, whole};
use crate::{
    observed::{Doing, Mounted, Observed, Seen, Slot, Trouble},
    plan::{FRESH_SECONDS, later},
    resources::outdated,
    restart,
    stage::{initialized, leaving, sidecar, terminal},
};
use agent_runtime::Phase;
use shared_api::{
    Time, Timestamp,
    core::{
        Container, ContainerState, ContainerStateRunning, ContainerStateTerminated, ContainerStateWaiting,
        ContainerStatus, Pod, PodSpec,
    },
};

pub(super) fn status(
    pod: &Pod,
    spec: &PodSpec,
    seen: &Observed,
    container: &Container,
    init: bool,
    now: Timestamp,
) -> ContainerStatus {
    let name = container.name.as_str();
    // One that was only just made for the first time tells nothing that is worth a write of its own.
    let newest = seen.newest(name).filter(|n| n.attempt > 0 || n.phase != Phase::Created);
    let old = remembered(pod, name);
    let Some(newest) = newest else {
        // Its container was cleaned away; what was told of its end stays true.
        if let Some(old) = old.filter(|o| over(o, pod, seen, init)) {
            return ContainerStatus { ready: init && old.ready, started: Some(false), ..old.clone() };
        }
        return ContainerStatus {
            name: name.into(),
            image: container.image.clone().unwrap_or_default(),
            state: Some(waiting(idle(spec, seen, container, init, now))),
            started: Some(false),
            restart_count: old.map_or(0, |o| o.restart_count),
            ..ContainerStatus::default()
        };
    };
    let dead = newest.code().is_some();
    let state = match &newest.phase {
        Phase::Created => waiting(idle(spec, seen, container, init, now)),
        Phase::Running { started_at } => ContainerState {
            running: Some(ContainerStateRunning { started_at: time(*started_at) }),
            ..ContainerState::default()
        },
        Phase::Exited { .. } => match resting(pod, spec, seen, container, newest, now) {
            Some(why) => waiting(why),
            None => ended(newest),
        },
    };
    let last = if dead && state.waiting.is_some() { Some(newest) } else { seen.previous(name) };
    let simple_init = init && !sidecar(container);
    // While it is being given other resources, it has those that were told before.
    let told = old.and_then(|o| o.resources.clone()).filter(|_| outdated(spec, container, newest));
    let resources = told.or_else(|| container.resources.clone());
    ContainerStatus {
        allocated_resources: resources.as_ref().and_then(|r| r.requests.clone()),
        resources,
        name: name.into(),
        image: container.image.clone().unwrap_or_default(),
        image_id: newest.image_id.clone(),
        container_id: Some(format!("containerd://{}", newest.id)),
        restart_count: i32::try_from(newest.attempt).unwrap_or(i32::MAX),
        ready: if simple_init { initialized(seen, container) } else { seen.ready(container) },
        started: Some(if simple_init { newest.running() } else { seen.started(container) }),
        last_state: last.filter(|l| l.code().is_some()).map(ended),
        state: Some(state),
        ..ContainerStatus::default()
    }
}

/// What the cluster is told about a guest: it is never ready, for nobody waits for it.
pub(super) fn guest(
    pod: &Pod,
    spec: &PodSpec,
    seen: &Observed,
    guest: &Container,
    now: Timestamp,
) -> ContainerStatus {
    // One that was cleaned away has ended for good, like one that prepared the pod.
    let cleaned = seen.newest(&guest.name).is_none();
    ContainerStatus { ready: false, started: Some(false), ..status(pod, spec, seen, guest, cleaned, now) }
}

/// What the cluster was told about the container before; a name is had once in a pod.
fn remembered<'a>(pod: &'a Pod, name: &str) -> Option<&'a ContainerStatus> {
    let status = pod.status.as_ref()?;
    let all =
        [&status.container_statuses, &status.init_container_statuses, &status.ephemeral_container_statuses];
    all.into_iter().flatten().flatten().find(|s| s.name == name)
}

fn over(old: &ContainerStatus, pod: &Pod, seen: &Observed, init: bool) -> bool {
    let ended = old.state.as_ref().is_some_and(|s| s.terminated.is_some());
    ended && (init || leaving(pod, seen) || terminal(pod))
}

/// Why a container that was not made, or not started, waits.
fn idle(
    spec: &PodSpec,
    seen: &Observed,
    container: &Container,
    init: bool,
    now: Timestamp,
) -> (String, Option<String>) {
    if let Some(trouble) = seen.trouble(&container.name) {
        return troubled(trouble, container, now);
    }
    if let Some(Doing::Making(Some(progress))) = seen.doing(&container.name) {
        return ("ContainerCreating".into(), Some(progress.clone()));
    }
    let first = spec.init_containers.iter().flatten().find(|c| !initialized(seen, c));
    let turn = if init { first.is_none_or(|f| f.name == container.name) } else { first.is_none() };
    if !turn {
        return ("PodInitializing".into(), None);
    }
    // The pod as a whole is not ready for containers; the reason belongs to each that waits for it.
    let shared = [(Slot::Volumes, seen.volumes != Mounted::Ready), (Slot::Sandbox, seen.address.is_none())];
    let why = shared.iter().filter(|(_, open)| *open).find_map(|(slot, _)| seen.troubles.get(slot));
    let begun = spec.init_containers.is_some() && !init;
    let reason = if begun { "PodInitializing" } else { "ContainerCreating" };
    (reason.into(), why.map(|t| t.message.clone()))
}

fn troubled(trouble: &Trouble, container: &Container, now: Timestamp) -> (String, Option<String>) {
    let image = container.image.as_deref().unwrap_or_default();
    if trouble.reason == "ErrImagePull" && now >= later(trouble.at, FRESH_SECONDS) {
        let message = format!("Back-off pulling image {image:?}: ErrImagePull: {}", trouble.message);
        return ("ImagePullBackOff".into(), Some(message));
    }
    (trouble.reason.clone(), Some(trouble.message.clone()))
}

/// Why a container that ended waits to be made again, if it does.
fn resting(
    pod: &Pod,
    spec: &PodSpec,
    seen: &Observed,
    container: &Container,
    ended: &Seen,
    now: Timestamp,
) -> Option<(String, Option<String>)> {
    if !restarts(pod, spec, seen, container, now) {
        return None;
    }
    // What could not be started is told of for a moment; then it rests as others that ended do.
    let told = |t: &&Trouble| t.reason != "RunContainerError" || now < later(t.at, FRESH_SECONDS);
    if let Some(trouble) = seen.trouble(&container.name).filter(told) {
        return Some(troubled(trouble, container, now));
    }
    let pause = restart::pause(restart::streak(ended));
    restart::at(ended).filter(|at| *at > now && !pause.is_zero())?;
    let meta = &pod.metadata;
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let message = format!(
        "back-off {} restarting failed container={} pod={}_{}({})",
        restart::span(pause),
        container.name,
        text(&meta.name),
        text(&meta.namespace),
        text(&meta.uid)
    );
    Some(("CrashLoopBackOff".into(), Some(message)))
}

fn waiting((reason, message): (String, Option<String>)) -> ContainerState {
    ContainerState {
        waiting: Some(ContainerStateWaiting { reason: Some(reason), message }),
        ..ContainerState::default()
    }
}

fn ended(seen: &Seen) -> ContainerState {
    let Phase::Exited { started_at, finished_at, code, oom } = seen.phase else {
        return ContainerState::default();
    };
    let never = code == 128 && started_at == finished_at;
    let reason = match (oom, code) {
        (false, _) if never => "StartError",
        (true, _) => "OOMKilled",
        (false, 0) => "Completed",
        (false, _) => "Error",
    };
    ContainerState {
        terminated: Some(ContainerStateTerminated {
            container_id: Some(format!("containerd://{}", seen.id)),
            exit_code: code,
            reason: Some(reason.into()),
            message: seen.message.clone().filter(|m| !m.is_empty()),
            started_at: time(if never { 0 } else { started_at }),
            finished_at: time(finished_at),
            signal: None,
        }),
        ..ContainerState::default()
    }
}

fn time(nanos: i64) -> Option<Time> {
    Timestamp::from_nanosecond(i128::from(nanos)).ok().map(|t| Time(whole(t)))
}
