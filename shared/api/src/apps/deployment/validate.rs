//! What is wrong with a deployment.

use crate::{Invalid, apps::workload, core::pod::validate::at_least, portion};
use k8s_openapi::api::apps::v1::{DeploymentSpec, DeploymentStatus, DeploymentStrategy};
use serde_json::json;

pub(super) fn valid(spec: &DeploymentSpec, invalid: &mut Invalid) {
    // Its pods belong to replica sets, and Kubernetes says so.
    workload::valid("ReplicaSet", &spec.selector, Some(&spec.template), invalid);
    for (field, number) in [
        ("replicas", spec.replicas),
        ("minReadySeconds", spec.min_ready_seconds),
        ("revisionHistoryLimit", spec.revision_history_limit),
        ("progressDeadlineSeconds", spec.progress_deadline_seconds),
    ] {
        at_least(0, number, format!("spec.{field}"), invalid);
    }
    if let Some(deadline) =
        spec.progress_deadline_seconds.filter(|d| *d <= spec.min_ready_seconds.unwrap_or(0))
    {
        invalid.value("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds");
    }
    if let Some(strategy) = &spec.strategy {
        valid_strategy(strategy, invalid);
    }
}

/// Counts that contradict each other were counted wrongly.
pub(super) fn valid_status(status: &DeploymentStatus, invalid: &mut Invalid) {
    let all = status.replicas.unwrap_or(0);
    let some = [
        ("replicas", status.replicas),
        ("updatedReplicas", status.updated_replicas),
        ("readyReplicas", status.ready_replicas),
        ("availableReplicas", status.available_replicas),
        ("unavailableReplicas", status.unavailable_replicas),
        ("collisionCount", status.collision_count),
    ];
    for (field, number) in some {
        at_least(0, number, format!("status.{field}"), invalid);
    }
    for (field, number) in &some[1..4] {
        if let Some(number) = number.filter(|n| *n > all) {
            invalid.value(format!("status.{field}"), number, "cannot be greater than status.replicas");
        }
    }
    if let Some(available) = status.available_replicas.filter(|a| *a > status.ready_replicas.unwrap_or(0)) {
        invalid.value("status.availableReplicas", available, "cannot be greater than readyReplicas");
    }
}

fn valid_strategy(strategy: &DeploymentStrategy, invalid: &mut Invalid) {
    let path = "spec.strategy.rollingUpdate";
    match (strategy.type_.as_deref().unwrap_or_default(), &strategy.rolling_update) {
        ("Recreate", Some(_)) => {
            invalid.forbidden(path, "may not be specified when strategy `type` is 'Recreate'");
        }
        ("Recreate", None) => {}
        ("RollingUpdate", None) => invalid.required(path, "this should be defaulted and never be nil"),
        ("RollingUpdate", Some(rolling)) => {
            let away = format!("{path}.maxUnavailable");
            let gone = portion::valid(rolling.max_unavailable.as_ref(), &away, invalid);
            let more = portion::valid(rolling.max_surge.as_ref(), &format!("{path}.maxSurge"), invalid);
            if (gone, more) == (Some(0), Some(0)) {
                invalid.value(&away, &rolling.max_unavailable, "may not be 0 when `maxSurge` is 0");
            }
            portion::at_most_all(rolling.max_unavailable.as_ref(), &away, invalid);
        }
        (other, rolling) => {
            let got = json!({"Type": other, "RollingUpdate": rolling});
            invalid.unsupported("spec.strategy", &got, &["Recreate", "RollingUpdate"]);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        apps::Deployment,
        core::testing::{changed, findings},
    };
    use serde_json::{Value, json};

    fn with(more: &Value) -> Value {
        let mut spec = json!({"template": {"metadata": {"labels": {"app": "a"}},
            "spec": {"containers": [{"name": "a", "image": "b"}]}}});
        for (key, value) in more.as_object().unwrap() {
            spec[key] = value.clone();
        }
        json!({"spec": spec})
    }

    fn check(more: &Value, expected: &[&str]) {
        assert_eq!(findings::<Deployment>(with(more)), expected);
    }

    #[test]
    fn each_finding_names_its_field() {
        check(&json!({}), &[]);
        check(
            &json!({"replicas": -1}),
            &["spec.replicas: Invalid value: -1: must be greater than or equal to 0"],
        );
        check(
            &json!({"minReadySeconds": 600}),
            &["spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds"],
        );
        check(
            &json!({"selector": {"matchLabels": {"app": "b"}}}),
            &[
                "spec.template.metadata.labels: Invalid value: {\"app\":\"a\"}: `selector` does not match template `labels`",
            ],
        );
        check(
            &json!({"selector": {"matchExpressions": [{"key": "app", "operator": "In"}]}}),
            &[
                "spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or \
             'NotIn'",
                "spec.template.metadata.labels: Invalid value: {\"app\":\"a\"}: `selector` does not match template `labels`",
            ],
        );
        check(
            &json!({"template": {"spec": {"containers": [{"name": "a", "image": ""}], "restartPolicy": "Never"}}}),
            &[
                "spec.selector: Required value",
                "spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`",
                "spec.template.spec.containers[0].image: Required value",
                "spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported values: \"Always\"",
            ],
        );
    }

    #[test]
    fn a_strategy_must_be_able_to_move() {
        let rolling = |gone: Value, more: Value| json!({"strategy": {"rollingUpdate": {"maxUnavailable": gone, "maxSurge": more}}});
        let path = "spec.strategy.rollingUpdate";
        check(&rolling(json!(0), json!("25%")), &[]);
        check(
            &rolling(json!("0%"), json!(0)),
            &[&format!("{path}.maxUnavailable: Invalid value: \"0%\": may not be 0 when `maxSurge` is 0")],
        );
        check(
            &rolling(json!("120%"), json!("half")),
            &[
                &format!(
                    "{path}.maxSurge: Invalid value: \"half\": a valid percent string must be a numeric string followed \
                     by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')"
                ),
                &format!("{path}.maxUnavailable: Invalid value: \"120%\": must not be greater than 100%"),
            ],
        );
        check(
            &json!({"strategy": {"type": "Recreate", "rollingUpdate": {}}}),
            &[&format!("{path}: Forbidden: may not be specified when strategy `type` is 'Recreate'")],
        );
        check(
            &json!({"strategy": {"type": "Canary"}}),
            &[
                "spec.strategy: Unsupported value: {\"RollingUpdate\":null,\"Type\":\"Canary\"}: supported values: \
                 \"Recreate\", \"RollingUpdate\"",
            ],
        );
    }

    #[test]
    fn a_selector_is_for_ever() {
        let by = |key: &str| {
            let labels = json!({"app": "a", "tier": "b"});
            let template = json!({"metadata": {"labels": labels}, "spec": {"containers": [{"name": "a", "image": "b"}]}});
            with(&json!({"template": template, "selector": {"matchLabels": {key: labels[key]}}}))
        };
        assert_eq!(
            changed::<Deployment>(by("app"), by("tier")),
            ["spec.selector: Invalid value: {\"matchLabels\":{\"tier\":\"b\"}}: field is immutable",]
        );
    }
}
