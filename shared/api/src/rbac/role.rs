//! Roles: what may be done in a namespace.

use super::{old, rules};
use crate::{Column, Invalid, Kind, Version, cells};
pub use k8s_openapi::api::rbac::v1::Role;

impl Kind for Role {
    const VERSIONS: &'static [Version] = old::ROLE;
    const COLUMNS: &'static [Column<Self>] =
        &[Column::text("Created At", |r, _| cells::created(&r.metadata))];

    fn validate(&self, _old: Option<&Self>, invalid: &mut Invalid) {
        rules::valid(self.rules.as_ref(), true, invalid);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::testing::{findings, row};
    use serde_json::json;

    #[test]
    fn each_finding_names_its_field() {
        let fine = json!({"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"], "nonResourceURLs": []}]});
        assert_eq!(findings::<Role>(fine), [""; 0]);
        assert_eq!(
            findings::<Role>(
                json!({"rules": [{"verbs": []}, {"nonResourceURLs": ["/x"], "resources": ["a"], "verbs": ["get"]}]})
            ),
            [
                "rules[0].verbs: Required value: verbs must contain at least one value",
                "rules[0].apiGroups: Required value: resource rules must supply at least one api group",
                "rules[0].resources: Required value: resource rules must supply at least one resource",
                "rules[1].nonResourceURLs: Invalid value: [\"/x\"]: namespaced rules cannot apply to non-resource URLs",
                "rules[1].nonResourceURLs: Invalid value: [\"/x\"]: rules cannot apply to both regular resources and \
                 non-resource URLs",
            ]
        );
    }

    #[test]
    fn a_role_is_shown_by_its_birth() {
        let role =
            json!({"metadata": {"name": "a", "creationTimestamp": "2026-01-01T00:00:00Z"}, "rules": []});
        assert_eq!(row::<Role>(role), ["2026-01-01T00:00:00Z"]);
    }
}
