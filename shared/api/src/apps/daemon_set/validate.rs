//! What is wrong with a daemon set.

use crate::{Invalid, apps::workload, core::pod::validate::at_least, portion};
use k8s_openapi::api::apps::v1::{
    DaemonSetSpec, DaemonSetStatus, DaemonSetUpdateStrategy, RollingUpdateDaemonSet,
};
use serde_json::json;

pub(super) fn valid(spec: &DaemonSetSpec, invalid: &mut Invalid) {
    workload::valid("DaemonSet", &spec.selector, Some(&spec.template), invalid);
    at_least(0, spec.min_ready_seconds, "spec.minReadySeconds".into(), invalid);
    if let Some(strategy) = &spec.update_strategy {
        valid_strategy(strategy, invalid);
    }
    at_least(0, spec.revision_history_limit, "spec.revisionHistoryLimit".into(), invalid);
}

pub(super) fn valid_status(status: &DaemonSetStatus, invalid: &mut Invalid) {
    for (field, number) in [
        ("currentNumberScheduled", Some(status.current_number_scheduled)),
        ("numberMisscheduled", Some(status.number_misscheduled)),
        ("desiredNumberScheduled", Some(status.desired_number_scheduled)),
        ("numberReady", Some(status.number_ready)),
        ("updatedNumberScheduled", status.updated_number_scheduled),
        ("numberAvailable", status.number_available),
        ("numberUnavailable", status.number_unavailable),
        ("collisionCount", status.collision_count),
    ] {
        at_least(0, number, format!("status.{field}"), invalid);
    }
}

fn valid_strategy(strategy: &DaemonSetUpdateStrategy, invalid: &mut Invalid) {
    match (strategy.type_.as_deref().unwrap_or_default(), &strategy.rolling_update) {
        ("OnDelete", _) => {}
        ("RollingUpdate", None) => invalid.required("spec.updateStrategy.rollingUpdate", ""),
        ("RollingUpdate", Some(rolling)) => valid_rolling(rolling, invalid),
        (other, rolling) => {
            let got = json!({"Type": other, "RollingUpdate": rolling});
            invalid.unsupported("spec.updateStrategy", &got, &["RollingUpdate", "OnDelete"]);
        }
    }
}

/// A node has one of its pods too many for a while, or one too few: never both.
fn valid_rolling(rolling: &RollingUpdateDaemonSet, invalid: &mut Invalid) {
    let away = "spec.updateStrategy.rollingUpdate.maxUnavailable";
    let surge = "spec.updateStrategy.rollingUpdate.maxSurge";
    let gone = portion::valid(rolling.max_unavailable.as_ref(), away, invalid).unwrap_or(0);
    let more = portion::valid(rolling.max_surge.as_ref(), surge, invalid).unwrap_or(0);
    portion::at_most_all(rolling.max_unavailable.as_ref(), away, invalid);
    portion::at_most_all(rolling.max_surge.as_ref(), surge, invalid);
    match (gone, more) {
        (0, 0) => invalid.required(away, "cannot be 0 when maxSurge is 0"),
        (0, _) | (_, 0) => {}
        _ => invalid.value(surge, &rolling.max_surge, "may not be set when maxUnavailable is non-zero"),
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        apps::DaemonSet,
        core::testing::{changed, findings},
    };
    use serde_json::{Value, json};

    fn with(field: &str, value: Value) -> Value {
        let mut spec = json!({"selector": {"matchLabels": {"app": "a"}}, "template": {"metadata": {"labels": {"app": "a", "tier": "b"}},
            "spec": {"containers": [{"name": "a", "image": "b"}]}}});
        spec[field] = value;
        json!({"spec": spec})
    }

    #[test]
    fn each_finding_names_its_field() {
        let strategy = "spec.updateStrategy";
        let rolling =
            |gone: Value, more: Value| json!({"rollingUpdate": {"maxUnavailable": gone, "maxSurge": more}});
        let cases = [
            ("minReadySeconds", json!(0), None),
            (
                "minReadySeconds",
                json!(-1),
                Some("spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0".into()),
            ),
            (
                "updateStrategy",
                json!({"type": "Never"}),
                Some(format!(
                    "{strategy}: Unsupported value: {{\"RollingUpdate\":null,\"Type\":\"Never\"}}: supported values: \
                     \"RollingUpdate\", \"OnDelete\""
                )),
            ),
            ("updateStrategy", rolling(json!("10%"), json!(0)), None),
            (
                "updateStrategy",
                rolling(json!(0), json!(0)),
                Some(format!(
                    "{strategy}.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0"
                )),
            ),
            (
                "updateStrategy",
                rolling(json!(1), json!(1)),
                Some(format!(
                    "{strategy}.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero"
                )),
            ),
            (
                "updateStrategy",
                rolling(json!("101%"), json!(0)),
                Some(format!(
                    "{strategy}.rollingUpdate.maxUnavailable: Invalid value: \"101%\": must not be greater than 100%"
                )),
            ),
        ];
        for (field, value, expected) in cases {
            assert_eq!(findings::<DaemonSet>(with(field, value)), expected.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_selector_is_asked_for_and_for_ever() {
        assert_eq!(
            findings::<DaemonSet>(with("selector", json!({}))),
            [
                "spec.selector: Required value",
                "spec.template.metadata.labels: Invalid value: {\"app\":\"a\",\"tier\":\"b\"}: `selector` does not match \
                 template `labels`"
            ]
        );
        let by = |key: &str, value: &str| with("selector", json!({"matchLabels": {key: value}}));
        assert_eq!(
            changed::<DaemonSet>(by("app", "a"), by("tier", "b")),
            ["spec.selector: Invalid value: {\"matchLabels\":{\"tier\":\"b\"}}: field is immutable"]
        );
    }
}
