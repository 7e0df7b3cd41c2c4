//! What pods use and ask for, and which of them are to be believed.

use super::Measure;
use crate::pod::phase;
use shared_api::{
    Amount, Timestamp,
    core::{Pod, PodCondition},
    metrics::PodMetrics,
};
use std::{collections::BTreeMap, sync::Arc};

/// Seconds after its start during which a pod may still be busy with becoming ready.
const BEGINNING: i64 = 300;
/// Seconds after its start within which a pod that is not ready never was.
const NEVER_READY: i64 = 30;

/// Of which resource, and of which container; of all of them when none is named.
#[derive(Debug, Clone, Copy)]
pub(super) struct Of<'a> {
    pub(super) resource: &'a str,
    pub(super) container: Option<&'a str>,
}

/// Pods by what is known of them; amounts are thousandths.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Group {
    /// What those use that are to be believed.
    pub(super) used: BTreeMap<String, i64>,
    pub(super) unready: Vec<String>,
    pub(super) missing: Vec<String>,
    /// Whether anything was measured at all.
    pub(super) measured: bool,
}

/// Tells pods apart.
pub(super) fn group(pods: &[Arc<Pod>], of: Of<'_>, measure: Option<&dyn Measure>, now: Timestamp) -> Group {
    let mut group = Group::default();
    for pod in pods {
        let name = pod.metadata.name.clone().unwrap_or_default();
        let metrics = measure.and_then(|m| m.uses(pod));
        let used = metrics.as_ref().and_then(|m| used(m, of));
        group.measured |= used.is_some();
        if pod.metadata.deletion_timestamp.is_some() || phase(pod) == "Failed" {
            continue;
        }
        if phase(pod) == "Pending" {
            group.unready.push(name);
            continue;
        }
        let (Some(used), Some(metrics)) = (used, metrics) else {
            group.missing.push(name);
            continue;
        };
        if of.resource == "cpu" && is_unready(pod, &metrics, now) {
            group.unready.push(name);
        } else {
            group.used.insert(name, used);
        }
    }
    group
}

/// What a pod uses; `None` when one of its containers does not say.
fn used(metrics: &PodMetrics, of: Of<'_>) -> Option<i64> {
    let mut containers =
        metrics.containers.iter().filter(|c| of.container.is_none_or(|name| c.name == name)).peekable();
    containers.peek()?;
    let amounts = containers.map(|c| c.usage.get(of.resource).map(Amount::of));
    amounts.sum::<Option<Amount>>().map(Amount::as_milli)
}

/// Whether what a pod uses says nothing about its work: it is busy with starting.
fn is_unready(pod: &Pod, metrics: &PodMetrics, now: Timestamp) -> bool {
    let conditions = pod.status.iter().flat_map(|s| s.conditions.iter().flatten());
    let ready: Option<&PodCondition> = conditions.into_iter().find(|c| c.type_ == "Ready");
    let started = pod.status.as_ref().and_then(|s| s.start_time.as_ref());
    let (Some(ready), Some(started)) = (ready, started) else { return true };
    let turned = ready.last_transition_time.as_ref().map_or(0, |t| t.0.as_second());
    let started = started.0.as_second();
    let not = ready.status == "False";
    if now.as_second() < started + BEGINNING {
        not || metrics.timestamp.0.as_second() < turned + seconds(&metrics.window)
    } else {
        not && turned < started + NEVER_READY
    }
}

/// `15.002s`, rounded.
fn seconds(window: &str) -> i64 {
    window.split(['.', 's']).next().and_then(|whole| whole.parse().ok()).unwrap_or(0)
}

/// What each pod asks for; why that cannot be said when one of their containers does not.
pub(super) fn requests(pods: &[Arc<Pod>], of: Of<'_>) -> Result<BTreeMap<String, i64>, String> {
    let asked = |pod: &Arc<Pod>| {
        let name = pod.metadata.name.clone().unwrap_or_default();
        let spec = pod.spec.as_ref();
        let sidecars = spec.iter().flat_map(|s| s.init_containers.iter().flatten());
        let sidecars = sidecars.filter(|c| c.restart_policy.as_deref() == Some("Always"));
        let containers: Vec<_> = spec.iter().flat_map(|s| &s.containers).chain(sidecars).collect();
        let mut meant =
            containers.into_iter().filter(|c| of.container.is_none_or(|n| c.name == n)).peekable();
        if let (Some(container), None) = (of.container, meant.peek()) {
            return Err(format!("container {container} not found in Pod {name}"));
        }
        let mut total = Amount::default();
        for container in meant {
            let requests = container.resources.as_ref().and_then(|r| r.requests.as_ref());
            let Some(amount) = requests.and_then(|r| r.get(of.resource)) else {
                let (resource, container) = (of.resource, &container.name);
                return Err(format!("missing request for {resource} in container {container} of Pod {name}"));
            };
            total += Amount::of(amount);
        }
        Ok((name, total.as_milli()))
    };
    pods.iter().map(asked).collect()
}
