//! Which requests somebody wants to be asked about.

use crate::{Invalid, name, selector};
use k8s_openapi::api::admissionregistration::v1::{
    MatchCondition, MatchResources, NamedRuleWithOperations, RuleWithOperations,
};
use std::collections::BTreeSet;

/// A rule of either form.
#[derive(Clone, Copy)]
pub(super) struct Rule<'a> {
    groups: &'a [String],
    versions: &'a [String],
    operations: &'a [String],
    resources: &'a [String],
    scope: Option<&'a str>,
}

macro_rules! either {
    ($kind:ty) => {
        impl<'a> From<&'a $kind> for Rule<'a> {
            fn from(rule: &'a $kind) -> Self {
                Self {
                    groups: rule.api_groups.as_deref().unwrap_or_default(),
                    versions: rule.api_versions.as_deref().unwrap_or_default(),
                    operations: rule.operations.as_deref().unwrap_or_default(),
                    resources: rule.resources.as_deref().unwrap_or_default(),
                    scope: rule.scope.as_deref(),
                }
            }
        }
    };
}

either!(RuleWithOperations);
either!(NamedRuleWithOperations);

/// How many conditions there may be.
const MOST: usize = 64;

const OPERATIONS: &[&str] = &["*", "CONNECT", "CREATE", "DELETE", "UPDATE"];

pub(super) fn valid(path: &str, rule: Rule<'_>, invalid: &mut Invalid) {
    let alone = |list: &[String]| list.len() > 1 && list.iter().any(|item| item == "*");
    for (field, list, what) in
        [("apiGroups", rule.groups, "API groups"), ("apiVersions", rule.versions, "API versions")]
    {
        let path = format!("{path}.{field}");
        if list.is_empty() {
            invalid.required(path.clone(), "");
        }
        if alone(list) {
            invalid.value(path.clone(), list, &format!("if '*' is present, must not specify other {what}"));
        }
        for (at, item) in
            list.iter().enumerate().filter(|(_, item)| item.is_empty() && field == "apiVersions")
        {
            debug_assert!(item.is_empty());
            invalid.required(format!("{path}[{at}]"), "");
        }
    }
    invalid.one_of(format!("{path}.scope"), rule.scope, &["*", "Cluster", "Namespaced"]);
    let operations = format!("{path}.operations");
    if rule.operations.is_empty() {
        invalid.required(operations.clone(), "");
    }
    if alone(rule.operations) {
        let why = "if '*' is present, must not specify other operations";
        invalid.value(operations.clone(), rule.operations, why);
    }
    for (at, operation) in rule.operations.iter().enumerate() {
        if !OPERATIONS.contains(&operation.as_str()) {
            invalid.unsupported(format!("{operations}[{at}]"), operation, OPERATIONS);
        }
    }
    resources(&format!("{path}.resources"), rule.resources, invalid);
}

fn resources(path: &str, all: &[String], invalid: &mut Invalid) {
    if all.is_empty() {
        invalid.required(path, "");
    }
    let has = |wanted: &str| all.iter().any(|resource| resource == wanted);
    if has("*/*") && all.len() > 1 {
        invalid.value(path, all, "if '*/*' is present, must not specify other resources");
    }
    for (at, resource) in all.iter().enumerate() {
        let path = format!("{path}[{at}]");
        if resource.is_empty() {
            invalid.required(path, "");
            continue;
        }
        let Some((whole, part)) = resource.split_once('/') else {
            if has("*") && resource != "*" {
                let why = "if '*' is present, must not specify other resources without subresources";
                invalid.value(path, resource, why);
            }
            continue;
        };
        if part != "*" && has(&format!("{whole}/*")) {
            let why = format!("if '{whole}/*' is present, must not specify {resource}");
            invalid.value(path, resource, &why);
        } else if whole != "*" && has(&format!("*/{part}")) {
            let why = format!("if '*/{part}' is present, must not specify {resource}");
            invalid.value(path, resource, &why);
        }
    }
}

/// What is wrong with conditions, but for their expressions, which are looked at where they can be read.
pub(super) fn conditions(path: &str, all: &[MatchCondition], invalid: &mut Invalid) {
    let mut seen = BTreeSet::new();
    for (at, condition) in all.iter().enumerate() {
        let path = format!("{path}[{at}]");
        if condition.expression.trim().is_empty() {
            invalid.required(format!("{path}.expression"), "");
        }
        let name_ = format!("{path}.name");
        invalid.named(name_.clone(), &condition.name, name::qualified);
        if !condition.name.is_empty() && !seen.insert(&condition.name) {
            invalid.duplicate(name_, &condition.name);
        }
    }
    if all.len() > MOST {
        invalid.too_many(path, all.len(), MOST);
    }
}

/// Fills in what was left out.
pub(super) fn complete(matching: &mut MatchResources) {
    matching.match_policy.get_or_insert_with(|| "Equivalent".into());
    matching.namespace_selector.get_or_insert_default();
    matching.object_selector.get_or_insert_default();
    let all = matching.resource_rules.iter_mut().chain(&mut matching.exclude_resource_rules);
    for rule in all.flatten() {
        rule.scope.get_or_insert_with(|| "*".into());
    }
}

/// What is wrong with what a policy or a binding matches.
pub(super) fn matching(path: &str, matching: &MatchResources, invalid: &mut Invalid) {
    invalid.one_of(format!("{path}.matchPolicy"), matching.match_policy.as_deref(), &["Equivalent", "Exact"]);
    for (field, chosen) in
        [("namespaceSelector", &matching.namespace_selector), ("objectSelector", &matching.object_selector)]
    {
        if let Some(chosen) = chosen {
            selector::valid(chosen, &format!("{path}.{field}"), invalid);
        }
    }
    for (field, rules) in [
        ("resourceRules", &matching.resource_rules),
        ("excludeResourceRules", &matching.exclude_resource_rules),
    ] {
        for (at, rule) in rules.iter().flatten().enumerate() {
            let path = format!("{path}.{field}[{at}]");
            valid(&path, rule.into(), invalid);
            let mut seen = BTreeSet::new();
            for (n, name_) in rule.resource_names.iter().flatten().enumerate() {
                let path = format!("{path}.resourceNames[{n}]");
                if let Some(why) = crate::name::path_segment(name_) {
                    invalid.value(path, name_, &why);
                } else if !seen.insert(name_) {
                    invalid.duplicate(path, name_);
                }
            }
        }
    }
}
