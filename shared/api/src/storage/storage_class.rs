//! Storage classes: kinds of storage that claims may ask for.

use crate::{Column, Invalid, Kind, Version, metadata::valid_name, name};
pub use k8s_openapi::api::storage::v1::StorageClass;
use std::collections::BTreeSet;

/// Marks the class of claims that name none.
pub const DEFAULT_CLASS: &str = "storageclass.kubernetes.io/is-default-class";
/// What marked it before.
const BETA_DEFAULT_CLASS: &str = "storageclass.beta.kubernetes.io/is-default-class";

const PARAMETERS_MAX: usize = 512;
const PARAMETERS_SIZE_MAX: usize = 256 * 1024;

/// Whether claims that name no class get this one.
pub fn is_default(class: &StorageClass) -> bool {
    let says =
        |key| class.metadata.annotations.as_ref().and_then(|a| a.get(key)).is_some_and(|v| v == "true");
    says(DEFAULT_CLASS) || says(BETA_DEFAULT_CLASS)
}

impl Kind for StorageClass {
    const SHOWN_LAST: bool = true;
    const VERSIONS: &'static [Version] = &[Version::alike(
        "storage.k8s.io",
        "v1beta1",
        "storage.k8s.io/v1beta1",
        Some(
            "storage.k8s.io/v1beta1 StorageClass is deprecated in v1.19+, unavailable in v1.22+; use storage.k8s.io/v1 StorageClass",
        ),
    )];
    const SHORT_NAMES: &'static [&'static str] = &["sc"];
    const NAME: Option<fn(&Self) -> String> = Some(shown);
    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("Provisioner", |c, _| c.provisioner.clone()),
        Column::text("ReclaimPolicy", |c, _| c.reclaim_policy.clone().unwrap_or("Delete".into())),
        Column::text("VolumeBindingMode", |c, _| c.volume_binding_mode.clone().unwrap_or("Immediate".into())),
        Column::text("AllowVolumeExpansion", |c, _| c.allow_volume_expansion.unwrap_or(false).to_string()),
        Column::age(),
    ];

    fn set_defaults(&mut self) {
        self.reclaim_policy.get_or_insert_with(|| "Delete".into());
        self.volume_binding_mode.get_or_insert_with(|| "Immediate".into());
    }

    fn validate(&self, old: Option<&Self>, invalid: &mut Invalid) {
        valid_name(&self.metadata, name::subdomain, invalid);
        invalid.named("provisioner", &self.provisioner, |text| name::qualified(&text.to_lowercase()));
        valid_parameters(self, invalid);
        invalid.one_of("reclaimPolicy", self.reclaim_policy.as_deref(), &["Delete", "Retain"]);
        match self.volume_binding_mode.as_deref() {
            None => invalid.required("volumeBindingMode", ""),
            Some("Immediate" | "WaitForFirstConsumer") => {}
            Some(mode) => {
                invalid.unsupported("volumeBindingMode", mode, &["Immediate", "WaitForFirstConsumer"]);
            }
        }
        valid_topologies(self, invalid);
        let Some(old) = old else { return };
        let none = |class: &Self| class.parameters.clone().unwrap_or_default();
        for (field, changed) in [
            ("parameters", none(self) != none(old)),
            ("provisioner", self.provisioner != old.provisioner),
            ("reclaimPolicy", self.reclaim_policy != old.reclaim_policy),
        ] {
            if changed {
                invalid.forbidden(field, &format!("updates to {field} are forbidden."));
            }
        }
        invalid.kept("volumeBindingMode", &self.volume_binding_mode, &old.volume_binding_mode);
    }
}

fn shown(class: &StorageClass) -> String {
    let name = class.metadata.name.clone().unwrap_or_default();
    if is_default(class) { name + " (default)" } else { name }
}

fn valid_parameters(class: &StorageClass, invalid: &mut Invalid) {
    let Some(parameters) = &class.parameters else { return };
    if parameters.len() > PARAMETERS_MAX {
        return invalid.too_long("parameters", PARAMETERS_MAX);
    }
    if parameters.contains_key("") {
        invalid.value("parameters", "", "field can not be empty.");
    }
    if parameters.iter().map(|(k, v)| k.len() + v.len()).sum::<usize>() > PARAMETERS_SIZE_MAX {
        invalid.too_long("parameters", PARAMETERS_SIZE_MAX);
    }
}

fn valid_topologies(class: &StorageClass, invalid: &mut Invalid) {
    for (at, term) in class.allowed_topologies.iter().flatten().enumerate() {
        let path = format!("allowedTopologies[{at}].matchLabelExpressions");
        let mut keys = BTreeSet::new();
        for (at, one) in term.match_label_expressions.iter().flatten().enumerate() {
            let path = format!("{path}[{at}]");
            let mut seen = BTreeSet::new();
            if one.values.is_empty() {
                invalid.required(format!("{path}.values"), "");
            }
            for (at, value) in one.values.iter().enumerate() {
                if !seen.insert(value) {
                    invalid.duplicate(format!("{path}.values[{at}]"), value);
                }
            }
            invalid.ruled(format!("{path}.key"), &one.key, name::qualified);
            if !keys.insert(&one.key) {
                invalid.duplicate(format!("{path}.key"), &one.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::testing::{changed, findings, object, row};
    use serde_json::json;

    #[test]
    fn each_finding_names_its_field() {
        assert_eq!(findings::<StorageClass>(json!({"provisioner": "kubernetes.io/no-provisioner"})), [""; 0]);
        let topology = json!([{"matchLabelExpressions": [{"key": "a", "values": ["b", "b"]}, {"key": "a", "values": []}]}]);
        assert_eq!(
            findings::<StorageClass>(
                json!({"provisioner": "", "parameters": {"": "a"}, "reclaimPolicy": "Keep",
                "volumeBindingMode": "Later", "allowedTopologies": topology})
            ),
            [
                "provisioner: Required value",
                "parameters: Invalid value: \"\": field can not be empty.",
                "reclaimPolicy: Unsupported value: \"Keep\": supported values: \"Delete\", \"Retain\"",
                "volumeBindingMode: Unsupported value: \"Later\": supported values: \"Immediate\", \
                 \"WaitForFirstConsumer\"",
                "allowedTopologies[0].matchLabelExpressions[0].values[1]: Duplicate value: \"b\"",
                "allowedTopologies[0].matchLabelExpressions[1].values: Required value",
                "allowedTopologies[0].matchLabelExpressions[1].key: Duplicate value: \"a\"",
            ]
        );
    }

    #[test]
    fn a_class_stays_as_it_is() {
        let new = json!({"provisioner": "b", "parameters": {"a": "b"}, "reclaimPolicy": "Retain", "volumeBindingMode": "WaitForFirstConsumer"});
        assert_eq!(
            changed::<StorageClass>(json!({"provisioner": "a"}), new),
            [
                "parameters: Forbidden: updates to parameters are forbidden.",
                "provisioner: Forbidden: updates to provisioner are forbidden.",
                "reclaimPolicy: Forbidden: updates to reclaimPolicy are forbidden.",
                "volumeBindingMode: Invalid value: \"WaitForFirstConsumer\": field is immutable",
            ]
        );
        assert_eq!(
            changed::<StorageClass>(
                json!({"provisioner": "a"}),
                json!({"provisioner": "a", "parameters": {}})
            ),
            [""; 0]
        );
    }

    #[test]
    fn the_default_class_says_so() {
        let class =
            json!({"metadata": {"name": "a", "annotations": {(DEFAULT_CLASS): "true"}}, "provisioner": "p"});
        assert_eq!(row::<StorageClass>(class.clone()), ["p", "Delete", "Immediate", "false", "<unknown>"]);
        assert_eq!(shown(&object(class)), "a (default)");
    }
}
