//! Runtime classes as they were written before `node.k8s.io/v1`. In `v1alpha1` everything is in a `spec`.

use crate::Version;
use serde_json::{Map, Value};

const GROUP: &str = "node.k8s.io";
const FIELDS: &[(&str, &str)] =
    &[("runtimeHandler", "handler"), ("overhead", "overhead"), ("scheduling", "scheduling")];

pub(super) const VERSIONS: &[Version] = &[
    Version::alike(
        GROUP,
        "v1beta1",
        "node.k8s.io/v1beta1",
        Some(
            "node.k8s.io/v1beta1 RuntimeClass is deprecated in v1.22+, unavailable in v1.25+; use node.k8s.io/v1 RuntimeClass",
        ),
    ),
    Version {
        group: GROUP,
        version: "v1alpha1",
        api_version: "node.k8s.io/v1alpha1",
        upgrade,
        downgrade,
        warning: Some(
            "node.k8s.io/v1alpha1 RuntimeClass is deprecated in v1.20+, unavailable in v1.22+; use node.k8s.io/v1 \
             RuntimeClass",
        ),
    },
];

fn upgrade(class: &mut Value) {
    let Some(fields) = class.as_object_mut() else { return };
    let Some(Value::Object(mut spec)) = fields.remove("spec") else { return };
    for (old, new) in FIELDS {
        if let Some(value) = spec.remove(*old) {
            fields.insert((*new).into(), value);
        }
    }
    // What the version does not have stays where it was, to be named as unknown.
    if !spec.is_empty() {
        fields.insert("spec".into(), Value::Object(spec));
    }
}

fn downgrade(class: &mut Value) {
    let Some(fields) = class.as_object_mut() else { return };
    let mut spec = Map::new();
    for (old, new) in FIELDS {
        if let Some(value) = fields.remove(*new) {
            spec.insert((*old).into(), value);
        }
    }
    fields.insert("spec".into(), Value::Object(spec));
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn there_and_back_again() {
        let old = json!({"metadata": {"name": "a"}, "spec": {"runtimeHandler": "h", "overhead": {"podFixed": {"cpu": "1"}}}});
        let new = json!({"metadata": {"name": "a"}, "handler": "h", "overhead": {"podFixed": {"cpu": "1"}}});
        let mut value = old.clone();
        upgrade(&mut value);
        assert_eq!(value, new);
        downgrade(&mut value);
        assert_eq!(value, old);
    }
}
