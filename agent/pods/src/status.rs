//! What the cluster is told about a pod.

mod conditions;
mod containers;

pub(crate) use conditions::{OURS, PENDING};

use crate::{
    admission,
    observed::{Observed, Seen},
    restart::{Policy, policy},
    stage::{begun, guests, leaving, next_init, outcome, overdue, sidecar, terminal},
};
use shared_api::{
    Time, Timestamp,
    core::{HostIP, Pod, PodIP, PodSpec, PodStatus, resources::Class},
};

/// Kubernetes' words for a pod whose time is over.
pub(crate) const OVERDUE: &str = "Pod was active on the node longer than the specified deadline";

/// What a node knows of itself that its pods tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host<'a> {
    /// The node's address.
    pub ip: &'a str,
}

/// The pod's status as kubelet would report it.
pub fn status(pod: &Pod, seen: &Observed, host: &Host<'_>, now: Timestamp) -> PodStatus {
    let old = pod.status.clone().unwrap_or_default();
    let Some(spec) = &pod.spec else { return old };
    let address = match (spec.host_network, &seen.address) {
        (Some(true), _) => Some(host.ip.to_owned()),
        (_, Some(address)) => Some(address.clone()),
        // A pod that has ended keeps the address that it had.
        (_, None) => old.pod_ip.clone(),
    };
    let phase = phase(pod, spec, seen, now);
    let (reason, message) = if overdue(pod, now) && phase == "Failed" {
        (Some("DeadlineExceeded".into()), Some(OVERDUE.into()))
    } else if seen.refused {
        (Some(admission::REASON.into()), Some(admission::MESSAGE.into()))
    } else {
        (old.reason.clone(), old.message.clone())
    };
    let inits: Vec<_> = spec
        .init_containers
        .iter()
        .flatten()
        .map(|c| containers::status(pod, spec, seen, c, true, now))
        .collect();
    let guests: Vec<_> = guests(spec).map(|c| containers::guest(pod, spec, seen, &c, now)).collect();
    let conditions = conditions::conditions(pod, spec, seen, phase, now);
    PodStatus {
        phase: Some(phase.into()),
        conditions: Some(conditions),
        // Of a pod that was never begun there is nothing to say.
        container_statuses: (reason.as_deref() != Some(admission::REASON)).then(|| {
            spec.containers.iter().map(|c| containers::status(pod, spec, seen, c, false, now)).collect()
        }),
        init_container_statuses: (!inits.is_empty()).then_some(inits),
        ephemeral_container_statuses: (!guests.is_empty()).then_some(guests),
        host_ip: Some(host.ip.into()),
        host_ips: Some(vec![HostIP { ip: host.ip.into() }]),
        pod_ips: address.clone().map(|ip| vec![PodIP { ip }]),
        pod_ip: address,
        start_time: old.start_time.clone().or(Some(Time(whole(now)))),
        qos_class: old.qos_class.clone().or_else(|| Some(Class::of(spec).as_str().into())),
        observed_generation: pod.metadata.generation,
        reason,
        message,
        ..old
    }
}

/// The pod's phase, by kubelet's rules.
fn phase(pod: &Pod, spec: &PodSpec, seen: &Observed, now: Timestamp) -> &'static str {
    if terminal(pod) {
        let failed = pod.status.as_ref().is_some_and(|s| s.phase.as_deref() == Some("Failed"));
        return if failed { "Failed" } else { "Succeeded" };
    }
    let alive = seen.containers.iter().any(Seen::alive);
    if (seen.refused || overdue(pod, now)) && !alive {
        return "Failed";
    }
    if let Some(succeeded) = outcome(pod, seen).filter(|_| !alive) {
        return if succeeded { "Succeeded" } else { "Failed" };
    }
    if leaving(pod, seen) && !alive && !seen.busy.keys().any(|s| matches!(s, crate::Slot::Container(_))) {
        let fine = begun(spec, seen) && spec.containers.iter().all(|c| code(seen, &c.name) == Some(0));
        return if fine { "Succeeded" } else { "Failed" };
    }
    if next_init(spec, seen).is_some()
        || !spec.containers.iter().all(|c| seen.newest(&c.name).is_some_and(made))
    {
        return "Pending";
    }
    "Running"
}

/// Whether a container got as far as running.
fn made(seen: &Seen) -> bool {
    seen.attempt > 0 || seen.running() || seen.code().is_some()
}

fn code(seen: &Observed, name: &str) -> Option<i32> {
    seen.newest(name).and_then(Seen::code)
}

/// Kubernetes' times have no fractions.
pub(crate) fn whole(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

/// Whether the container may be made again when it ends now.
pub(crate) fn restarts(
    pod: &Pod,
    spec: &PodSpec,
    seen: &Observed,
    container: &shared_api::core::Container,
    now: Timestamp,
) -> bool {
    let policy = policy(spec, container);
    let code = code(seen, &container.name).unwrap_or(0);
    // One that only prepares has done so for good once others run.
    let passed = !sidecar(container)
        && spec.init_containers.iter().flatten().any(|c| c.name == container.name)
        && begun(spec, seen);
    let over = leaving(pod, seen) || terminal(pod) || overdue(pod, now) || outcome(pod, seen).is_some();
    policy != Policy::Never && policy.again(code) && !over && !passed
}

#[cfg(test)]
mod tests;
