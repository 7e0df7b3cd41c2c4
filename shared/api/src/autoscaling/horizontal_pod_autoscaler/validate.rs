//! What is wrong with an autoscaler.

use super::metric;
use crate::{Amount, Invalid, core::pod::validate::at_least, name};
use k8s_openapi::api::autoscaling::v2::{
    CrossVersionObjectReference, HPAScalingPolicy, HPAScalingRules, HorizontalPodAutoscalerSpec,
    HorizontalPodAutoscalerStatus,
};

const PERIOD_MAX: i32 = 1800;
const WINDOW_MAX: i32 = 3600;

pub(super) fn valid(spec: &HorizontalPodAutoscalerSpec, invalid: &mut Invalid) {
    if let Some(least) = spec.min_replicas.filter(|n| *n < 1) {
        invalid.value("spec.minReplicas", least, "must be greater than or equal to 1");
    }
    if spec.max_replicas < 1 {
        invalid.value("spec.maxReplicas", spec.max_replicas, "must be greater than 0");
    }
    if spec.min_replicas.is_some_and(|least| spec.max_replicas < least) {
        let why = "must be greater than or equal to `minReplicas`";
        invalid.value("spec.maxReplicas", spec.max_replicas, why);
    }
    valid_reference(&spec.scale_target_ref, "spec.scaleTargetRef", invalid);
    for (at, one) in spec.metrics.iter().flatten().enumerate() {
        metric::valid(one, &format!("spec.metrics[{at}]"), invalid);
    }
    if let Some(behavior) = &spec.behavior {
        for (field, rules) in [("scaleUp", &behavior.scale_up), ("scaleDown", &behavior.scale_down)] {
            if let Some(rules) = rules {
                valid_rules(rules, &format!("spec.behavior.{field}"), invalid);
            }
        }
    }
}

pub(super) fn valid_status(status: &HorizontalPodAutoscalerStatus, invalid: &mut Invalid) {
    at_least(0, status.current_replicas, "status.currentReplicas".into(), invalid);
    at_least(0, Some(status.desired_replicas), "status.desiredReplicas".into(), invalid);
}

/// Records what is wrong with the name of another object.
pub(super) fn valid_reference(reference: &CrossVersionObjectReference, path: &str, invalid: &mut Invalid) {
    for (field, text) in [("kind", &reference.kind), ("name", &reference.name)] {
        let field = format!("{path}.{field}");
        if text.is_empty() {
            invalid.required(field, "");
        } else if let Some(why) = name::path_segment(text) {
            invalid.value(field, text, &why);
        }
    }
}

fn valid_rules(rules: &HPAScalingRules, path: &str, invalid: &mut Invalid) {
    let field = format!("{path}.stabilizationWindowSeconds");
    match rules.stabilization_window_seconds {
        Some(seconds @ ..0) => invalid.value(field, seconds, "must be greater than or equal to zero"),
        Some(seconds) if seconds > WINDOW_MAX => {
            invalid.value(field, seconds, &format!("must be less than or equal to {WINDOW_MAX}"));
        }
        _ => {}
    }
    let supported = ["Disabled", "Max", "Min"];
    if let Some(policy) = rules.select_policy.as_deref().filter(|p| !supported.contains(p)) {
        invalid.unsupported(format!("{path}.selectPolicy"), policy, &supported);
    }
    if let Some(tolerance) = &rules.tolerance
        && Amount::parse(&tolerance.0).is_ok_and(|a| a < Amount::default())
    {
        let why = "must be greater than or equal to 0";
        invalid.value(format!("{path}.tolerance"), &tolerance.0, why);
    }
    let policies = rules.policies.as_deref().unwrap_or_default();
    if policies.is_empty() {
        invalid.required(format!("{path}.policies"), "must specify at least one Policy");
    }
    for (at, policy) in policies.iter().enumerate() {
        valid_policy(policy, &format!("{path}.policies[{at}]"), invalid);
    }
}

fn valid_policy(policy: &HPAScalingPolicy, path: &str, invalid: &mut Invalid) {
    if !matches!(policy.type_.as_str(), "Pods" | "Percent") {
        invalid.unsupported(format!("{path}.type"), &policy.type_, &["Percent", "Pods"]);
    }
    for (field, number) in [("value", policy.value), ("periodSeconds", policy.period_seconds)] {
        if number <= 0 {
            invalid.value(format!("{path}.{field}"), number, "must be greater than zero");
        }
    }
    if policy.period_seconds > PERIOD_MAX {
        let why = format!("must be less than or equal to {PERIOD_MAX}");
        invalid.value(format!("{path}.periodSeconds"), policy.period_seconds, &why);
    }
}

#[cfg(test)]
mod tests {
    use crate::{autoscaling::HorizontalPodAutoscaler, core::testing::findings};
    use serde_json::{Value, json};

    fn check(more: &Value, expected: &[&str]) {
        let mut spec = json!({"scaleTargetRef": {"kind": "Deployment", "name": "web"}, "maxReplicas": 3});
        spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        assert_eq!(findings::<HorizontalPodAutoscaler>(json!({"spec": spec})), expected);
    }

    #[test]
    fn each_finding_names_its_field() {
        check(&json!({}), &[]);
        check(
            &json!({"minReplicas": 0, "maxReplicas": 0}),
            &[
                "spec.minReplicas: Invalid value: 0: must be greater than or equal to 1",
                "spec.maxReplicas: Invalid value: 0: must be greater than 0",
            ],
        );
        check(
            &json!({"minReplicas": 4}),
            &["spec.maxReplicas: Invalid value: 3: must be greater than or equal to `minReplicas`"],
        );
        check(
            &json!({"scaleTargetRef": {"kind": "", "name": "a/b"}}),
            &[
                "spec.scaleTargetRef.kind: Required value",
                "spec.scaleTargetRef.name: Invalid value: \"a/b\": may not contain '/'",
            ],
        );
    }

    #[test]
    fn behavior_keeps_within_bounds() {
        let path = "spec.behavior.scaleUp";
        let policy = json!({"type": "Nodes", "value": 0, "periodSeconds": 1801});
        check(
            &json!({"behavior": {"scaleUp": {"stabilizationWindowSeconds": 3601, "selectPolicy": "Any", "policies": [policy]}}}),
            &[
                &format!(
                    "{path}.stabilizationWindowSeconds: Invalid value: 3601: must be less than or equal to 3600"
                ),
                &format!(
                    "{path}.selectPolicy: Unsupported value: \"Any\": supported values: \"Disabled\", \"Max\", \"Min\""
                ),
                &format!(
                    "{path}.policies[0].type: Unsupported value: \"Nodes\": supported values: \"Percent\", \"Pods\""
                ),
                &format!("{path}.policies[0].value: Invalid value: 0: must be greater than zero"),
                &format!(
                    "{path}.policies[0].periodSeconds: Invalid value: 1801: must be less than or equal to 1800"
                ),
            ],
        );
        check(
            &json!({"behavior": {"scaleUp": {"policies": []}}}),
            &[&format!("{path}.policies: Required value: must specify at least one Policy")],
        );
    }
}
