//! What a pod takes of a quota.

use super::Usage;
use crate::{
    Amount, Quantity,
    core::{Container, Pod, PodSpec, ScopedResourceSelectorRequirement, resources::Class},
};
use std::collections::{BTreeMap, BTreeSet};

/// What every container must say something of, when a quota limits it.
const DEMANDED: &[&str] =
    &["cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"];

type Amounts = BTreeMap<String, Amount>;

/// What the pod takes; one that is over only still is there.
pub(super) fn usage(pod: &Pod) -> Usage {
    let one = Amount::whole(1);
    let mut usage = Usage::from([("count/pods".to_owned(), one)]);
    let phase = pod.status.as_ref().and_then(|s| s.phase.as_deref());
    if matches!(phase, Some("Succeeded" | "Failed")) {
        return usage;
    }
    usage.insert("pods".into(), one);
    let Some(spec) = &pod.spec else { return usage };
    for (resource, amount) in total(spec, requests) {
        if is_native(&resource) {
            usage.insert(resource.clone(), amount);
        }
        usage.insert(format!("requests.{resource}"), amount);
    }
    for (resource, amount) in total(spec, limits).into_iter().filter(|(r, _)| is_native(r)) {
        usage.insert(format!("limits.{resource}"), amount);
    }
    usage
}

fn is_native(resource: &str) -> bool {
    matches!(resource, "cpu" | "memory" | "ephemeral-storage") || resource.starts_with("hugepages-")
}

fn requests(one: &Container) -> Option<&BTreeMap<String, Quantity>> {
    one.resources.as_ref()?.requests.as_ref()
}

fn limits(one: &Container) -> Option<&BTreeMap<String, Quantity>> {
    one.resources.as_ref()?.limits.as_ref()
}

/// What the pod asks for, all of it.
pub fn requested(spec: &PodSpec) -> Usage {
    total(spec, requests)
}

/// What the pod may use, as far as that is limited.
pub fn limited(spec: &PodSpec) -> Usage {
    total(spec, limits)
}

/// What all containers have together, or what one has that runs before the rest, if that is more.
fn total(spec: &PodSpec, list: fn(&Container) -> Option<&BTreeMap<String, Quantity>>) -> Amounts {
    let mut sum = Amounts::new();
    let add = |sum: &mut Amounts, list: Option<&BTreeMap<String, Quantity>>| {
        for (resource, amount) in list.into_iter().flatten() {
            *sum.entry(resource.clone()).or_default() += Amount::of(amount);
        }
    };
    for one in &spec.containers {
        add(&mut sum, list(one));
    }
    // A sidecar stays; whatever starts after it runs beside it.
    let (mut beside, mut most) = (Amounts::new(), Amounts::new());
    for one in spec.init_containers.iter().flatten() {
        let mut now = beside.clone();
        add(&mut now, list(one));
        for (resource, amount) in &now {
            let peak = most.entry(resource.clone()).or_default();
            *peak = (*peak).max(*amount);
        }
        if one.restart_policy.as_deref() == Some("Always") {
            beside = now;
        }
    }
    for (resource, amount) in beside {
        *sum.entry(resource).or_default() += amount;
    }
    for (resource, amount) in most {
        let found = sum.entry(resource).or_default();
        *found = (*found).max(amount);
    }
    let over = spec.overhead.as_ref();
    if over.is_some() {
        add(&mut sum, over);
    }
    sum
}

/// What a quota limits and containers of the pod say nothing of: `limits.cpu for: a,b; memory for: b`.
pub fn missing<'a>(spec: &PodSpec, limited: impl Iterator<Item = &'a str>) -> Option<String> {
    let demanded: BTreeSet<_> = limited.filter(|l| DEMANDED.contains(l)).collect();
    let said = |one: &Container, what: &str| match what.split_once('.') {
        Some(("limits", resource)) => limits(one).is_some_and(|l| l.contains_key(resource)),
        Some((_, resource)) => requests(one).is_some_and(|l| l.contains_key(resource)),
        None => requests(one).is_some_and(|l| l.contains_key(what)),
    };
    let all = || spec.containers.iter().chain(spec.init_containers.iter().flatten());
    let silent = |what: &&str| {
        let names: BTreeSet<_> = all().filter(|c| !said(c, what)).map(|c| c.name.as_str()).collect();
        let names = names.into_iter().collect::<Vec<_>>().join(",");
        (!names.is_empty()).then(|| format!("{what} for: {names}"))
    };
    let found: Vec<_> = demanded.iter().filter_map(silent).collect();
    (!found.is_empty()).then(|| found.join("; "))
}

/// Whether a scope means the pod.
pub(super) fn within(scope: &ScopedResourceSelectorRequirement, pod: &Pod) -> bool {
    let Some(spec) = &pod.spec else { return false };
    let ends = spec.active_deadline_seconds.is_some_and(|s| s >= 0);
    match scope.scope_name.as_str() {
        "Terminating" => ends,
        "NotTerminating" => !ends,
        "BestEffort" => Class::of(spec) == Class::BestEffort,
        "NotBestEffort" => Class::of(spec) != Class::BestEffort,
        "PriorityClass" => super::selects(scope, spec.priority_class_name.as_deref().unwrap_or_default()),
        "CrossNamespacePodAffinity" => looks_abroad(spec),
        _ => false,
    }
}

/// Whether the pod wants to be near, or away from, pods of other namespaces.
fn looks_abroad(spec: &PodSpec) -> bool {
    let Ok(affinity) = serde_json::to_value(&spec.affinity) else { return false };
    let terms = ["podAffinity", "podAntiAffinity"].into_iter().flat_map(|way| {
        let required = affinity[way]["requiredDuringSchedulingIgnoredDuringExecution"].as_array().cloned();
        let preferred = affinity[way]["preferredDuringSchedulingIgnoredDuringExecution"].as_array().cloned();
        let preferred = preferred.into_iter().flatten().map(|p| p["podAffinityTerm"].clone());
        required.into_iter().flatten().chain(preferred).collect::<Vec<_>>()
    });
    let named = |term: &serde_json::Value| term["namespaces"].as_array().is_some_and(|n| !n.is_empty());
    terms.into_iter().any(|term| named(&term) || !term["namespaceSelector"].is_null())
}
