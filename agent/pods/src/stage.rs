//! Where a pod is in its life on this node: derived from what is seen, never remembered.

use crate::{
    observed::{Mounted, Observed, Seen},
    restart::policy,
};
use shared_api::{
    Timestamp,
    core::{Container, Pod, PodSpec, guest},
};

/// Where a pod is in its life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// Network and volumes are made.
    Preparing,
    /// This init container is next.
    Initializing(String),
    /// Its containers run, or are brought to.
    Running,
    /// Its containers are ended.
    Ending,
    /// It has done its work, or failed; it is kept to be looked at.
    Ended,
    /// Nothing of it runs and nobody wants it: everything goes.
    Removing,
}

/// Where `pod` is, going by what is seen.
pub fn stage(pod: &Pod, seen: &Observed, now: Timestamp) -> Stage {
    let Some(spec) = &pod.spec else { return Stage::Removing };
    let quiet = !seen.containers.iter().any(Seen::alive)
        && !containers_of(spec).any(|c| seen.doing(&c.name).is_some())
        && !guests(spec).any(|c| seen.doing(&c.name).is_some());
    if leaving(pod, seen) {
        return if quiet { Stage::Removing } else { Stage::Ending };
    }
    if terminal(pod) || seen.refused || overdue(pod, now) || outcome(pod, seen).is_some() {
        return if quiet { Stage::Ended } else { Stage::Ending };
    }
    let networked = spec.host_network == Some(true) || seen.address.is_some();
    if !networked || seen.volumes != Mounted::Ready {
        return Stage::Preparing;
    }
    match next_init(spec, seen) {
        Some(init) => Stage::Initializing(init.name.clone()),
        None => Stage::Running,
    }
}

/// Whether nobody wants the pod any more.
pub(crate) fn leaving(pod: &Pod, seen: &Observed) -> bool {
    seen.gone || pod.metadata.deletion_timestamp.is_some()
}

/// Whether the cluster has noted that the pod has come to its end.
pub(crate) fn terminal(pod: &Pod) -> bool {
    let phase = pod.status.as_ref().and_then(|s| s.phase.as_deref());
    matches!(phase, Some("Succeeded" | "Failed"))
}

/// Whether the pod has been active for longer than it may.
pub(crate) fn overdue(pod: &Pod, now: Timestamp) -> bool {
    deadline(pod).is_some_and(|at| at <= now)
}

/// Until when the pod may be active.
pub(crate) fn deadline(pod: &Pod) -> Option<Timestamp> {
    let span = pod.spec.as_ref()?.active_deadline_seconds?;
    let began = pod.status.as_ref()?.start_time.as_ref()?.0;
    Timestamp::from_second(began.as_second().saturating_add(span)).ok()
}

/// Whether the pod's work has come to an end by itself: `Some(true)` when it succeeded.
pub(crate) fn outcome(pod: &Pod, seen: &Observed) -> Option<bool> {
    let spec = pod.spec.as_ref()?;
    // An init container that may not run again takes the pod with it.
    let failed = |c: &&Container| !sidecar(c) && ended_for_good(spec, seen, c).is_some_and(|code| code != 0);
    if spec.init_containers.iter().flatten().any(|c| failed(&c)) && !begun(spec, seen) {
        return Some(false);
    }
    let codes: Option<Vec<_>> = spec.containers.iter().map(|c| ended_for_good(spec, seen, c)).collect();
    codes.filter(|codes| !codes.is_empty()).map(|codes| codes.iter().all(|code| *code == 0))
}

/// Exit status of a container that ended and is not made again.
fn ended_for_good(spec: &PodSpec, seen: &Observed, container: &Container) -> Option<i32> {
    let code = seen.newest(&container.name)?.code()?;
    (!policy(spec, container).again(code)).then_some(code)
}

/// The first init container that has not done its part.
pub(crate) fn next_init<'a>(spec: &'a PodSpec, seen: &Observed) -> Option<&'a Container> {
    // Ended init containers may be cleaned away; a container of the pod proper shows that they were here.
    if begun(spec, seen) {
        return None;
    }
    spec.init_containers.iter().flatten().find(|c| !initialized(seen, c))
}

/// Whether an init container has done its part: ended well or, if it is to stay, come up.
pub(crate) fn initialized(seen: &Observed, container: &Container) -> bool {
    if sidecar(container) {
        return seen.started(container);
    }
    seen.newest(&container.name).and_then(Seen::code) == Some(0)
}

/// Whether any container of the pod proper was made.
pub(crate) fn begun(spec: &PodSpec, seen: &Observed) -> bool {
    spec.containers.iter().any(|c| seen.newest(&c.name).is_some())
}

/// An init container that stays beside the others.
pub(crate) fn sidecar(container: &Container) -> bool {
    container.restart_policy.as_deref() == Some("Always")
}

/// Init containers, then the others.
pub(crate) fn containers_of(spec: &PodSpec) -> impl Iterator<Item = &Container> {
    spec.init_containers.iter().flatten().chain(&spec.containers)
}

/// Guests: let in while the pod runs, beside all others. They run once.
pub(crate) fn guests(spec: &PodSpec) -> impl Iterator<Item = Container> + '_ {
    spec.ephemeral_containers.iter().flatten().map(guest)
}

/// The container of this name, whatever its part in the pod.
pub(crate) fn container_of(spec: &PodSpec, name: &str) -> Option<Container> {
    containers_of(spec).find(|c| c.name == name).cloned().or_else(|| guests(spec).find(|c| c.name == name))
}
