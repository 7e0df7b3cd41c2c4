//! Pod disruption budgets: how many pods of an application may be away at once.

mod legacy;

use crate::{
    Column, Invalid, Kind, Version, apps::workload, core::pod::validate::at_least, metadata::valid_name,
    name, portion, selector,
};
pub use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::api::policy::v1::{PodDisruptionBudgetSpec, PodDisruptionBudgetStatus};

impl Kind for PodDisruptionBudget {
    const SHORT_NAMES: &'static [&'static str] = &["pdb"];
    const SUBRESOURCES: &'static [&'static str] = &["status"];
    const VERSIONS: &'static [Version] = legacy::VERSIONS;
    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("Min Available", |b, _| {
            portion::shown(b.spec.as_ref().and_then(|s| s.min_available.as_ref()))
        }),
        Column::text("Max Unavailable", |b, _| {
            portion::shown(b.spec.as_ref().and_then(|s| s.max_unavailable.as_ref()))
        }),
        Column::integer("Allowed Disruptions", |b, _| {
            b.status.as_ref().map_or(0, |s| s.disruptions_allowed).to_string()
        }),
        Column::age(),
    ];

    fn validate(&self, old: Option<&Self>, invalid: &mut Invalid) {
        valid_name(&self.metadata, name::subdomain, invalid);
        if let Some(spec) = &self.spec {
            valid(spec, invalid);
        }
        if let Some(status) = workload::told(old, self, |o| o.status.as_ref()) {
            valid_status(status, invalid);
        }
    }
}

fn valid(spec: &PodDisruptionBudgetSpec, invalid: &mut Invalid) {
    if spec.min_available.is_some() && spec.max_unavailable.is_some() {
        invalid.value("spec", spec, "minAvailable and maxUnavailable cannot be both set");
    }
    for (field, portion) in [("minAvailable", &spec.min_available), ("maxUnavailable", &spec.max_unavailable)]
    {
        let field = format!("spec.{field}");
        portion::valid(portion.as_ref(), &field, invalid);
        portion::at_most_all(portion.as_ref(), &field, invalid);
    }
    if let Some(chosen) = &spec.selector {
        selector::valid(chosen, "spec.selector", invalid);
    }
    let supported = ["IfHealthyBudget", "AlwaysAllow"];
    let policy = spec.unhealthy_pod_eviction_policy.as_deref();
    if let Some(policy) = policy.filter(|p| !supported.contains(p)) {
        invalid.unsupported("spec.unhealthyPodEvictionPolicy", policy, &supported);
    }
}

fn valid_status(status: &PodDisruptionBudgetStatus, invalid: &mut Invalid) {
    for (field, number) in [
        ("disruptionsAllowed", status.disruptions_allowed),
        ("currentHealthy", status.current_healthy),
        ("desiredHealthy", status.desired_healthy),
        ("expectedPods", status.expected_pods),
    ] {
        at_least(0, Some(number), format!("status.{field}"), invalid);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::testing::{changed, findings, row};
    use serde_json::json;

    #[test]
    fn a_budget_is_shown_by_what_it_allows() {
        let status =
            json!({"disruptionsAllowed": 1, "currentHealthy": 3, "desiredHealthy": 2, "expectedPods": 3});
        assert_eq!(
            row::<PodDisruptionBudget>(json!({"spec": {"minAvailable": 2}, "status": status})),
            ["2", "N/A", "1", "<unknown>"]
        );
        assert_eq!(
            row::<PodDisruptionBudget>(json!({"spec": {"maxUnavailable": "30%"}}))[..3],
            ["N/A", "30%", "0"]
        );
    }

    #[test]
    fn each_finding_names_its_field() {
        let cases = [
            (json!({"minAvailable": "50%", "selector": {"matchLabels": {"a": "b"}}}), None),
            (json!({}), None),
            (
                json!({"minAvailable": 1, "maxUnavailable": 1}),
                Some(
                    "spec: Invalid value: {\"maxUnavailable\":1,\"minAvailable\":1}: minAvailable and maxUnavailable cannot \
                     be both set",
                ),
            ),
            (
                json!({"minAvailable": -1}),
                Some("spec.minAvailable: Invalid value: -1: must be greater than or equal to 0"),
            ),
            (
                json!({"maxUnavailable": "101%"}),
                Some("spec.maxUnavailable: Invalid value: \"101%\": must not be greater than 100%"),
            ),
            (
                json!({"selector": {"matchExpressions": [{"key": "a", "operator": "Is"}]}}),
                Some(
                    "spec.selector.matchExpressions[0].operator: Invalid value: \"Is\": not a valid selector operator",
                ),
            ),
            (
                json!({"unhealthyPodEvictionPolicy": "Never"}),
                Some(
                    "spec.unhealthyPodEvictionPolicy: Unsupported value: \"Never\": supported values: \"IfHealthyBudget\", \
                     \"AlwaysAllow\"",
                ),
            ),
        ];
        for (spec, expected) in cases {
            let found = findings::<PodDisruptionBudget>(json!({"spec": spec}));
            assert_eq!(found, expected.into_iter().collect::<Vec<_>>());
        }
        let with = |allowed: i32| json!({"spec": {}, "status": {"disruptionsAllowed": allowed, "currentHealthy": 0, "desiredHealthy": 0, "expectedPods": 0}});
        assert_eq!(
            changed::<PodDisruptionBudget>(with(0), with(-1)),
            ["status.disruptionsAllowed: Invalid value: -1: must be greater than or equal to 0"]
        );
    }
}
