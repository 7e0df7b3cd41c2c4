//! Cluster role bindings: who has a role everywhere.

use super::{old, rules};
use crate::{Column, Invalid, Kind, Version};
pub use k8s_openapi::api::rbac::v1::ClusterRoleBinding;

impl Kind for ClusterRoleBinding {
    const VERSIONS: &'static [Version] = old::CLUSTER_ROLE_BINDING;
    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("Role", |b, _| rules::role(&b.role_ref)),
        Column::age(),
        Column::text("Users", |b: &Self, _| rules::subjects(b.subjects.as_ref(), "User")).wide(),
        Column::text("Groups", |b: &Self, _| rules::subjects(b.subjects.as_ref(), "Group")).wide(),
        Column::text("ServiceAccounts", |b: &Self, _| rules::subjects(b.subjects.as_ref(), "ServiceAccount"))
            .wide(),
    ];

    fn set_defaults(&mut self) {
        rules::complete(&mut self.role_ref, self.subjects.as_mut());
    }

    fn validate(&self, old: Option<&Self>, invalid: &mut Invalid) {
        rules::valid_binding(&self.role_ref, &["ClusterRole"], self.subjects.as_ref(), false, invalid);
        if let Some(old) = old {
            rules::kept(&self.role_ref, &old.role_ref, invalid);
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
        let binding = json!({"roleRef": {"kind": "Role", "name": "a"}, "subjects": [{"kind": "ServiceAccount", "name": "s"}]});
        assert_eq!(
            findings::<ClusterRoleBinding>(binding),
            [
                "roleRef.kind: Unsupported value: \"Role\": supported values: \"ClusterRole\"",
                "subjects[0].namespace: Required value"
            ]
        );
    }
}
