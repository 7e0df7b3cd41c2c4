//! What is to be told of a hollow pod, and when there is more to tell. Pure: it follows from the pod, whose
//! status says how far it came, and the time.

mod conditions;
mod container;
mod restarted;
mod told;

pub(crate) use restarted::restarted;
pub(crate) use told::{Told, told};

use crate::{
    life::{Life, life},
    node::whole,
};
use container::{Then, begun};
use shared_api::{
    Time, Timestamp,
    core::{
        Container, ContainerState, ContainerStatus, EphemeralContainer, HostIP, Pod, PodIP, PodSpec,
        PodStatus, resources::Class,
    },
};

/// Where a pod is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) host: String,
    /// The address that is kept for it.
    pub(crate) address: String,
    /// Seconds that its containers take to begin.
    pub(crate) takes: i64,
}

/// What is to be done about a pod.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Next {
    /// The cluster is to be told this.
    Tell(Box<PodStatus>),
    /// Nothing before then.
    Wait(Timestamp),
    /// It ended as it was asked to.
    Remove,
    /// Nothing, until something else happens to it.
    Rest,
}

/// Seconds that a hollow container takes to heed that it is to end.
const HEEDS: i64 = 2;

/// What is to be done about a pod at this moment.
pub(crate) fn next(pod: &Pod, place: &Place, now: Timestamp) -> Next {
    let Some(spec) = &pod.spec else { return Next::Rest };
    if let Some(at) = &pod.metadata.deletion_timestamp {
        let grace = pod.metadata.deletion_grace_period_seconds.unwrap_or(0);
        if grace == 0 {
            // Others keep it with their finalizers.
            return Next::Rest;
        }
        let takes = if place.takes == 0 { 0 } else { HEEDS.min(grace) };
        let ends = at.0.as_second() - grace + takes;
        return if now.as_second() >= ends || terminal(pod) { Next::Remove } else { wait(ends, now) };
    }
    if terminal(pod) {
        return Next::Rest;
    }
    let (status, then) = status(pod, spec, place, now);
    if pod.status.as_ref() != Some(&status) {
        return Next::Tell(Box::new(status));
    }
    then.map_or(Next::Rest, |at| wait(at, now))
}

fn wait(second: i64, now: Timestamp) -> Next {
    Timestamp::from_second(second).map_or(Next::Rest, |at| Next::Wait(at.max(whole(now))))
}

fn terminal(pod: &Pod) -> bool {
    let phase = pod.status.as_ref().and_then(|s| s.phase.as_deref());
    matches!(phase, Some("Succeeded" | "Failed"))
}

/// The status, and the second at which there is more to tell.
fn status(pod: &Pod, spec: &PodSpec, place: &Place, now: Timestamp) -> (PodStatus, Option<i64>) {
    let old = pod.status.clone().unwrap_or_default();
    let start = old.start_time.clone().unwrap_or(Time(whole(now)));
    let at = begun(&start, place.takes);
    let policy = spec.restart_policy.as_deref().unwrap_or("Always");
    let remembered = |name: &str| old.container_statuses.iter().flatten().find(|s| s.name == name);
    let (mut all, mut then) = (Vec::new(), None::<i64>);
    for one in &spec.containers {
        let life = life(pod, one);
        let (status, more) = container::next(
            one,
            remembered(&one.name),
            &Then { at, life, policy, at_once: place.takes == 0 },
            pod,
            now,
        );
        all.push(status);
        then = then.into_iter().chain(more).min();
    }
    let inits: Vec<_> =
        spec.init_containers.iter().flatten().map(|c| container::prepared(c, pod, at, now)).collect();
    let guests = guests(pod, spec, &old, at, now);
    let phase = phase(&all);
    let begun = now.as_second() >= at;
    let address = match spec.host_network {
        Some(true) => Some(place.host.clone()),
        _ => begun.then(|| old.pod_ip.clone().unwrap_or_else(|| place.address.clone())),
    };
    let conditions = conditions::conditions(pod, &old, &all, phase, begun, now);
    let told = PodStatus {
        phase: Some(phase.into()),
        conditions: Some(conditions),
        container_statuses: Some(all),
        init_container_statuses: (!inits.is_empty()).then_some(inits),
        ephemeral_container_statuses: (!guests.is_empty()).then_some(guests),
        host_ip: Some(place.host.clone()),
        host_ips: Some(vec![HostIP { ip: place.host.clone() }]),
        pod_ips: address.clone().map(|ip| vec![PodIP { ip }]),
        pod_ip: address,
        start_time: Some(start),
        qos_class: old.qos_class.clone().or_else(|| Some(Class::of(spec).as_str().into())),
        observed_generation: pod.metadata.generation,
        ..old
    };
    (told, then)
}

/// Guests run from when they come, and are never ready.
fn guests(pod: &Pod, spec: &PodSpec, old: &PodStatus, at: i64, now: Timestamp) -> Vec<ContainerStatus> {
    let before = |name: &str| old.ephemeral_container_statuses.iter().flatten().find(|s| s.name == name);
    let then = Then { at, life: Life::Unready, policy: "Never", at_once: true };
    let all = spec.ephemeral_containers.iter().flatten().map(guest);
    all.map(|one| container::next(&one, before(&one.name), &then, pod, now).0).collect()
}

/// A guest as a container like others.
pub(crate) fn guest(guest: &EphemeralContainer) -> Container {
    let (name, image) = (guest.name.clone(), guest.image.clone());
    Container {
        name,
        image,
        command: guest.command.clone(),
        stdin: guest.stdin,
        tty: guest.tty,
        ..Container::default()
    }
}

/// The pod's phase, by kubelet's rules.
fn phase(all: &[ContainerStatus]) -> &'static str {
    let state = |s: &ContainerStatus| s.state.clone().unwrap_or_default();
    let never = |s: &ContainerStatus| state(s).waiting.is_some() && s.last_state.is_none();
    if all.iter().any(never) {
        return "Pending";
    }
    let code = |s: &ContainerStatus| match state(s) {
        ContainerState { terminated: Some(end), .. } => Some(end.exit_code),
        _ => None,
    };
    match all.iter().map(code).collect::<Option<Vec<_>>>() {
        None => "Running",
        Some(codes) if codes.iter().all(|code| *code == 0) => "Succeeded",
        Some(_) => "Failed",
    }
}

#[cfg(test)]
mod tests;
