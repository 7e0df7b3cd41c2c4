//! What is wrong with a job, or with the jobs a cron job makes.

use super::{failure, indexes};
use crate::{Invalid, apps::workload, core::pod::validate::at_least, meta::ObjectMeta, name, selector};
use k8s_openapi::api::{batch::v1::JobSpec, core::v1::PodSpec};

/// How many pods of one indexed job may run at once, and how many of its indexes may fail.
const MOST: i32 = 100_000;
/// The same where each of very many indexes fails on its own.
const MOST_OF_MANY: i32 = 10_000;
const MANAGER_MAX: usize = 63;

/// Records what is wrong with the specification found at `path`.
pub(crate) fn valid_spec(spec: &JobSpec, path: &str, invalid: &mut Invalid) {
    let seconds = spec.active_deadline_seconds.map(|s| i32::try_from(s.min(0)).unwrap_or(-1));
    for (field, number) in [
        ("parallelism", spec.parallelism),
        ("completions", spec.completions),
        ("activeDeadlineSeconds", seconds),
        ("backoffLimit", spec.backoff_limit),
        ("ttlSecondsAfterFinished", spec.ttl_seconds_after_finished),
        ("backoffLimitPerIndex", spec.backoff_limit_per_index),
        ("maxFailedIndexes", spec.max_failed_indexes),
    ] {
        at_least(0, number, format!("{path}.{field}"), invalid);
    }
    if spec.max_failed_indexes.is_some() && spec.backoff_limit_per_index.is_none() {
        invalid.required(format!("{path}.backoffLimitPerIndex"), "when maxFailedIndexes is specified");
    }
    if let Some(manager) = &spec.managed_by {
        valid_manager(manager, &format!("{path}.managedBy"), invalid);
    }
    match spec.completion_mode.as_deref() {
        Some("Indexed") => valid_indexed(spec, path, invalid),
        None | Some("NonIndexed") => {
            for (field, number) in [
                ("backoffLimitPerIndex", spec.backoff_limit_per_index),
                ("maxFailedIndexes", spec.max_failed_indexes),
            ] {
                if let Some(number) = number {
                    invalid.value(format!("{path}.{field}"), number, "requires indexed completion mode");
                }
            }
        }
        Some(other) => {
            invalid.unsupported(format!("{path}.completionMode"), other, &["NonIndexed", "Indexed"]);
        }
    }
    failure::valid(spec, &format!("{path}.podFailurePolicy"), invalid);
    indexes::valid_policy(spec, &format!("{path}.successPolicy"), invalid);
    valid_replacement(spec, &format!("{path}.podReplacementPolicy"), invalid);
    workload::valid_template(&spec.template, &format!("{path}.template"), invalid);
    valid_restarts(spec, &format!("{path}.template.spec.restartPolicy"), invalid);
}

/// Records what is wrong with the selector of a job that is made.
pub(crate) fn valid_owned(spec: &JobSpec, invalid: &mut Invalid) {
    match &spec.selector {
        None => invalid.required("spec.selector", ""),
        Some(chosen) => selector::valid(chosen, "spec.selector", invalid),
    }
    workload::matching(spec.selector.as_ref(), &spec.template, invalid);
}

/// Pods of an indexed job are called after it and their index.
pub(super) fn valid_host_names(meta: &ObjectMeta, spec: &JobSpec, invalid: &mut Invalid) {
    let (Some("Indexed"), Some(last @ 0..)) =
        (spec.completion_mode.as_deref(), spec.completions.map(|c| c.saturating_sub(1)))
    else {
        return;
    };
    let job = meta.name.as_deref().unwrap_or_default();
    let host = format!("{job}-{last}");
    if name::label(&host).is_some() {
        let why = format!("will not able to create pod with invalid DNS label: {host}");
        invalid.value("metadata.name", job, &why);
    }
}

fn valid_indexed(spec: &JobSpec, path: &str, invalid: &mut Invalid) {
    let parallelism = format!("{path}.parallelism");
    let failed = format!("{path}.maxFailedIndexes");
    let mut at_most = |field: &str, number: Option<i32>, most: i32, why: &str| {
        if let Some(number) = number.filter(|n| *n > most) {
            invalid.value(field, number, &format!("must be less than or equal to {why}"));
        }
    };
    at_most(&parallelism, spec.parallelism, MOST, &format!("{MOST} when completion mode is Indexed"));
    let completions = spec.completions.unwrap_or(i32::MAX);
    at_most(&failed, spec.max_failed_indexes, completions, "completions");
    at_most(&failed, spec.max_failed_indexes, MOST, &MOST.to_string());
    if spec.completions.is_some_and(|c| c > MOST) && spec.backoff_limit_per_index.is_some() {
        let why =
            format!("{MOST_OF_MANY} when completions are above {MOST} and used with backoff limit per index");
        at_most(&parallelism, spec.parallelism, MOST_OF_MANY, &why);
        at_most(&failed, spec.max_failed_indexes, MOST_OF_MANY, &why);
        if spec.max_failed_indexes.is_none() {
            invalid.required(failed, &format!("must be specified when completions is above {MOST}"));
        }
    }
    if spec.completions.is_none() {
        invalid.required(format!("{path}.completions"), "when completion mode is Indexed");
    }
}

fn valid_manager(manager: &str, field: &str, invalid: &mut Invalid) {
    match manager.split_once('/') {
        _ if manager.is_empty() => invalid.required(field, ""),
        None | Some(("", _) | (_, "")) => {
            invalid.value(field, manager, "must be a domain-prefixed path (such as \"acme.io/foo\")");
        }
        Some((domain, path)) => {
            if let Some(why) = name::subdomain(domain) {
                invalid.value(field, domain, &why);
            }
            if !path.chars().all(|c| c.is_ascii_alphanumeric() || "/-._~%!$&'()*+,;=:@".contains(c)) {
                invalid.value(field, path, "Invalid path");
            }
        }
    }
    if manager.len() > MANAGER_MAX {
        invalid.too_long(field, MANAGER_MAX);
    }
}

fn valid_replacement(spec: &JobSpec, field: &str, invalid: &mut Invalid) {
    // What failed has to be known before it is judged.
    let supported: &[&str] =
        if spec.pod_failure_policy.is_some() { &["Failed"] } else { &["Failed", "TerminatingOrFailed"] };
    if let Some(policy) = spec.pod_replacement_policy.as_deref().filter(|p| !supported.contains(p)) {
        invalid.unsupported(field, policy, supported);
    }
}

fn valid_restarts(spec: &JobSpec, field: &str, invalid: &mut Invalid) {
    let nothing = PodSpec::default();
    let pod = spec.template.spec.as_ref().unwrap_or(&nothing);
    match pod.restart_policy.as_deref().unwrap_or_default() {
        "" | "Always" => invalid.required(field, "valid values: \"OnFailure\", \"Never\""),
        policy @ "OnFailure" if spec.pod_failure_policy.is_some() => {
            invalid.value(field, policy, "only \"Never\" is supported when podFailurePolicy is specified");
        }
        "OnFailure" | "Never" => {}
        other => invalid.unsupported(field, other, &["OnFailure", "Never"]),
    }
}

#[cfg(test)]
mod tests {
    use crate::{batch::Job, core::testing::findings};
    use serde_json::{Value, json};

    fn check(more: &Value, expected: &[&str]) {
        let pod = json!({"containers": [{"name": "a", "image": "b"}], "restartPolicy": "Never"});
        let mut spec = json!({"template": {"spec": pod}});
        for (key, value) in more.as_object().unwrap() {
            spec[key] = value.clone();
        }
        let found = findings::<Job>(json!({"metadata": {"name": "a", "uid": "u"}, "spec": spec}));
        assert_eq!(found, expected);
    }

    #[test]
    fn each_finding_names_its_field() {
        check(&json!({}), &[]);
        check(
            &json!({"parallelism": -1, "activeDeadlineSeconds": -1}),
            &[
                "spec.parallelism: Invalid value: -1: must be greater than or equal to 0",
                "spec.activeDeadlineSeconds: Invalid value: -1: must be greater than or equal to 0",
            ],
        );
        check(
            &json!({"completionMode": "Some"}),
            &[
                "spec.completionMode: Unsupported value: \"Some\": supported values: \"NonIndexed\", \"Indexed\"",
            ],
        );
        check(
            &json!({"backoffLimitPerIndex": 1}),
            &["spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode"],
        );
        check(
            &json!({"podReplacementPolicy": "Never"}),
            &["spec.podReplacementPolicy: Unsupported value: \"Never\": supported values: \"Failed\", \
                 \"TerminatingOrFailed\""],
        );
        check(
            &json!({"managedBy": "me"}),
            &[
                "spec.managedBy: Invalid value: \"me\": must be a domain-prefixed path (such as \"acme.io/foo\")",
            ],
        );
    }

    #[test]
    fn indexes_are_counted() {
        let indexed = |more: Value| {
            let mut spec = json!({"completionMode": "Indexed", "completions": 3});
            spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            spec
        };
        check(&indexed(json!({"backoffLimitPerIndex": 1, "maxFailedIndexes": 2})), &[]);
        check(
            &json!({"completionMode": "Indexed", "parallelism": 2}),
            &["spec.completions: Required value: when completion mode is Indexed"],
        );
        check(
            &indexed(json!({"maxFailedIndexes": 5})),
            &[
                "spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified",
                "spec.maxFailedIndexes: Invalid value: 5: must be less than or equal to completions",
            ],
        );
        check(
            &indexed(json!({"parallelism": 100_001})),
            &[
                "spec.parallelism: Invalid value: 100001: must be less than or equal to 100000 when completion mode is Indexed",
            ],
        );
        check(
            &indexed(json!({"completions": 100_001, "backoffLimitPerIndex": 1})),
            &["spec.maxFailedIndexes: Required value: must be specified when completions is above 100000"],
        );
    }

    #[test]
    fn pods_of_a_job_end() {
        let template = |policy: Value| {
            let pod = json!({"containers": [{"name": "a", "image": "b"}], "restartPolicy": policy});
            json!({"template": {"spec": pod}})
        };
        let path = "spec.template.spec.restartPolicy";
        check(&template(json!("OnFailure")), &[]);
        for policy in [json!("Always"), Value::Null] {
            let expected = format!("{path}: Required value: valid values: \"OnFailure\", \"Never\"");
            check(&template(policy), &[&expected]);
        }
        let mut judged = template(json!("OnFailure"));
        judged["podFailurePolicy"] = json!({"rules": []});
        let expected = format!(
            "{path}: Invalid value: \"OnFailure\": only \"Never\" is supported when podFailurePolicy is specified"
        );
        check(&judged, &[&expected]);
    }

    #[test]
    fn pods_are_called_after_the_job_and_their_index() {
        let pod = json!({"containers": [{"name": "a", "image": "b"}], "restartPolicy": "Never"});
        let spec = json!({"completionMode": "Indexed", "completions": 101, "template": {"spec": pod}});
        let long = "a".repeat(60);
        let found = findings::<Job>(json!({"metadata": {"name": long, "uid": "u"}, "spec": spec}));
        assert_eq!(
            found,
            [format!(
                "metadata.name: Invalid value: \"{long}\": will not able to create pod with invalid DNS label: {long}-100"
            )]
        );
    }
}
