//! What to do next about a pod.

use crate::{
    labels,
    observed::{Doing, Mounted, Observed, Seen, Slot},
    resources::{outdated, remade},
    restart::{self, policy},
    stage::{Stage, deadline, guests, leaving, sidecar, stage},
};
use agent_runtime::Phase;
use shared_api::{
    Timestamp,
    core::{Container, Pod, PodSpec},
};

/// One thing to do on the node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Make the pod's network.
    CreateSandbox,
    /// Make the pod's volumes.
    Mount,
    /// Fetch the image, make the container and start it.
    Start {
        /// Its name.
        name: String,
        /// How often it was made before.
        attempt: u32,
        /// How many before it ended quickly in a row.
        streak: u32,
    },
    /// End a container.
    Stop {
        /// Its id.
        id: String,
        /// Its name.
        name: String,
        /// Seconds it may take.
        grace: i64,
        /// Why.
        why: Why,
    },
    /// Give a running container what the pod now says it may use.
    Resize {
        /// Its id.
        id: String,
        /// Its name.
        name: String,
    },
    /// Remove a container that has ended.
    Remove {
        /// Its id.
        id: String,
    },
    /// Take away network and volumes.
    Release,
    /// Take away everything and tell the cluster that the pod is no more.
    Finish,
}

/// Why a container is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Its pod ends.
    Ending,
    /// It is not well.
    Unhealthy,
    /// It did not come up.
    NotStarted,
    /// It was asked for with another image.
    Changed,
}

/// Kubernetes' grace for a pod that does not say its own.
const GRACE: i64 = 30;
/// How long a failed pull is called that before it is called a back-off.
pub(crate) const FRESH_SECONDS: i64 = 3;

/// The steps that bring the node closer to what the pod asks for.
pub fn plan(pod: &Pod, seen: &Observed, now: Timestamp) -> Vec<Step> {
    let Some(spec) = &pod.spec else { return Vec::new() };
    match stage(pod, seen, now) {
        Stage::Preparing => prepare(spec, seen, now),
        Stage::Initializing(name) => {
            let init = spec.init_containers.iter().flatten();
            // Those that stay are tended from when their turn has come.
            init.filter(|c| c.name == name || (sidecar(c) && seen.newest(&c.name).is_some()))
                .flat_map(|c| tend(pod, spec, seen, c, now))
                .chain(host(pod, spec, seen, now))
                .collect()
        }
        Stage::Running => {
            let staying = spec.init_containers.iter().flatten().filter(|c| sidecar(c));
            let all = staying.chain(&spec.containers).flat_map(|c| tend(pod, spec, seen, c, now));
            all.chain(host(pod, spec, seen, now)).collect()
        }
        Stage::Ending => end(pod, spec, seen, now),
        Stage::Ended => {
            let held = seen.address.is_some() || seen.volumes != Mounted::Nothing;
            if held && seen.due(&Slot::Farewell, now) { vec![Step::Release] } else { Vec::new() }
        }
        Stage::Removing if seen.busy.is_empty() && seen.due(&Slot::Farewell, now) => vec![Step::Finish],
        Stage::Removing => Vec::new(),
    }
}

/// When to look again although nothing happens.
pub fn wake(pod: &Pod, seen: &Observed, now: Timestamp) -> Option<Timestamp> {
    let retries = seen.troubles.values().flat_map(|t| [t.retry_at, later(t.at, FRESH_SECONDS)]);
    let restarts = seen.containers.iter().filter_map(restart::at);
    retries.chain(restarts).chain(deadline(pod)).filter(|at| *at > now).min()
}

/// Seconds the pod's containers may take to end.
pub(crate) fn grace(pod: &Pod) -> i64 {
    let own = pod.spec.as_ref().and_then(|s| s.termination_grace_period_seconds);
    pod.metadata.deletion_grace_period_seconds.or(own).unwrap_or(GRACE).max(0)
}

/// `seconds` after `at`.
pub(crate) fn later(at: Timestamp, seconds: i64) -> Timestamp {
    Timestamp::from_second(at.as_second().saturating_add(seconds)).unwrap_or(Timestamp::MAX)
}

fn prepare(spec: &PodSpec, seen: &Observed, now: Timestamp) -> Vec<Step> {
    let mut steps = Vec::new();
    if spec.host_network != Some(true) && seen.address.is_none() && seen.due(&Slot::Sandbox, now) {
        steps.push(Step::CreateSandbox);
    }
    if seen.volumes != Mounted::Ready && seen.due(&Slot::Volumes, now) {
        steps.push(Step::Mount);
    }
    steps
}

/// What one container of a living pod needs.
fn tend(pod: &Pod, spec: &PodSpec, seen: &Observed, container: &Container, now: Timestamp) -> Vec<Step> {
    let name = container.name.as_str();
    if seen.doing(name).is_some() {
        return Vec::new();
    }
    let due = seen.due(&Slot::Container(name.into()), now);
    let start = |attempt, streak| Step::Start { name: name.into(), attempt, streak };
    let Some(newest) = seen.newest(name) else {
        return if due { vec![start(first_attempt(pod, name), 0)] } else { Vec::new() };
    };
    let step = match &newest.phase {
        // Left by a start that was cut short: made again, it is the same one.
        Phase::Created => due.then(|| start(newest.attempt, newest.streak)),
        Phase::Running { .. } => match unfit(spec, container, seen, newest) {
            Some(why) => Some(Step::Stop {
                id: newest.id.clone(),
                name: name.into(),
                grace: stop_grace(pod, container, why),
                why,
            }),
            None => (outdated(spec, container, newest) && seen.due(&Slot::Resources(newest.id.clone()), now))
                .then(|| Step::Resize { id: newest.id.clone(), name: name.into() }),
        },
        Phase::Exited { code, .. } => {
            let changed = newest.hash != labels::hash(container) || remade(spec, container, newest);
            let again = policy(spec, container).again(*code) || changed;
            let rested = changed || restart::at(newest).is_none_or(|at| at <= now);
            (again && rested && due).then(|| start(newest.attempt + 1, restart::streak(newest)))
        }
    };
    let kept = seen.previous(name).map(|p| p.attempt);
    let stale = seen.containers.iter().filter(|c| {
        c.name == name
            && !c.alive()
            && kept.is_some_and(|k| c.attempt < k)
            && seen.due(&Slot::Removal(c.id.clone()), now)
    });
    step.into_iter().chain(stale.map(|c| Step::Remove { id: c.id.clone() })).collect()
}

/// What the pod's guests need: each is let in once, and what was told of its stay is not told again.
fn host(pod: &Pod, spec: &PodSpec, seen: &Observed, now: Timestamp) -> Vec<Step> {
    let told =
        pod.status.as_ref().and_then(|s| s.ephemeral_container_statuses.as_deref()).unwrap_or_default();
    let stayed = |name: &str| told.iter().any(|s| s.name == name && s.container_id.is_some());
    guests(spec)
        .filter(|guest| seen.newest(&guest.name).is_some() || !stayed(&guest.name))
        .flat_map(|guest| tend(pod, spec, seen, &guest, now))
        .collect()
}

/// Why a running container has to be ended, if it has to.
fn unfit(spec: &PodSpec, container: &Container, seen: &Observed, newest: &Seen) -> Option<Why> {
    let health = seen.health(&newest.id);
    if newest.hash != labels::hash(container) || remade(spec, container, newest) {
        return Some(Why::Changed);
    }
    if container.startup_probe.is_some() && health.startup == Some(false) {
        return Some(Why::NotStarted);
    }
    (container.liveness_probe.is_some() && health.liveness == Some(false)).then_some(Why::Unhealthy)
}

/// The number of the first attempt when the runtime has none: what the cluster remembers counts on.
fn first_attempt(pod: &Pod, name: &str) -> u32 {
    let status = pod.status.as_ref();
    let mut all = status.into_iter().flat_map(|s| {
        s.container_statuses.iter().flatten().chain(s.init_container_statuses.iter().flatten())
    });
    let old = all.find(|s| s.name == name && s.container_id.is_some());
    old.map_or(0, |s| u32::try_from(s.restart_count).unwrap_or(0) + 1)
}

fn stop_grace(pod: &Pod, container: &Container, why: Why) -> i64 {
    let probe = match why {
        Why::Unhealthy => container.liveness_probe.as_ref(),
        Why::NotStarted => container.startup_probe.as_ref(),
        Why::Ending | Why::Changed => None,
    };
    probe.and_then(|p| p.termination_grace_period_seconds).unwrap_or_else(|| grace(pod))
}

/// Ends the containers; those that stay beside the others outlive them, last made first ended.
fn end(pod: &Pod, spec: &PodSpec, seen: &Observed, now: Timestamp) -> Vec<Step> {
    let staying: Vec<&str> =
        spec.init_containers.iter().flatten().filter(|c| sidecar(c)).map(|c| c.name.as_str()).collect();
    let alive: Vec<&Seen> = seen.containers.iter().filter(|c| c.alive()).collect();
    let (beside, proper): (Vec<&Seen>, Vec<&Seen>) =
        alive.into_iter().partition(|c| staying.contains(&c.name.as_str()));
    let next = if proper.is_empty() {
        let place = |c: &&Seen| staying.iter().position(|n| *n == c.name);
        beside.into_iter().max_by_key(place).into_iter().collect()
    } else {
        proper
    };
    let grace =
        if leaving(pod, seen) { grace(pod) } else { stop_grace(pod, &Container::default(), Why::Ending) };
    let step = |c: &Seen| match (&c.phase, seen.doing(&c.name)) {
        (_, Some(Doing::Making(_))) => None,
        // A second, shorter grace overrules the first.
        (_, Some(Doing::Stopping(given))) if *given <= grace => None,
        (Phase::Created, _) => {
            seen.due(&Slot::Removal(c.id.clone()), now).then(|| Step::Remove { id: c.id.clone() })
        }
        _ => seen.may_stop(&c.name, now).then(|| Step::Stop {
            id: c.id.clone(),
            name: c.name.clone(),
            grace,
            why: Why::Ending,
        }),
    };
    next.into_iter().filter_map(step).collect()
}

#[cfg(test)]
mod tests;
