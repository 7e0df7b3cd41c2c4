//! What the author of a job may leave out.

use crate::apps::workload;
use k8s_openapi::api::batch::v1::JobSpec;

/// How often pods may fail before the job does.
const BACKOFF: i32 = 6;

pub(super) fn complete(spec: &mut JobSpec) {
    workload::complete(Some(&mut spec.template));
    if spec.completions.is_none() && spec.parallelism.is_none() {
        spec.completions = Some(1);
    }
    spec.parallelism.get_or_insert(1);
    // When each index has a limit of its own, all together have none.
    let limit = if spec.backoff_limit_per_index.is_some() { i32::MAX } else { BACKOFF };
    spec.backoff_limit.get_or_insert(limit);
    spec.completion_mode.get_or_insert_with(|| "NonIndexed".into());
    spec.suspend.get_or_insert(false);
    spec.manual_selector.get_or_insert(false);
    for rule in spec.pod_failure_policy.iter_mut().flat_map(|p| &mut p.rules) {
        for pattern in rule.on_pod_conditions.iter_mut().flatten() {
            if pattern.status.as_deref().unwrap_or_default().is_empty() {
                pattern.status = Some("True".into());
            }
        }
    }
    let replaced = if spec.pod_failure_policy.is_some() { "Failed" } else { "TerminatingOrFailed" };
    spec.pod_replacement_policy.get_or_insert_with(|| replaced.into());
}

#[cfg(test)]
mod tests {
    use crate::{batch::Job, core::testing::completed};
    use serde_json::{Value, json};

    fn spec(mut spec: Value) -> Value {
        spec["manualSelector"] = json!(true);
        spec["template"] = json!({});
        let mut whole = completed::<Job>(json!({"spec": spec}))["spec"].clone();
        for known in ["template", "manualSelector"] {
            whole.as_object_mut().unwrap().remove(known);
        }
        whole
    }

    #[test]
    fn the_shortest_job_becomes_whole() {
        assert_eq!(
            spec(json!({})),
            json!({"backoffLimit": 6, "completionMode": "NonIndexed", "completions": 1, "parallelism": 1,
                "podReplacementPolicy": "TerminatingOrFailed", "suspend": false})
        );
    }

    #[test]
    fn what_is_said_decides_the_rest() {
        assert_eq!(
            spec(json!({"parallelism": 3})).get("completions"),
            None,
            "a queue is done when one says so"
        );
        assert_eq!(spec(json!({"completions": 3}))["parallelism"], 1);
        assert_eq!(spec(json!({"backoffLimitPerIndex": 1}))["backoffLimit"], i32::MAX);
        let rule = json!({"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget"}]});
        let whole = spec(json!({"podFailurePolicy": {"rules": [rule]}}));
        assert_eq!(whole["podReplacementPolicy"], "Failed");
        assert_eq!(whole["podFailurePolicy"]["rules"][0]["onPodConditions"][0]["status"], "True");
    }
}
