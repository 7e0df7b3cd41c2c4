//! What is wrong with the metadata of an object of any kind.

use crate::{
    Invalid,
    meta::{ObjectMeta, OwnerReference},
    name::{self, Rule},
};
use std::collections::BTreeMap;

/// All annotations of one object together: 256 KiB.
const ANNOTATIONS_MAX: usize = 256 * 1024;

/// Records what is wrong with an object's metadata. The server has chosen the name by now; what a name may
/// look like beyond a part of a URL is the kind's own rule.
pub fn valid_metadata(meta: &ObjectMeta, namespaced: bool, invalid: &mut Invalid) {
    if let Some(prefix) = meta.generate_name.as_deref().filter(|p| !p.is_empty())
        && let Some(why) = name::path_segment(prefix)
    {
        invalid.value("metadata.generateName", prefix, &why);
    }
    match meta.name.as_deref().unwrap_or_default() {
        "" => invalid.required("metadata.name", "name or generateName is required"),
        text => {
            if let Some(why) = name::path_segment(text) {
                invalid.value("metadata.name", text, &why);
            }
        }
    }
    match (namespaced, meta.namespace.as_deref().unwrap_or_default()) {
        (true, "") => invalid.required("metadata.namespace", ""),
        (true, text) => {
            if let Some(why) = name::label(text) {
                invalid.value("metadata.namespace", text, &why);
            }
        }
        (false, "") => {}
        (false, _) => invalid.forbidden("metadata.namespace", "not allowed on this type"),
    }
    labels("metadata.labels", meta.labels.as_ref(), invalid);
    annotations("metadata.annotations", meta.annotations.as_ref(), invalid);
    owners(meta.owner_references.as_deref().unwrap_or_default(), invalid);
    for finalizer in meta.finalizers.iter().flatten() {
        if let Some(why) = name::qualified(finalizer) {
            invalid.value("metadata.finalizers", finalizer, &why);
        }
    }
}

/// Records that an object's name breaks the rule of its kind.
pub(crate) fn valid_name(meta: &ObjectMeta, rule: Rule, invalid: &mut Invalid) {
    if let Some(text) = meta.name.as_deref().filter(|n| !n.is_empty())
        && let Some(why) = rule(text)
    {
        invalid.value("metadata.name", text, &why);
    }
    if let Some(prefix) = meta.generate_name.as_deref().filter(|n| !n.is_empty())
        && let Some(why) = rule(&begun(prefix))
    {
        invalid.value("metadata.generateName", prefix, &why);
    }
}

/// The beginning of a name as one that ends there: more follows on its hyphen.
fn begun(prefix: &str) -> String {
    prefix
        .strip_suffix('-')
        .filter(|rest| !rest.is_empty())
        .map_or_else(|| prefix.into(), |r| format!("{r}a"))
}

/// Records what is wrong with a set of labels at `path`.
pub(crate) fn labels(path: &str, labels: Option<&BTreeMap<String, String>>, invalid: &mut Invalid) {
    for (key, value) in labels.into_iter().flatten() {
        if let Some(why) = name::qualified(key) {
            invalid.value(path, key, &why);
        }
        if let Some(why) = name::label_value(value) {
            invalid.value(path, value, &why);
        }
    }
}

/// Records what is wrong with a set of annotations at `path`.
pub(crate) fn annotations(path: &str, annotations: Option<&BTreeMap<String, String>>, invalid: &mut Invalid) {
    let mut size = 0;
    for (key, value) in annotations.into_iter().flatten() {
        // api-conventions: the key of an annotation may have capitals in its prefix.
        if let Some(why) = name::qualified(&key.to_lowercase()) {
            invalid.value(path, key, &why);
        }
        size += key.len() + value.len();
    }
    if size > ANNOTATIONS_MAX {
        invalid.too_long(path, ANNOTATIONS_MAX);
    }
}

fn owners(owners: &[OwnerReference], invalid: &mut Invalid) {
    for (at, owner) in owners.iter().enumerate() {
        let mut filled = |field: &str, text: &str, why: &str| {
            if text.is_empty() {
                invalid.value(format!("metadata.ownerReferences[{at}].{field}"), text, why);
            }
        };
        filled("apiVersion", &owner.api_version, "version must not be empty");
        filled("kind", &owner.kind, "kind must not be empty");
        filled("name", &owner.name, "name must not be empty");
        filled("uid", &owner.uid, "uid must not be empty");
    }
    let mut controllers = owners.iter().filter(|o| o.controller == Some(true));
    if let (Some(first), Some(second)) = (controllers.next(), controllers.next()) {
        let why = format!(
            "Only one reference can have Controller set to true. Found \"true\" in references for {}/{} and {}/{}",
            first.kind, first.name, second.kind, second.name
        );
        invalid.value("metadata.ownerReferences", owners, &why);
    }
}

/// For our own types: `null` is the same as nothing, as it is for Kubernetes' types.
pub(crate) fn absent<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: serde::Deserialize<'de> + Default,
{
    <Option<T> as serde::Deserialize>::deserialize(deserializer).map(Option::unwrap_or_default)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn check(meta: Value, namespaced: bool) -> Vec<String> {
        let mut invalid = Invalid::default();
        valid_metadata(&serde_json::from_value(meta).unwrap(), namespaced, &mut invalid);
        invalid.lines()
    }

    #[test]
    fn good_metadata_is_fine() {
        let good = json!({"name": "a", "namespace": "b", "labels": {"x.io/y": "Z"}, "annotations": {"X.io/y": "any thing"},
            "finalizers": ["x.io/wait"]});
        assert_eq!(check(good, true), [""; 0]);
        assert_eq!(check(json!({"name": "a:b"}), false), [""; 0], "the kind decides what a name looks like");
    }

    #[test]
    fn the_beginning_of_a_name_follows_the_rule_for_names() {
        for (prefix, right) in
            [("web-", true), ("web", true), ("-", false), ("Web-", false), (&*"a".repeat(300), false)]
        {
            let meta = ObjectMeta { generate_name: Some(prefix.into()), ..ObjectMeta::default() };
            let mut invalid = Invalid::default();
            valid_name(&meta, name::subdomain, &mut invalid);
            let found =
                invalid.causes().iter().all(|cause| cause.field.as_deref() == Some("metadata.generateName"));
            assert!(found && invalid.causes().is_empty() == right, "{prefix}: {invalid:?}");
        }
    }

    #[test]
    fn each_finding_names_its_field() {
        let cases = [
            (
                json!({"namespace": "b"}),
                true,
                "metadata.name: Required value: name or generateName is required",
            ),
            (
                json!({"name": "a/b", "namespace": "b"}),
                true,
                "metadata.name: Invalid value: \"a/b\": may not contain '/'",
            ),
            (json!({"name": "a"}), true, "metadata.namespace: Required value"),
            (
                json!({"name": "a", "namespace": "b"}),
                false,
                "metadata.namespace: Forbidden: not allowed on this type",
            ),
            (
                json!({"name": "a", "labels": {"-": ""}}),
                false,
                "metadata.labels: Invalid value: \"-\": name part must",
            ),
            (
                json!({"name": "a", "labels": {"a": "b c"}}),
                false,
                "metadata.labels: Invalid value: \"b c\": a valid label",
            ),
            (
                json!({"name": "a", "annotations": {"a b": ""}}),
                false,
                "metadata.annotations: Invalid value: \"a b\": name",
            ),
            (
                json!({"name": "a", "annotations": {"a": "x".repeat(300_000)}}),
                false,
                "metadata.annotations: Too long",
            ),
            (
                json!({"name": "a", "finalizers": ["a b"]}),
                false,
                "metadata.finalizers: Invalid value: \"a b\": name",
            ),
            (
                json!({"name": "a", "ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": ""}]}),
                false,
                "metadata.ownerReferences[0].uid: Invalid value: \"\": uid must not be empty",
            ),
        ];
        for (meta, namespaced, expected) in cases {
            let found = check(meta, namespaced);
            assert!(found.len() == 1 && found[0].starts_with(expected), "{found:?} is not {expected}");
        }
    }
}
