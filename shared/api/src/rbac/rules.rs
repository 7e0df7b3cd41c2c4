//! What is wrong with the rules of a role, and with a binding of one.

use crate::{Invalid, name};
use k8s_openapi::api::rbac::v1::{PolicyRule, RoleRef, Subject};

/// The group all of this belongs to.
pub(super) const GROUP: &str = "rbac.authorization.k8s.io";

/// Records what is wrong with the rules of a role that counts in one namespace, or everywhere.
pub(super) fn valid(rules: Option<&Vec<PolicyRule>>, namespaced: bool, invalid: &mut Invalid) {
    for (at, rule) in rules.into_iter().flatten().enumerate() {
        valid_rule(rule, &format!("rules[{at}]"), namespaced, invalid);
    }
}

fn valid_rule(rule: &PolicyRule, path: &str, namespaced: bool, invalid: &mut Invalid) {
    let empty = |list: &Option<Vec<String>>| list.as_ref().is_none_or(Vec::is_empty);
    if rule.verbs.is_empty() {
        invalid.required(format!("{path}.verbs"), "verbs must contain at least one value");
    }
    if !empty(&rule.non_resource_urls) {
        let field = format!("{path}.nonResourceURLs");
        if namespaced {
            let why = "namespaced rules cannot apply to non-resource URLs";
            invalid.value(&field, &rule.non_resource_urls, why);
        }
        if !(empty(&rule.api_groups) && empty(&rule.resources) && empty(&rule.resource_names)) {
            let why = "rules cannot apply to both regular resources and non-resource URLs";
            invalid.value(&field, &rule.non_resource_urls, why);
        }
        return;
    }
    if empty(&rule.api_groups) {
        invalid.required(format!("{path}.apiGroups"), "resource rules must supply at least one api group");
    }
    if empty(&rule.resources) {
        invalid.required(format!("{path}.resources"), "resource rules must supply at least one resource");
    }
}

/// Completes a binding: roles and people are of this group, service accounts of the core one.
pub(super) fn complete(role: &mut RoleRef, subjects: Option<&mut Vec<Subject>>) {
    if role.api_group.is_empty() {
        role.api_group = GROUP.into();
    }
    for subject in subjects.into_iter().flatten() {
        if matches!(subject.kind.as_str(), "User" | "Group")
            && subject.api_group.as_deref().unwrap_or_default().is_empty()
        {
            subject.api_group = Some(GROUP.into());
        }
    }
}

/// Records what is wrong with a binding.
pub(super) fn valid_binding(
    role: &RoleRef,
    kinds: &[&str],
    subjects: Option<&Vec<Subject>>,
    namespaced: bool,
    invalid: &mut Invalid,
) {
    if role.api_group != GROUP {
        invalid.unsupported("roleRef.apiGroup", &role.api_group, &[GROUP]);
    }
    if !kinds.contains(&role.kind.as_str()) {
        invalid.unsupported("roleRef.kind", &role.kind, kinds);
    }
    invalid.named("roleRef.name", &role.name, name::path_segment);
    for (at, subject) in subjects.into_iter().flatten().enumerate() {
        valid_subject(subject, &format!("subjects[{at}]"), namespaced, invalid);
    }
}

fn valid_subject(subject: &Subject, path: &str, namespaced: bool, invalid: &mut Invalid) {
    let group = subject.api_group.as_deref().unwrap_or_default();
    if subject.name.is_empty() {
        invalid.required(format!("{path}.name"), "");
    }
    match subject.kind.as_str() {
        "ServiceAccount" => {
            if !subject.name.is_empty() {
                invalid.ruled(format!("{path}.name"), &subject.name, name::subdomain);
            }
            if !group.is_empty() {
                invalid.unsupported(format!("{path}.apiGroup"), group, &[""]);
            }
            // In a namespace, the account of the same namespace is meant.
            if !namespaced && subject.namespace.as_deref().unwrap_or_default().is_empty() {
                invalid.required(format!("{path}.namespace"), "");
            }
        }
        kind @ ("User" | "Group") => {
            if subject.name.is_empty() {
                let why = format!("{} name cannot be empty", kind.to_lowercase());
                invalid.value(format!("{path}.name"), "", &why);
            }
            if group != GROUP {
                invalid.unsupported(format!("{path}.apiGroup"), group, &[GROUP]);
            }
        }
        other => invalid.unsupported(format!("{path}.kind"), other, &["ServiceAccount", "User", "Group"]),
    }
}

/// Records that a binding leads to another role: whoever may bind one may not be trusted with the other.
pub(super) fn kept(new: &RoleRef, old: &RoleRef, invalid: &mut Invalid) {
    if new != old {
        invalid.value("roleRef", new, "cannot change roleRef");
    }
}

/// `ClusterRole/edit`.
pub(super) fn role(role: &RoleRef) -> String {
    format!("{}/{}", role.kind, role.name)
}

/// The subjects of one kind, as a table lists them.
pub(super) fn subjects(subjects: Option<&Vec<Subject>>, kind: &str) -> String {
    let text = |s: &Subject| match (kind, s.namespace.as_deref().unwrap_or_default()) {
        ("ServiceAccount", namespace) => format!("{namespace}/{}", s.name),
        _ => s.name.clone(),
    };
    let found = subjects.into_iter().flatten().filter(|s| s.kind == kind).map(text);
    found.collect::<Vec<_>>().join(", ")
}
