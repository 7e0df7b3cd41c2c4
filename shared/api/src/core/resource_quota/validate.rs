//! What is wrong with a quota.

use crate::{Invalid, Quantity, name, quantity};
use k8s_openapi::api::core::v1::{ResourceQuotaSpec, ScopedResourceSelectorRequirement};
use std::collections::{BTreeMap, BTreeSet};

/// What can be limited by a name without a slash.
const RESOURCES: &[&str] = &[
    "cpu",
    "memory",
    "ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.storage",
    "requests.ephemeral-storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
];
/// What comes in whole numbers only.
const COUNTED: &[&str] = &[
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "services.nodeports",
    "services.loadbalancers",
];
/// What a scope of pods can limit.
const OF_PODS: &[&str] =
    &["pods", "cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"];
const SCOPES: &[&str] = &[
    "Terminating",
    "NotTerminating",
    "BestEffort",
    "NotBestEffort",
    "PriorityClass",
    "CrossNamespacePodAffinity",
    "VolumeAttributesClass",
];
const OPPOSITES: &[(&str, &str)] = &[("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating")];

pub(super) fn valid(spec: &ResourceQuotaSpec, invalid: &mut Invalid) {
    amounts("spec.hard", spec.hard.as_ref(), invalid);
    let scopes = spec.scopes.as_deref().unwrap_or_default();
    for scope in scopes {
        if !SCOPES.contains(&scope.as_str()) {
            invalid.value("spec.scopes", scopes, "unsupported scope");
        }
        for _ in spec.hard.iter().flatten().filter(|(name, _)| misfit(scope, name)) {
            invalid.value("spec.scopes", scopes, "unsupported scope applied to resource");
        }
    }
    if conflicting(scopes.iter()) {
        invalid.value("spec.scopes", scopes, "conflicting scopes");
    }
    let Some(selector) = &spec.scope_selector else { return };
    let path = "spec.scopeSelector.matchExpressions";
    let requirements = selector.match_expressions.as_deref().unwrap_or_default();
    for one in requirements {
        for _ in spec.hard.iter().flatten().filter(|(name, _)| misfit(&one.scope_name, name)) {
            invalid.value(path, selector, "unsupported scope applied to resource");
        }
        valid_requirement(one, path, invalid);
    }
    if conflicting(requirements.iter().map(|r| &r.scope_name)) {
        invalid.value(path, scopes, "conflicting scopes");
    }
}

fn valid_requirement(one: &ScopedResourceSelectorRequirement, path: &str, invalid: &mut Invalid) {
    let scope = one.scope_name.as_str();
    if !SCOPES.contains(&scope) {
        invalid.value(format!("{path}.scopeName"), scope, "unsupported scope");
    }
    if !matches!(scope, "PriorityClass" | "VolumeAttributesClass") && one.operator != "Exists" {
        let why = "must be 'Exist' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, \
                   ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or \
                   ResourceQuotaScopeCrossNamespacePodAffinity";
        invalid.value(format!("{path}.operator"), &one.operator, why);
    }
    let values = one.values.as_deref().unwrap_or_default();
    match one.operator.as_str() {
        "In" | "NotIn" if values.is_empty() => {
            let why = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector";
            invalid.required(format!("{path}.values"), why);
        }
        "Exists" | "DoesNotExist" if !values.is_empty() => {
            let why = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector";
            invalid.value(format!("{path}.values"), values, why);
        }
        "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
        other => invalid.value(format!("{path}.operator"), other, "not a valid selector operator"),
    }
}

/// Records amounts of what cannot be limited, and amounts that cannot be.
pub(super) fn amounts(path: &str, list: Option<&BTreeMap<String, Quantity>>, invalid: &mut Invalid) {
    for (resource, amount) in list.into_iter().flatten() {
        let field = format!("{path}[{resource}]");
        if let Some(why) = name::qualified(resource) {
            invalid.value(&field, resource, &why);
        } else if !resource.contains('/') && !is_standard(resource) {
            invalid.value(&field, resource, "must be a standard resource type or fully qualified");
            invalid.value(&field, resource, "must be a standard resource for quota");
        }
        let found = quantity::valid(amount, &field, invalid);
        let whole = COUNTED.contains(&resource.as_str()) || resource.starts_with("count/");
        if whole && found.is_some_and(|a| a.as_milli() % 1000 != 0) {
            invalid.value(field, &amount.0, "must be an integer");
        }
    }
}

fn is_standard(resource: &str) -> bool {
    let huge = |prefix: &str| resource.starts_with(prefix);
    RESOURCES.contains(&resource)
        || COUNTED.contains(&resource)
        || huge("hugepages-")
        || huge("requests.hugepages-")
}

/// Whether objects a scope selects have nothing to do with a resource.
fn misfit(scope: &str, resource: &str) -> bool {
    let fits = match scope {
        "BestEffort" => resource == "pods",
        "VolumeAttributesClass" => matches!(resource, "persistentvolumeclaims" | "requests.storage"),
        _ => OF_PODS.contains(&resource),
    };
    is_standard(resource) && !fits
}

fn conflicting<'a>(scopes: impl Iterator<Item = &'a String>) -> bool {
    let scopes: BTreeSet<_> = scopes.map(String::as_str).collect();
    OPPOSITES.iter().any(|(one, other)| scopes.contains(one) && scopes.contains(other))
}

/// Records changed scopes: what was counted would no longer be.
pub(super) fn kept(new: &ResourceQuotaSpec, old: &ResourceQuotaSpec, invalid: &mut Invalid) {
    let set = |spec: &ResourceQuotaSpec| spec.scopes.iter().flatten().cloned().collect::<BTreeSet<_>>();
    if set(new) != set(old) {
        invalid.value("spec.scopes", &new.scopes, "field is immutable");
    }
}

#[cfg(test)]
mod tests {
    use crate::core::{
        ResourceQuota,
        testing::{changed, findings},
    };
    use serde_json::{Value, json};

    fn check(spec: &Value, expected: &[&str]) {
        assert_eq!(findings::<ResourceQuota>(json!({"spec": spec})), expected);
    }

    #[test]
    fn each_finding_names_its_field() {
        check(
            &json!({"hard": {"pods": "2", "count/deployments.apps": "1", "requests.cpu": "500m",
                "gold.storageclass.storage.k8s.io/requests.storage": "1Gi"}, "scopes": []}),
            &[],
        );
        check(
            &json!({"hard": {"pods": "1.5", "disks": "1"}}),
            &[
                "spec.hard[disks]: Invalid value: \"disks\": must be a standard resource type or fully qualified",
                "spec.hard[disks]: Invalid value: \"disks\": must be a standard resource for quota",
                "spec.hard[pods]: Invalid value: \"1.5\": must be an integer",
            ],
        );
        check(
            &json!({"hard": {"cpu": "1"}, "scopes": ["BestEffort", "NotBestEffort", "Old"]}),
            &[
                "spec.scopes: Invalid value: [\"BestEffort\",\"NotBestEffort\",\"Old\"]: unsupported scope applied to resource",
                "spec.scopes: Invalid value: [\"BestEffort\",\"NotBestEffort\",\"Old\"]: unsupported scope",
                "spec.scopes: Invalid value: [\"BestEffort\",\"NotBestEffort\",\"Old\"]: conflicting scopes",
            ],
        );
        check(
            &json!({"scopeSelector": {"matchExpressions": [{"scopeName": "PriorityClass", "operator": "In"}]}}),
            &[
                "spec.scopeSelector.matchExpressions.values: Required value: must be at least one value when `operator` is \
               'In' or 'NotIn' for scope selector",
            ],
        );
    }

    #[test]
    fn scopes_stay() {
        let with = |scope: &str| json!({"spec": {"hard": {"pods": "1"}, "scopes": [scope]}});
        assert_eq!(
            changed::<ResourceQuota>(with("BestEffort"), with("Terminating")),
            ["spec.scopes: Invalid value: [\"Terminating\"]: field is immutable"]
        );
    }
}
