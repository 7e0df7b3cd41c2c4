//! Roles and bindings, from words.

use crate::{
    Error,
    action::{Binding, Rights},
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A role, or a cluster role.
pub(crate) fn role(kind: &str, rights: &Rights) -> Result<Value, Error> {
    if rights.resources.is_empty() == rights.urls.is_empty() {
        return Err(Error::Usage("a role needs --resource or --non-resource-url, not both".into()));
    }
    if kind == "Role" && !rights.urls.is_empty() {
        return Err(Error::Usage("--non-resource-url is for cluster roles".into()));
    }
    // One rule a group: a rule's resources are looked for in each of its groups.
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for word in &rights.resources {
        let (resource, part) = word.split_once('/').map_or((word.as_str(), None), |(r, p)| (r, Some(p)));
        let (group, plural) = match shared_api::find(resource) {
            Some(found) => (found.group.to_owned(), found.plural.to_owned()),
            None if resource == "*" => ("*".into(), "*".into()),
            None => {
                return Err(Error::Usage(format!("the cluster has no kind {resource:?}")));
            }
        };
        let resource = part.map_or(plural.clone(), |part| format!("{plural}/{part}"));
        groups.entry(group).or_default().push(resource);
    }
    let mut rules: Vec<Value> = Vec::new();
    for (group, resources) in groups {
        let mut rule = json!({"apiGroups": [group], "resources": resources, "verbs": rights.verbs});
        if !rights.names.is_empty() {
            rule["resourceNames"] = json!(rights.names);
        }
        rules.push(rule);
    }
    if !rights.urls.is_empty() {
        rules.push(json!({"nonResourceURLs": rights.urls, "verbs": rights.verbs}));
    }
    Ok(json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": {"name": rights.name},
        "rules": rules,
    }))
}

/// A role binding, or a cluster role binding.
pub(crate) fn binding(kind: &str, binding: &Binding) -> Result<Value, Error> {
    const GROUP: &str = "rbac.authorization.k8s.io";
    let role = match (&binding.role, &binding.cluster_role) {
        (Some(_), _) if kind == "ClusterRoleBinding" => {
            return Err(Error::Usage("a cluster role binding names a --clusterrole".into()));
        }
        (Some(role), _) => json!({"apiGroup": GROUP, "kind": "Role", "name": role}),
        (None, role) => json!({"apiGroup": GROUP, "kind": "ClusterRole", "name": role}),
    };
    let mut subjects = Vec::new();
    for (subject, names) in [("User", &binding.users), ("Group", &binding.groups)] {
        subjects.extend(names.iter().map(|n| json!({"apiGroup": GROUP, "kind": subject, "name": n})));
    }
    for account in &binding.accounts {
        let pair = account.split_once(':').filter(|(n, a)| !n.is_empty() && !a.is_empty());
        let (namespace, name) = pair
            .ok_or_else(|| Error::Usage(format!("--serviceaccount {account:?}: expected NAMESPACE:NAME")))?;
        subjects.push(json!({"kind": "ServiceAccount", "namespace": namespace, "name": name}));
    }
    Ok(json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": {"name": binding.name},
        "roleRef": role, "subjects": subjects,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_has_a_rule_a_group() {
        let rights = Rights {
            name: "r".into(),
            verbs: vec!["get".into()],
            resources: vec!["pods".into(), "pods/log".into(), "deploy".into()],
            ..Rights::default()
        };
        let role = role("Role", &rights).unwrap();
        assert_eq!(role["rules"][0]["resources"], json!(["pods", "pods/log"]));
        assert_eq!(role["rules"][1]["apiGroups"], json!(["apps"]));
        assert!(super::role("Role", &Rights { urls: vec!["/x".into()], ..rights }).is_err());
    }

    #[test]
    fn a_binding_names_its_subjects() {
        let words = Binding {
            name: "b".into(),
            cluster_role: Some("view".into()),
            users: vec!["u".into()],
            accounts: vec!["n:a".into()],
            ..Binding::default()
        };
        let made = binding("RoleBinding", &words).unwrap();
        assert_eq!(made["roleRef"]["kind"], "ClusterRole");
        assert_eq!(made["subjects"][1], json!({"kind": "ServiceAccount", "namespace": "n", "name": "a"}));
        assert!(binding("RoleBinding", &Binding { accounts: vec!["a".into()], ..words }).is_err());
    }
}
