//! Cluster roles: what may be done anywhere.

use super::{old, rules};
use crate::{Column, Invalid, Kind, Version, cells, selector};
pub use k8s_openapi::api::rbac::v1::ClusterRole;

impl Kind for ClusterRole {
    const VERSIONS: &'static [Version] = old::CLUSTER_ROLE;
    const COLUMNS: &'static [Column<Self>] =
        &[Column::text("Created At", |r, _| cells::created(&r.metadata))];

    fn validate(&self, _old: Option<&Self>, invalid: &mut Invalid) {
        rules::valid(self.rules.as_ref(), false, invalid);
        let Some(aggregation) = &self.aggregation_rule else { return };
        let path = "aggregationRule.clusterRoleSelectors";
        let selectors = aggregation.cluster_role_selectors.as_deref().unwrap_or_default();
        if selectors.is_empty() {
            invalid.required(path, "at least one clusterRoleSelector required if aggregationRule is non-nil");
        }
        for (at, one) in selectors.iter().enumerate() {
            selector::valid(one, &format!("{path}[{at}]"), invalid);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::testing::findings;
    use serde_json::json;

    #[test]
    fn each_finding_names_its_field() {
        let fine = json!({"rules": [{"nonResourceURLs": ["/healthz"], "verbs": ["get"]}],
            "aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"a": "b"}}]}});
        assert_eq!(findings::<ClusterRole>(fine), [""; 0]);
        let why = "at least one clusterRoleSelector required if aggregationRule is non-nil";
        assert_eq!(
            findings::<ClusterRole>(json!({"aggregationRule": {}})),
            [format!("aggregationRule.clusterRoleSelectors: Required value: {why}")]
        );
    }
}
