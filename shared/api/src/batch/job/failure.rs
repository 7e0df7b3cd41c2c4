//! What is wrong with the rules by which failed pods are judged.

use crate::{Invalid, name};
use k8s_openapi::api::batch::v1::{
    JobSpec, PodFailurePolicyOnExitCodesRequirement, PodFailurePolicyOnPodConditionsPattern,
    PodFailurePolicyRule,
};
use std::collections::BTreeSet;

const RULES_MAX: usize = 20;
const CODES_MAX: usize = 255;
const PATTERNS_MAX: usize = 20;
const ACTIONS: &[&str] = &["Count", "FailIndex", "FailJob", "Ignore"];
const OPERATORS: &[&str] = &["In", "NotIn"];
const STATUSES: &[&str] = &["False", "True", "Unknown"];

pub(super) fn valid(spec: &JobSpec, path: &str, invalid: &mut Invalid) {
    let Some(policy) = &spec.pod_failure_policy else { return };
    if policy.rules.len() > RULES_MAX {
        invalid.too_many(format!("{path}.rules"), policy.rules.len(), RULES_MAX);
    }
    let pod = spec.template.spec.as_ref();
    let containers =
        pod.into_iter().flat_map(|p| p.containers.iter().chain(p.init_containers.iter().flatten()));
    let containers: BTreeSet<_> = containers.map(|c| c.name.as_str()).collect();
    for (at, rule) in policy.rules.iter().enumerate() {
        let path = format!("{path}.rules[{at}]");
        if rule.action == "FailIndex" && spec.backoff_limit_per_index.is_none() {
            let why = "requires the backoffLimitPerIndex to be set";
            invalid.value(format!("{path}.action"), &rule.action, why);
        }
        valid_rule(rule, &path, &containers, invalid);
    }
}

fn valid_rule(rule: &PodFailurePolicyRule, path: &str, containers: &BTreeSet<&str>, invalid: &mut Invalid) {
    one_of(&rule.action, ACTIONS, &format!("{path}.action"), invalid);
    if let Some(codes) = &rule.on_exit_codes {
        valid_codes(codes, &format!("{path}.onExitCodes"), containers, invalid);
    }
    let patterns = rule.on_pod_conditions.as_deref().unwrap_or_default();
    valid_patterns(patterns, &format!("{path}.onPodConditions"), invalid);
    match (rule.on_exit_codes.is_some(), !patterns.is_empty()) {
        (true, true) => {
            invalid.whole(path, "specifying both OnExitCodes and OnPodConditions is not supported");
        }
        (false, false) => {
            invalid.whole(path, "specifying one of OnExitCodes and OnPodConditions is required");
        }
        _ => {}
    }
}

fn valid_patterns(patterns: &[PodFailurePolicyOnPodConditionsPattern], path: &str, invalid: &mut Invalid) {
    if patterns.len() > PATTERNS_MAX {
        invalid.too_many(path, patterns.len(), PATTERNS_MAX);
    }
    for (at, pattern) in patterns.iter().enumerate() {
        if let Some(why) = name::qualified(&pattern.type_) {
            invalid.value(format!("{path}[{at}].type"), &pattern.type_, &why);
        }
        let status = pattern.status.as_deref().unwrap_or_default();
        one_of(status, STATUSES, &format!("{path}[{at}].status"), invalid);
    }
}

fn valid_codes(
    codes: &PodFailurePolicyOnExitCodesRequirement,
    path: &str,
    containers: &BTreeSet<&str>,
    invalid: &mut Invalid,
) {
    one_of(&codes.operator, OPERATORS, &format!("{path}.operator"), invalid);
    if let Some(name) = codes.container_name.as_deref().filter(|n| !containers.contains(n)) {
        let why = "must be one of the container or initContainer names in the pod template";
        invalid.value(format!("{path}.containerName"), name, why);
    }
    let field = format!("{path}.values");
    match codes.values.len() {
        0 => invalid.value(&field, &codes.values, "at least one value is required"),
        many if many > CODES_MAX => invalid.too_many(&field, many, CODES_MAX),
        _ => {}
    }
    let mut seen = BTreeSet::new();
    for (at, code) in codes.values.iter().enumerate() {
        if *code == 0 && codes.operator == "In" {
            invalid.value(format!("{field}[{at}]"), code, "must not be 0 for the In operator");
        }
        if !seen.insert(code) {
            invalid.duplicate(format!("{field}[{at}]"), code);
        }
    }
    if !codes.values.is_sorted() {
        invalid.value(&field, &codes.values, "must be ordered");
    }
}

fn one_of(text: &str, supported: &[&str], field: &str, invalid: &mut Invalid) {
    if text.is_empty() {
        let list = supported.iter().map(|s| format!("{s:?}")).collect::<Vec<_>>().join(" ");
        invalid.required(field, &format!("valid values: [{list}]"));
    } else if !supported.contains(&text) {
        invalid.unsupported(field, text, supported);
    }
}

#[cfg(test)]
mod tests {
    use crate::{batch::Job, core::testing::findings};
    use serde_json::{Value, json};

    fn check(rule: &Value, expected: &[&str]) {
        let pod = json!({"containers": [{"name": "a", "image": "b"}], "restartPolicy": "Never"});
        let spec = json!({"template": {"spec": pod}, "podFailurePolicy": {"rules": [rule]}});
        let found = findings::<Job>(json!({"metadata": {"name": "a", "uid": "u"}, "spec": spec}));
        let found: Vec<_> =
            found.iter().map(|f| f.strip_prefix("spec.podFailurePolicy.rules[0]").unwrap_or(f)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn each_finding_names_its_field() {
        let codes = |operator: &str, values: &[i32]| json!({"action": "Ignore", "onExitCodes": {"operator": operator, "values": values}});
        check(&codes("In", &[1, 2]), &[]);
        check(&json!({"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget"}]}), &[]);
        check(&codes("NotIn", &[0]), &[]);
        check(
            &codes("In", &[0]),
            &[".onExitCodes.values[0]: Invalid value: 0: must not be 0 for the In operator"],
        );
        check(
            &codes("In", &[2, 1, 2]),
            &[
                ".onExitCodes.values[2]: Duplicate value: 2",
                ".onExitCodes.values: Invalid value: [2,1,2]: must be ordered",
            ],
        );
        check(
            &codes("Like", &[]),
            &[
                ".onExitCodes.operator: Unsupported value: \"Like\": supported values: \"In\", \"NotIn\"",
                ".onExitCodes.values: Invalid value: []: at least one value is required",
            ],
        );
        check(
            &json!({"action": "FailIndex"}),
            &[
                ".action: Invalid value: \"FailIndex\": requires the backoffLimitPerIndex to be set",
                ": Invalid value: specifying one of OnExitCodes and OnPodConditions is required",
            ],
        );
        let mut of = codes("In", &[1]);
        of["onExitCodes"]["containerName"] = json!("z");
        of["action"] = json!("");
        check(
            &of,
            &[
                ".action: Required value: valid values: [\"Count\" \"FailIndex\" \"FailJob\" \"Ignore\"]",
                ".onExitCodes.containerName: Invalid value: \"z\": must be one of the container or initContainer names in \
                 the pod template",
            ],
        );
    }
}
