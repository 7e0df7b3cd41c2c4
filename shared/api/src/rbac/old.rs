//! Roles and bindings as they were written before `rbac.authorization.k8s.io/v1`. A subject of `v1alpha1`
//! has an API version where later ones have a group.

use super::rules::GROUP;
use crate::Version;
use serde_json::Value;

const BETA: &str = "rbac.authorization.k8s.io/v1beta1";
const ALPHA: &str = "rbac.authorization.k8s.io/v1alpha1";

macro_rules! warning {
    ($version:literal, $kind:literal) => {
        Some(concat!(
            "rbac.authorization.k8s.io/",
            $version,
            " ",
            $kind,
            " is deprecated in v1.17+, unavailable in v1.22+; use rbac.authorization.k8s.io/v1 ",
            $kind
        ))
    };
}

pub(super) const ROLE: &[Version] = &[beta(warning!("v1beta1", "Role")), alpha(warning!("v1alpha1", "Role"))];
pub(super) const CLUSTER_ROLE: &[Version] =
    &[beta(warning!("v1beta1", "ClusterRole")), alpha(warning!("v1alpha1", "ClusterRole"))];
pub(super) const ROLE_BINDING: &[Version] =
    &[beta(warning!("v1beta1", "RoleBinding")), alpha_binding(warning!("v1alpha1", "RoleBinding"))];
pub(super) const CLUSTER_ROLE_BINDING: &[Version] = &[
    beta(warning!("v1beta1", "ClusterRoleBinding")),
    alpha_binding(warning!("v1alpha1", "ClusterRoleBinding")),
];

const fn beta(warning: Option<&'static str>) -> Version {
    Version::alike(GROUP, "v1beta1", BETA, warning)
}

const fn alpha(warning: Option<&'static str>) -> Version {
    Version::alike(GROUP, "v1alpha1", ALPHA, warning)
}

const fn alpha_binding(warning: Option<&'static str>) -> Version {
    Version { upgrade, downgrade, ..alpha(warning) }
}

fn subjects(binding: &mut Value) -> impl Iterator<Item = &mut serde_json::Map<String, Value>> {
    let list = binding.get_mut("subjects").and_then(Value::as_array_mut);
    list.into_iter().flatten().filter_map(Value::as_object_mut)
}

fn upgrade(binding: &mut Value) {
    for subject in subjects(binding) {
        let version = subject.remove("apiVersion");
        let group = match subject.get("kind").and_then(Value::as_str).unwrap_or_default() {
            "ServiceAccount" => "",
            "User" | "Group" => GROUP,
            _ => {
                let version = version.as_ref().and_then(Value::as_str).unwrap_or_default();
                version.split_once('/').map_or("", |(group, _)| group)
            }
        };
        subject.insert("apiGroup".into(), group.into());
        // Everybody, in this version only.
        if subject.get("kind").is_some_and(|k| k == "User") && subject.get("name").is_some_and(|n| n == "*") {
            subject.insert("kind".into(), "Group".into());
            subject.insert("name".into(), "system:authenticated".into());
        }
    }
}

fn downgrade(binding: &mut Value) {
    for subject in subjects(binding) {
        let group = subject.remove("apiGroup");
        let version = match subject.get("kind").and_then(Value::as_str).unwrap_or_default() {
            "ServiceAccount" => "v1".to_owned(),
            "User" | "Group" => ALPHA.to_owned(),
            _ => format!("{}/v1alpha1", group.as_ref().and_then(Value::as_str).unwrap_or_default()),
        };
        subject.insert("apiVersion".into(), version.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn there_and_back_again() {
        let old = json!({"subjects": [
            {"apiVersion": "v1", "kind": "ServiceAccount", "name": "default"},
            {"apiVersion": ALPHA, "kind": "User", "name": "u"}]});
        let new = json!({"subjects": [
            {"apiGroup": "", "kind": "ServiceAccount", "name": "default"},
            {"apiGroup": GROUP, "kind": "User", "name": "u"}]});
        let mut value = old.clone();
        upgrade(&mut value);
        assert_eq!(value, new);
        downgrade(&mut value);
        assert_eq!(value, old);
    }

    #[test]
    fn a_star_was_everybody() {
        let mut value = json!({"subjects": [{"kind": "User", "name": "*"}]});
        upgrade(&mut value);
        assert_eq!(
            value["subjects"][0],
            json!({"apiGroup": GROUP, "kind": "Group", "name": "system:authenticated"})
        );
        for mut value in [json!({}), json!({"subjects": {}}), json!({"subjects": [1]})] {
            upgrade(&mut value);
            downgrade(&mut value);
        }
    }
}
