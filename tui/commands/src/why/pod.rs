//! Why a pod does not run, or is not ready.

use super::{Known, Report, containers, happened, name_of, one_line, scheduling};
use shared_api::{
    Object, ago,
    core::{Pod, PodCondition},
};
use std::sync::Arc;

pub(super) fn why(object: &Object, pod: &Arc<Pod>, known: &Known<'_>) -> Report {
    let mut report = summary(pod, known);
    if is_unscheduled(pod) {
        scheduling::tell(pod, known, &mut report);
    }
    containers::tell(pod, known, &mut report);
    if let Some(event) = known.events(object).iter().find(|e| e.reason.as_deref() == Some("Unhealthy")) {
        let said = one_line(event.message.as_deref().unwrap_or_default());
        report.section("Probe", vec![said]);
    }
    report
}

/// The answer in one sentence, with what can be done about it.
pub(super) fn summary(pod: &Arc<Pod>, known: &Known<'_>) -> Report {
    let name = name_of(&pod.metadata);
    let phase = pod.status.as_ref().and_then(|s| s.phase.as_deref()).unwrap_or("Pending");
    if let Some(deleted) = &pod.metadata.deletion_timestamp {
        let held = pod.metadata.finalizers.iter().flatten().cloned().collect::<Vec<_>>();
        let grace = pod.metadata.deletion_grace_period_seconds.unwrap_or(0);
        let mut report = Report::answer(format!(
            "Pod {name} is ending: it was given {grace} s, until {} ({} ago)",
            deleted.0,
            ago(deleted.0, known.now())
        ));
        if !held.is_empty() {
            report.try_this(format!("it is held by finalizers: {}", held.join(", ")));
        }
        return report;
    }
    if is_unscheduled(pod) {
        let why = condition(pod, "PodScheduled").and_then(|c| c.message.clone());
        let why = why.unwrap_or_else(|| "the scheduler has not looked at it yet".into());
        return Report::answer(format!("Pod {name} has no node: {}", one_line(&why)));
    }
    let status = pod.status.as_ref();
    if phase == "Failed"
        && let Some(reason) = status.and_then(|s| s.reason.as_deref()).filter(|reason| !reason.is_empty())
    {
        let message = status.and_then(|s| s.message.as_deref()).unwrap_or_default();
        return Report::answer(format!("Pod {name} has failed: {reason}: {}", one_line(message)));
    }
    if let Some(report) = containers::trouble(pod, known) {
        return report;
    }
    let node = pod.spec.as_ref().and_then(|s| s.node_name.as_deref()).unwrap_or_default();
    match phase {
        "Succeeded" => Report::answer(format!("Pod {name} has done its work and ended")),
        "Failed" => {
            let why = status.and_then(|s| s.message.clone()).unwrap_or_default();
            Report::answer(format!("Pod {name} has failed: {}", one_line(&why)))
        }
        _ if is_ready(pod) => Report::answer(format!("Pod {name} is well: it runs on {node} and is ready")),
        "Running" => {
            let why = condition(pod, "Ready").and_then(|c| c.message.clone()).unwrap_or_default();
            Report::answer(format!("Pod {name} runs on {node} and is not ready: {}", one_line(&why)))
        }
        _ => {
            let reasons = ["FailedMount", "FailedCreatePodSandBox", "Failed"];
            match reasons.iter().find_map(|reason| happened(pod, known, reason)) {
                Some(why) => Report::answer(format!("Pod {name} cannot be started on {node}: {why}")),
                None => Report::answer(format!("Pod {name} is being started on {node}")),
            }
        }
    }
}

pub(super) fn is_ready(pod: &Pod) -> bool {
    pod.metadata.deletion_timestamp.is_none() && condition(pod, "Ready").is_some_and(|c| c.status == "True")
}

fn is_unscheduled(pod: &Pod) -> bool {
    pod.spec.as_ref().is_none_or(|s| s.node_name.as_deref().unwrap_or_default().is_empty())
}

fn condition<'a>(pod: &'a Pod, type_: &str) -> Option<&'a PodCondition> {
    let mut all = pod.status.iter().flat_map(|s| s.conditions.iter().flatten());
    all.find(|c| c.type_ == type_)
}
