//! Priority classes: names for how important pods are.

use crate::{Column, Invalid, Kind, Version, metadata::valid_name, name};
pub use k8s_openapi::api::scheduling::v1::PriorityClass;

/// What users may give at most.
const HIGHEST: i32 = 1_000_000_000;
/// Names that start so are the system's own.
const RESERVED: &str = "system-";
const POLICIES: &[&str] = &["Never", "PreemptLowerPriority"];

/// The classes every cluster has: name, value, and what they are for.
pub const SYSTEM: &[(&str, i32, &str)] = &[
    (
        "system-cluster-critical",
        2_000_000_000,
        "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
    ),
    (
        "system-node-critical",
        2_000_001_000,
        "Used for system critical pods that must not be moved from their current node.",
    ),
];

impl Kind for PriorityClass {
    const VERSIONS: &'static [Version] = &[
        Version::alike(
            "scheduling.k8s.io",
            "v1beta1",
            "scheduling.k8s.io/v1beta1",
            Some(
                "scheduling.k8s.io/v1beta1 PriorityClass is deprecated in v1.14+, unavailable in v1.22+; use scheduling.k8s.io/v1 PriorityClass",
            ),
        ),
        Version::alike(
            "scheduling.k8s.io",
            "v1alpha1",
            "scheduling.k8s.io/v1alpha1",
            Some(
                "scheduling.k8s.io/v1alpha1 PriorityClass is deprecated in v1.14+, unavailable in v1.22+; use scheduling.k8s.io/v1 PriorityClass",
            ),
        ),
        // Early notes write it so.
        Version::alike("", "v1", "v1", None),
    ];
    const SHORT_NAMES: &'static [&'static str] = &["pc"];
    const COLUMNS: &'static [Column<Self>] = &[
        Column::integer("Value", |c, _| c.value.to_string()),
        Column::text("Global-Default", |c, _| c.global_default.unwrap_or(false).to_string()),
        Column::age(),
        Column::text("PreemptionPolicy", |c, _| c.preemption_policy.clone().unwrap_or_default()),
    ];

    fn set_defaults(&mut self) {
        self.preemption_policy.get_or_insert_with(|| "PreemptLowerPriority".into());
    }

    fn validate(&self, old: Option<&Self>, invalid: &mut Invalid) {
        valid_name(&self.metadata, name::subdomain, invalid);
        let called = self.metadata.name.as_deref().unwrap_or_default();
        if called.starts_with(RESERVED) {
            if let Some(error) = foreign(self, called) {
                let why = format!(
                    "priority class names with '{RESERVED}' prefix are reserved for system use only. error: {error}"
                );
                invalid.forbidden("metadata.name", &why);
            }
        } else if self.value > HIGHEST {
            let why = format!("maximum allowed value of a user defined priority is {HIGHEST}");
            invalid.forbidden("value", &why);
        }
        match self.preemption_policy.as_deref() {
            Some("") => invalid.required("preemptionPolicy", ""),
            policy => invalid.one_of("preemptionPolicy", policy, POLICIES),
        }
        let Some(old) = old else { return };
        if self.value != old.value {
            invalid.forbidden("value", "may not be changed in an update.");
        }
        invalid.kept("preemptionPolicy", &self.preemption_policy, &old.preemption_policy);
    }
}

/// Why a class with a reserved name is none of the system's.
fn foreign(class: &PriorityClass, called: &str) -> Option<String> {
    match SYSTEM.iter().find(|(name, ..)| *name == called) {
        None => Some(format!("{called} is not a known system priority class")),
        Some((_, value, _)) if *value != class.value => {
            Some(format!("value of {called} PriorityClass must be {value}"))
        }
        Some(_) if class.global_default == Some(true) => {
            Some(format!("globalDefault of {called} PriorityClass must be false"))
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::testing::{changed, findings, row};
    use serde_json::json;

    #[test]
    fn each_finding_names_its_field() {
        let prefix = "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use \
                      only. error: ";
        let cases = [
            (json!({"value": 1_000_000}), None),
            (
                json!({"value": 1_000_000_001}),
                Some("value: Forbidden: maximum allowed value of a user defined priority is 1000000000".into()),
            ),
            (
                json!({"value": 1, "metadata": {"name": "system-x"}}),
                Some(format!("{prefix}system-x is not a known system priority class")),
            ),
            (
                json!({"value": 1, "metadata": {"name": "system-node-critical"}}),
                Some(format!("{prefix}value of system-node-critical PriorityClass must be 2000001000")),
            ),
            (json!({"value": 2_000_001_000, "metadata": {"name": "system-node-critical"}}), None),
            (
                json!({"value": 1, "preemptionPolicy": "Often"}),
                Some(
                    "preemptionPolicy: Unsupported value: \"Often\": supported values: \"Never\", \"PreemptLowerPriority\""
                        .into(),
                ),
            ),
        ];
        for (class, expected) in cases {
            assert_eq!(findings::<PriorityClass>(class), expected.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_priority_stays_as_it_is() {
        let found =
            changed::<PriorityClass>(json!({"value": 1}), json!({"value": 2, "preemptionPolicy": "Never"}));
        assert_eq!(
            found,
            [
                "value: Forbidden: may not be changed in an update.",
                "preemptionPolicy: Invalid value: \"Never\": field is immutable"
            ]
        );
    }

    #[test]
    fn a_class_is_shown_by_its_value() {
        let row = row::<PriorityClass>(json!({"value": 7, "globalDefault": true}));
        assert_eq!(row, ["7", "true", "<unknown>", "PreemptLowerPriority"]);
    }
}
