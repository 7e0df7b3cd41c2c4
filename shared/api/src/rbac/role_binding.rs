//! Role bindings: who has a role in a namespace.

use super::{old, rules};
use crate::{Column, Invalid, Kind, Version};
pub use k8s_openapi::api::rbac::v1::RoleBinding;

impl Kind for RoleBinding {
    const VERSIONS: &'static [Version] = old::ROLE_BINDING;
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
        rules::valid_binding(&self.role_ref, &["Role", "ClusterRole"], self.subjects.as_ref(), true, invalid);
        if let Some(old) = old {
            rules::kept(&self.role_ref, &old.role_ref, invalid);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::testing::{changed, completed, findings, row};
    use serde_json::{Value, json};

    fn binding(role: &str, subjects: &Value) -> Value {
        json!({"roleRef": {"kind": "Role", "name": role}, "subjects": subjects})
    }

    #[test]
    fn each_finding_names_its_field() {
        let fine = json!([{"kind": "User", "name": "u"}, {"kind": "ServiceAccount", "name": "default"}]);
        assert_eq!(findings::<RoleBinding>(binding("a", &fine)), [""; 0]);
        let bad = json!([{"kind": "Robot", "name": "r"}, {"kind": "Group", "name": ""},
            {"kind": "ServiceAccount", "name": "A", "apiGroup": "x"}]);
        let found = findings::<RoleBinding>(binding("a/b", &bad));
        let expected = [
            "roleRef.name: Invalid value: \"a/b\": may not contain '/'",
            "subjects[0].kind: Unsupported value: \"Robot\": supported values: \"ServiceAccount\", \"User\", \"Group\"",
            "subjects[1].name: Required value",
            "subjects[1].name: Invalid value: \"\": group name cannot be empty",
            "subjects[2].name: Invalid value: \"A\": a lowercase RFC 1123 subdomain",
            "subjects[2].apiGroup: Unsupported value: \"x\": supported values: \"\"",
        ];
        assert_eq!(found.len(), expected.len(), "{found:#?}");
        found.iter().zip(expected).for_each(|(f, e)| assert!(f.starts_with(e), "{f} is not {e}"));
    }

    #[test]
    fn a_binding_leads_to_one_role_for_ever() {
        let none = json!([]);
        let found = changed::<RoleBinding>(binding("a", &none), binding("b", &none));
        assert_eq!(
            found,
            [
                "roleRef: Invalid value: {\"apiGroup\":\"rbac.authorization.k8s.io\",\"kind\":\"Role\",\"name\":\"b\"}: \
              cannot change roleRef"
            ]
        );
    }

    #[test]
    fn a_binding_is_shown_by_its_role_and_its_subjects() {
        let subjects = json!([{"kind": "User", "name": "u"}, {"kind": "User", "name": "v"},
            {"kind": "ServiceAccount", "name": "s", "namespace": "n"}]);
        let row = row::<RoleBinding>(binding("a", &subjects));
        assert_eq!(row, ["Role/a", "<unknown>", "u, v", "", "n/s"]);
        let whole = completed::<RoleBinding>(binding("a", &subjects));
        assert_eq!(whole["subjects"][0]["apiGroup"], "rbac.authorization.k8s.io");
        assert!(whole["subjects"][2].get("apiGroup").is_none());
    }
}
