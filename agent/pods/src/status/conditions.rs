//! A pod's conditions.

use super::whole;
use crate::{
    observed::{Mounted, Observed, Slot},
    resources::outdated,
    stage::{containers_of, initialized, next_init, sidecar},
};
use shared_api::{
    Time, Timestamp,
    core::{Pod, PodCondition, PodSpec},
};

/// The conditions that a node keeps.
pub(crate) const OURS: [&str; 7] = [
    "PodReadyToStartContainers",
    "Initialized",
    "Ready",
    "ContainersReady",
    "PodScheduled",
    PENDING,
    RESIZING,
];

/// Told only while it is so.
pub(crate) const PENDING: &str = "PodResizePending";

/// Told only while it is so.
const RESIZING: &str = "PodResizeInProgress";

/// What a condition says: its reason and message when it does not hold.
type Verdict = Result<Option<&'static str>, (&'static str, String)>;

/// This node's conditions, and everybody else's as they were.
pub(super) fn conditions(
    pod: &Pod,
    spec: &PodSpec,
    seen: &Observed,
    phase: &str,
    now: Timestamp,
) -> Vec<PodCondition> {
    let containers = containers_ready(spec, seen, phase);
    let gated = containers.clone().and_then(|_| gates(pod, spec));
    // A pod that is here has its node, whoever gave it.
    let ours = [network(spec, seen), init(spec, seen, phase), gated, containers, Ok(None)];
    let old: Vec<PodCondition> = pod.status.as_ref().and_then(|s| s.conditions.clone()).unwrap_or_default();
    let mut all: Vec<_> = OURS
        .iter()
        .zip(&ours)
        .map(|(name, verdict)| condition(pod, name, verdict, old.iter().find(|c| c.type_ == *name), now))
        .collect();
    if phase == "Running"
        && let Some(verdict) = resizing(spec, seen)
    {
        let mut told = condition(pod, RESIZING, &Ok(None), old.iter().find(|c| c.type_ == RESIZING), now);
        if let Err((reason, message)) = verdict {
            (told.reason, told.message) = (Some(reason.to_owned()), Some(message));
        }
        all.push(told);
    }
    if let Some(pending) = seen.pending.as_ref().filter(|_| phase == "Running") {
        let old = old.iter().find(|c| c.type_ == PENDING);
        let mut told = condition(pod, PENDING, &Ok(Some(pending.reason)), old, now);
        told.message = Some(pending.message.clone());
        all.push(told);
    }
    all.extend(old.into_iter().filter(|c| !OURS.contains(&c.type_.as_str())));
    all
}

fn condition(
    pod: &Pod,
    name: &str,
    verdict: &Verdict,
    old: Option<&PodCondition>,
    now: Timestamp,
) -> PodCondition {
    let (status, reason, message) = match verdict {
        Ok(reason) => ("True", reason.map(Into::into), None),
        Err((reason, message)) => (
            "False",
            Some((*reason).to_owned()).filter(|r| !r.is_empty()),
            Some(message.clone()).filter(|m| !m.is_empty()),
        ),
    };
    let same = old.filter(|o| o.status == status);
    PodCondition {
        type_: name.into(),
        status: status.into(),
        reason,
        message,
        last_probe_time: None,
        last_transition_time: same.and_then(|o| o.last_transition_time.clone()).or(Some(Time(whole(now)))),
        observed_generation: pod.metadata.generation,
    }
}

/// Whether containers are being given other resources; `Err` says what is in the way.
fn resizing(spec: &PodSpec, seen: &Observed) -> Option<Verdict> {
    let running = containers_of(spec).filter_map(|c| Some((c, seen.newest(&c.name)?)));
    let mut open = running.filter(|(c, s)| s.running() && outdated(spec, c, s));
    let (_, first) = open.next()?;
    let trouble = seen.troubles.get(&Slot::Resources(first.id.clone()));
    Some(trouble.map_or(Ok(None), |t| Err(("Error", t.message.clone()))))
}

fn network(spec: &PodSpec, seen: &Observed) -> Verdict {
    let there = seen.address.is_some() || (spec.host_network == Some(true) && seen.volumes == Mounted::Ready);
    if there { Ok(None) } else { Err(("", String::new())) }
}

fn init(spec: &PodSpec, seen: &Observed, phase: &str) -> Verdict {
    if phase == "Succeeded" {
        return Ok(Some("PodCompleted"));
    }
    if next_init(spec, seen).is_none() {
        return Ok(None);
    }
    let open = spec.init_containers.iter().flatten().filter(|c| !initialized(seen, c));
    let names: Vec<_> = open.map(|c| c.name.as_str()).collect();
    Err(("ContainersNotInitialized", format!("containers with incomplete status: [{}]", names.join(" "))))
}

fn containers_ready(spec: &PodSpec, seen: &Observed, phase: &str) -> Verdict {
    match phase {
        "Succeeded" => return Err(("PodCompleted", String::new())),
        "Failed" => return Err(("PodFailed", String::new())),
        _ => {}
    }
    let staying = spec.init_containers.iter().flatten().filter(|c| sidecar(c));
    let unready = staying.chain(&spec.containers).filter(|c| !seen.ready(c));
    let names: Vec<_> = unready.map(|c| c.name.as_str()).collect();
    if names.is_empty() {
        return Ok(None);
    }
    Err(("ContainersNotReady", format!("containers with unready status: [{}]", names.join(" "))))
}

/// Conditions that others keep and the pod waits for.
fn gates(pod: &Pod, spec: &PodSpec) -> Verdict {
    let conditions = pod.status.as_ref().and_then(|s| s.conditions.as_deref()).unwrap_or_default();
    let mut open = Vec::new();
    for gate in spec.readiness_gates.iter().flatten() {
        let name = &gate.condition_type;
        match conditions.iter().find(|c| c.type_ == *name) {
            None => {
                open.push(format!("corresponding condition of pod readiness gate {name:?} does not exist."));
            }
            Some(c) if c.status != "True" => {
                open.push(format!(
                    "the status of pod readiness gate {name:?} is not \"True\", but {}",
                    c.status
                ));
            }
            Some(_) => {}
        }
    }
    if open.is_empty() { Ok(None) } else { Err(("ReadinessGatesNotReady", open.join(", "))) }
}
