//! The roles and bindings every cluster begins with, as objects, and what is put back into those that are
//! there.

use super::roles::{BINDINGS, ROLES, Role, Rule};
use serde_json::{Map, Value, json};

const GROUP: &str = "rbac.authorization.k8s.io";
const VERSION: &str = "rbac.authorization.k8s.io/v1";
const UPDATED: &str = "rbac.authorization.kubernetes.io/autoupdate";

/// All of them, roles first.
pub(super) fn policy() -> impl Iterator<Item = Value> {
    ROLES.iter().map(role).chain(BINDINGS.iter().map(|b| binding(b.0, b.1, b.2, b.3)))
}

fn words(list: &str) -> Vec<&str> {
    list.split(',').collect()
}

fn head(kind: &str, namespace: &str, name: &str) -> Value {
    let kind = if namespace.is_empty() { format!("Cluster{kind}") } else { kind.to_owned() };
    let mut meta = json!({
        "name": name,
        "labels": {"kubernetes.io/bootstrapping": "rbac-defaults"},
        "annotations": {UPDATED: "true"},
    });
    if !namespace.is_empty() {
        meta["namespace"] = json!(namespace);
    }
    json!({"apiVersion": VERSION, "kind": kind, "metadata": meta})
}

fn role(role: &Role) -> Value {
    let mut object = head("Role", role.namespace, role.name);
    let label = |part: &str| format!("rbac.authorization.k8s.io/aggregate-to-{part}");
    if !role.part_of.is_empty() {
        object["metadata"]["labels"][label(role.part_of)] = json!("true");
    }
    if role.gathers.is_empty() {
        object["rules"] = role.rules.iter().map(rule).collect();
    } else {
        let selector = json!({"matchLabels": {label(role.gathers): "true"}});
        object["aggregationRule"] = json!({"clusterRoleSelectors": [selector]});
    }
    object
}

fn rule(rule: &Rule) -> Value {
    if !rule.paths.is_empty() {
        return json!({"nonResourceURLs": words(rule.paths), "verbs": words(rule.verbs)});
    }
    let mut found = json!({
        "apiGroups": words(rule.groups), "resources": words(rule.resources), "verbs": words(rule.verbs),
    });
    if !rule.names.is_empty() {
        found["resourceNames"] = json!(words(rule.names));
    }
    found
}

fn binding(namespace: &str, name: &str, role: &str, subjects: &str) -> Value {
    let mut object = head("RoleBinding", namespace, name);
    let kind = if namespace.is_empty() { "ClusterRole" } else { "Role" };
    object["roleRef"] = json!({"apiGroup": GROUP, "kind": kind, "name": role});
    let subject = |text: &str| {
        let (kind, name) = text.split_once(':').unwrap_or(("User", text));
        match name.split_once('/').filter(|_| kind == "ServiceAccount") {
            Some((namespace, name)) => json!({"kind": kind, "name": name, "namespace": namespace}),
            None => json!({"apiGroup": GROUP, "kind": kind, "name": name}),
        }
    };
    let subjects: Vec<_> = subjects.split(',').filter(|s| !s.is_empty()).map(subject).collect();
    if !subjects.is_empty() {
        object["subjects"] = subjects.into();
    }
    object
}

/// What is there with what it lacks; `None` when it lacks nothing, or its owner wants it left alone.
pub(super) fn restored(there: &Value, wanted: &Value) -> Option<Value> {
    if there["metadata"]["annotations"][UPDATED] == "false" {
        return None;
    }
    // A binding cannot be made to mean another role: only its own keeper may replace it.
    if there["roleRef"] != wanted["roleRef"] {
        return None;
    }
    let mut new = there.clone();
    for field in ["labels", "annotations"] {
        let place = &mut new["metadata"][field];
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        for (name, value) in wanted["metadata"][field].as_object().into_iter().flatten() {
            place[name.as_str()] = value.clone();
        }
    }
    for field in ["rules", "subjects"] {
        for value in wanted[field].as_array().into_iter().flatten() {
            let there = new[field].as_array().is_some_and(|all| all.contains(value));
            match new[field].as_array_mut() {
                _ if there => {}
                Some(all) => all.push(value.clone()),
                None => new[field] = json!([value]),
            }
        }
    }
    if !wanted["aggregationRule"].is_null() {
        new["aggregationRule"] = wanted["aggregationRule"].clone();
    }
    (new != *there).then_some(new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_object_is_one_the_cluster_takes() {
        let mut names = BTreeSet::new();
        for object in policy() {
            let kind = shared_api::of(GROUP, object["kind"].as_str().unwrap()).unwrap();
            let Ok(decoded) = kind.decode(object.clone(), kind.api_version) else { panic!("{object}") };
            assert_eq!(decoded.unknown, [""; 0], "{object}");
            assert!(names.insert(object["metadata"]["name"].to_string() + kind.kind), "{object}");
        }
        assert!(names.len() > 40, "{}", names.len());
    }

    #[test]
    fn what_was_taken_away_is_put_back_and_what_was_added_stays() {
        let wanted = policy()
            .find(|o| o["metadata"]["name"] == "system:discovery" && o["kind"] == "ClusterRoleBinding");
        let wanted = wanted.unwrap();
        assert_eq!(restored(&wanted, &wanted), None);
        let mut changed = wanted.clone();
        let more = json!({"apiGroup": GROUP, "kind": "User", "name": "bob"});
        changed["subjects"] = json!([more]);
        let back = restored(&changed, &wanted).unwrap();
        assert_eq!(back["subjects"], json!([more, wanted["subjects"][0]]));
        changed["metadata"]["annotations"][UPDATED] = json!("false");
        assert_eq!(restored(&changed, &wanted), None);
    }
}
