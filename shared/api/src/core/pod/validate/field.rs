//! What is wrong with what a container or a volume is told about its own pod.

use super::one_of;
use crate::{Invalid, name};
use k8s_openapi::api::core::v1::{ObjectFieldSelector, ResourceFieldSelector};

/// What an environment variable may hold.
pub(super) const VARIABLES: &[&str] = &[
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];
/// What a file may hold.
pub(super) const FILES: &[&str] =
    &["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"];
/// Other fields a pod has, which neither may hold.
const OTHERS: &[&str] = &[
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.hostNetwork",
    "status.phase",
    "status.nominatedNodeName",
];

const AMOUNTS: &[&str] = &["cpu", "ephemeral-storage", "memory"];

/// Records a field of a pod that cannot be told.
pub(super) fn valid(selector: &ObjectFieldSelector, path: &str, told: &[&str], invalid: &mut Invalid) {
    if selector.api_version.as_deref().unwrap_or_default().is_empty() {
        return invalid.required(format!("{path}.apiVersion"), "");
    }
    let field = format!("{path}.fieldPath");
    let text = selector.field_path.as_str();
    if text.is_empty() {
        return invalid.required(field, "");
    }
    if let Some((map, key)) = text.strip_suffix("']").and_then(|t| t.split_once("['")) {
        let why = match map {
            "metadata.annotations" => name::qualified(&key.to_lowercase()),
            "metadata.labels" => name::qualified(key),
            other => Some(format!("does not support subscript: {other}")),
        };
        if let Some(why) = why {
            invalid.value(field, key, &why);
        }
        return;
    }
    if [VARIABLES, FILES, OTHERS].iter().any(|known| known.contains(&text)) {
        one_of(Some(text), told, field, invalid);
    } else {
        let why = format!("error converting fieldPath: field label not supported: {text}");
        invalid.value(field, text, &why);
    }
}

/// Records an amount of a container that cannot be told.
pub(super) fn valid_amount(selector: &ResourceFieldSelector, path: &str, file: bool, invalid: &mut Invalid) {
    if file && selector.container_name.as_deref().unwrap_or_default().is_empty() {
        invalid.required(format!("{path}.containerName"), "");
    }
    let field = format!("{path}.resource");
    let kind = selector.resource.split_once('.').filter(|(list, _)| matches!(*list, "limits" | "requests"));
    match kind {
        _ if selector.resource.is_empty() => invalid.required(field, ""),
        Some((_, what)) if AMOUNTS.contains(&what) || what.starts_with("hugepages-") => {}
        _ => {
            let all = ["limits", "requests"].map(|l| AMOUNTS.iter().map(move |a| format!("{l}.{a}")));
            let all: Vec<_> = all.into_iter().flatten().collect();
            let all: Vec<_> = all.iter().map(String::as_str).collect();
            invalid.unsupported(field, &selector.resource, &all);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::core::{Pod, testing::findings};
    use serde_json::{Value, json};

    #[test]
    fn a_pod_may_know_some_of_itself() {
        let field = |path: &str| json!({"fieldRef": {"fieldPath": path}});
        let amount = |what: &str| json!({"resourceFieldRef": {"resource": what}});
        let path = "spec.containers[0].env[0].valueFrom";
        let cases: [(Value, Option<String>); 8] = [
            (field("status.podIP"), None),
            (field("metadata.labels['app']"), None),
            (amount("limits.cpu"), None),
            (
                field("status.phase"),
                Some(format!(
                    "{path}.fieldRef.fieldPath: Unsupported value: \"status.phase\": supported values: \"metadata.name\""
                )),
            ),
            (
                field("spec.colour"),
                Some(format!(
                    "{path}.fieldRef.fieldPath: Invalid value: \"spec.colour\": error converting fieldPath: field label not \
                     supported: spec.colour"
                )),
            ),
            (
                field("metadata.labels['a b']"),
                Some(format!("{path}.fieldRef.fieldPath: Invalid value: \"a b\": name part must")),
            ),
            (field(""), Some(format!("{path}.fieldRef.fieldPath: Required value"))),
            (
                amount("limits.colour"),
                Some(format!(
                    "{path}.resourceFieldRef.resource: Unsupported value: \"limits.colour\": supported values: \"limits.cpu\""
                )),
            ),
        ];
        for (from, expected) in cases {
            let one = json!({"name": "a", "image": "b", "env": [{"name": "X", "valueFrom": from}]});
            let found = findings::<Pod>(json!({"spec": {"containers": [one]}}));
            assert_eq!(found.len(), usize::from(expected.is_some()), "{found:?}");
            for (found, expected) in found.iter().zip(expected) {
                assert!(found.starts_with(&expected), "{found} is not {expected}");
            }
        }
    }
}
