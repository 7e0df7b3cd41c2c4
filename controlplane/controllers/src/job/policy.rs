//! What a failed pod means: the first rule of the job's policy that it matches says so.

use super::Scene;
use shared_api::{
    batch::{
        PodFailurePolicyOnExitCodesRequirement, PodFailurePolicyOnPodConditionsPattern, PodFailurePolicyRule,
    },
    core::{ContainerStatus, Pod, PodCondition},
};

/// What is to be done about a failed pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Action {
    /// It counts, as it does when no rule matches.
    Count,
    /// It does not count.
    Ignore,
    /// Its index failed, whatever its limit.
    FailIndex,
    /// The whole job failed, for this reason.
    FailJob(String),
}

/// What the job's policy says of a failed pod.
pub(super) fn action(scene: &Scene<'_>, pod: &Pod) -> Action {
    let rules = scene.spec.pod_failure_policy.iter().flat_map(|policy| &policy.rules).enumerate();
    for (at, rule) in rules {
        let Some(why) = matched(rule, pod) else { continue };
        match rule.action.as_str() {
            "Ignore" => return Action::Ignore,
            "FailIndex" => return Action::FailIndex,
            "FailJob" => {
                return Action::FailJob(format!("{why} matching FailJob rule at index {at}"));
            }
            "Count" => return Action::Count,
            // From a newer version of Kubernetes: what is not known is passed over.
            _ => {}
        }
    }
    Action::Count
}

/// How a rule matches a pod, when it does.
fn matched(rule: &PodFailurePolicyRule, pod: &Pod) -> Option<String> {
    let meta = &pod.metadata;
    let name = format!(
        "{}/{}",
        meta.namespace.as_deref().unwrap_or_default(),
        meta.name.as_deref().unwrap_or_default()
    );
    if let Some(codes) = &rule.on_exit_codes {
        let (container, code) = exited(codes, pod)?;
        return Some(format!("Container {container} for pod {name} failed with exit code {code}"));
    }
    let patterns = rule.on_pod_conditions.as_deref().unwrap_or_default();
    let condition = conditions(pod).find(|c| patterns.iter().any(|pattern| is(c, pattern)))?;
    Some(format!("Pod {name} has condition {}", condition.type_))
}

/// The first container that ended as the requirement says.
fn exited<'a>(wanted: &PodFailurePolicyOnExitCodesRequirement, pod: &'a Pod) -> Option<(&'a str, i32)> {
    containers(pod).find_map(|container| {
        let code = container.state.as_ref()?.terminated.as_ref()?.exit_code;
        let meant = wanted.container_name.as_ref().is_none_or(|name| *name == container.name);
        let listed = wanted.values.contains(&code) == (wanted.operator == "In");
        (meant && code != 0 && listed).then_some((container.name.as_str(), code))
    })
}

fn containers(pod: &Pod) -> impl Iterator<Item = &ContainerStatus> {
    let status = pod.status.iter();
    status
        .flat_map(|s| s.container_statuses.iter().flatten().chain(s.init_container_statuses.iter().flatten()))
}

fn conditions(pod: &Pod) -> impl Iterator<Item = &PodCondition> {
    pod.status.iter().flat_map(|s| s.conditions.iter().flatten())
}

fn is(condition: &PodCondition, pattern: &PodFailurePolicyOnPodConditionsPattern) -> bool {
    condition.type_ == pattern.type_ && condition.status == pattern.status.as_deref().unwrap_or("True")
}
