//! Every role and every binding, found by whom they are about. Pure.

use super::rules::{Wish, allows};
use crate::door::User;
use shared_api::{
    Object,
    rbac::{ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, RoleRef, Subject},
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

/// Namespace, empty for the cluster's own, and name.
pub(crate) type Place = (String, String);

/// What the roles and bindings of a cluster say.
#[derive(Debug, Default)]
pub(crate) struct Policy {
    roles: HashMap<Place, Arc<[PolicyRule]>>,
    bindings: BTreeMap<Place, Binding>,
    /// Bindings by those they are about, who are spelled as [`person`] and [`crowd`] do.
    about: HashMap<String, BTreeSet<Place>>,
}

#[derive(Debug)]
struct Binding {
    role: RoleRef,
    /// Who, and how messages call them.
    subjects: Vec<(String, String)>,
}

/// What the rules say to a wish.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Decision {
    pub(crate) allowed: bool,
    /// Which binding allowed it, or which of them leads nowhere.
    pub(crate) reason: String,
}

fn person(name: &str) -> String {
    format!("u:{name}")
}

fn crowd(name: &str) -> String {
    format!("g:{name}")
}

impl Policy {
    /// Takes note of a role or a binding; other objects say nothing.
    pub(crate) fn put(&mut self, object: &Object) {
        let place = (object.namespace().to_owned(), object.name().to_owned());
        let of = |rules: Option<&Vec<PolicyRule>>| rules.map_or_else(Arc::default, |r| Arc::from(&r[..]));
        match object.kind() {
            "ClusterRole" => {
                if let Ok(role) = object.to_kind::<ClusterRole>() {
                    self.roles.insert(place, of(role.rules.as_ref()));
                }
            }
            "Role" => {
                if let Ok(role) = object.to_kind::<Role>() {
                    self.roles.insert(place, of(role.rules.as_ref()));
                }
            }
            "ClusterRoleBinding" => {
                if let Ok(binding) = object.to_kind::<ClusterRoleBinding>() {
                    self.bind(place, &binding.role_ref, binding.subjects.as_deref());
                }
            }
            "RoleBinding" => {
                if let Ok(binding) = object.to_kind::<RoleBinding>() {
                    self.bind(place, &binding.role_ref, binding.subjects.as_deref());
                }
            }
            _ => {}
        }
    }

    /// Forgets one.
    pub(crate) fn remove(&mut self, object: &Object) {
        let place = (object.namespace().to_owned(), object.name().to_owned());
        match object.kind() {
            "ClusterRole" | "Role" => drop(self.roles.remove(&place)),
            "ClusterRoleBinding" | "RoleBinding" => self.unbind(&place),
            _ => {}
        }
    }

    fn bind(&mut self, place: Place, role: &RoleRef, subjects: Option<&[Subject]>) {
        self.unbind(&place);
        let mut found = Vec::new();
        for subject in subjects.unwrap_or_default() {
            let Subject { kind, name, namespace, .. } = subject;
            let who = match kind.as_str() {
                "User" => (person(name), format!("User {name:?}")),
                "Group" => (crowd(name), format!("Group {name:?}")),
                "ServiceAccount" => {
                    let home = namespace.as_deref().filter(|n| !n.is_empty()).unwrap_or(&place.0);
                    let account = crate::tokens::subject(home, name);
                    (person(&account), format!("ServiceAccount {:?}", format!("{name}/{home}")))
                }
                _ => continue,
            };
            self.about.entry(who.0.clone()).or_default().insert(place.clone());
            found.push(who);
        }
        self.bindings.insert(place, Binding { role: role.clone(), subjects: found });
    }

    fn unbind(&mut self, place: &Place) {
        for (who, _) in self.bindings.remove(place).map(|b| b.subjects).unwrap_or_default() {
            if let Some(places) = self.about.get_mut(&who) {
                places.remove(place);
                if places.is_empty() {
                    self.about.remove(&who);
                }
            }
        }
    }

    /// The rules of a role; `None` when there is no such role.
    pub(crate) fn rules_of(&self, namespace: &str, role: &RoleRef) -> Option<&Arc<[PolicyRule]>> {
        let home = if role.kind == "ClusterRole" { "" } else { namespace };
        self.roles.get(&(home.to_owned(), role.name.clone()))
    }

    /// Whether the rules allow `user` what is wanted.
    pub(crate) fn decide(&self, user: &User, wish: &Wish<'_>) -> Decision {
        let mut lost = Vec::new();
        for (place, who) in self.bindings_of(user, wish.namespace()) {
            let binding = &self.bindings[place];
            match self.rules_of(&place.0, &binding.role) {
                Some(rules) if rules.iter().any(|rule| allows(rule, wish)) => {
                    return Decision { allowed: true, reason: binding.allowed(place, who) };
                }
                Some(_) => {}
                None => lost.push(binding.lost()),
            }
        }
        lost.sort();
        lost.dedup();
        let reason = match lost.len() {
            0 => String::new(),
            1 => format!("RBAC: {}", lost[0]),
            _ => format!("RBAC: [{}]", lost.join(", ")),
        };
        Decision { allowed: false, reason }
    }

    /// Everything the rules allow `user` in a namespace.
    pub(crate) fn rules(&self, user: &User, namespace: &str) -> Vec<PolicyRule> {
        let bindings = self.bindings_of(user, namespace);
        let rules = bindings.filter_map(|(place, _)| self.rules_of(&place.0, &self.bindings[place].role));
        rules.flat_map(|rules| rules.iter().cloned()).collect()
    }

    /// The bindings about a user that hold everywhere, then those that hold in `namespace`; each with who of
    /// its subjects the user is.
    fn bindings_of<'a>(
        &'a self,
        user: &'a User,
        namespace: &'a str,
    ) -> impl Iterator<Item = (&'a Place, String)> {
        let spelled = std::iter::once(person(&user.name)).chain(user.groups.iter().map(|g| crowd(g)));
        let found: Vec<_> = spelled.filter_map(|who| Some((self.about.get(&who)?, who))).collect();
        let in_place = move |wanted: &'a str| {
            let found = found.clone();
            found.into_iter().flat_map(move |(places, who)| {
                let from = (wanted.to_owned(), String::new());
                places.range(from..).take_while(move |p| p.0 == wanted).map(move |p| (p, who.clone()))
            })
        };
        let here = (!namespace.is_empty()).then(|| in_place(namespace));
        in_place("").chain(here.into_iter().flatten())
    }
}

impl Binding {
    fn allowed(&self, (namespace, name): &Place, who: String) -> String {
        let RoleRef { kind, name: role, .. } = &self.role;
        let called = self.subjects.iter().find(|s| s.0 == who).map_or(who, |s| s.1.clone());
        let (binding, name) = if namespace.is_empty() {
            ("ClusterRoleBinding", name.clone())
        } else {
            ("RoleBinding", format!("{name}/{namespace}"))
        };
        format!("RBAC: allowed by {binding} {name:?} of {kind} {role:?} to {called}")
    }

    fn lost(&self) -> String {
        let RoleRef { kind, name, .. } = &self.role;
        format!("{}.rbac.authorization.k8s.io {name:?} not found", kind.to_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn object(kind: &str, namespace: &str, name: &str, more: &Value) -> Object {
        let mut value = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind,
            "metadata": {"name": name, "namespace": namespace}});
        value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Object::from_value(&value).unwrap()
    }

    fn reads(kind: &str, namespace: &str, name: &str) -> Object {
        let rules = json!({"rules": [{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}]});
        object(kind, namespace, name, &rules)
    }

    fn binding(kind: &str, namespace: &str, name: &str, role: &str, subject: &Value) -> Object {
        let (role_kind, role) = role.split_once('/').unwrap();
        let role = json!({"apiGroup": "rbac.authorization.k8s.io", "kind": role_kind, "name": role});
        object(kind, namespace, name, &json!({"roleRef": role, "subjects": [subject]}))
    }

    fn policy() -> Policy {
        let mut policy = Policy::default();
        for object in [
            reads("ClusterRole", "", "reader"),
            reads("Role", "shop", "reader"),
            binding(
                "ClusterRoleBinding",
                "",
                "all",
                "ClusterRole/reader",
                &json!({"kind": "Group", "name": "ops"}),
            ),
            binding(
                "RoleBinding",
                "shop",
                "bob",
                "ClusterRole/reader",
                &json!({"kind": "User", "name": "bob"}),
            ),
            binding(
                "RoleBinding",
                "shop",
                "till",
                "Role/reader",
                &json!({"kind": "ServiceAccount", "name": "till"}),
            ),
            binding("RoleBinding", "shop", "lost", "Role/gone", &json!({"kind": "User", "name": "eve"})),
        ] {
            policy.put(&object);
        }
        policy
    }

    fn decide(policy: &Policy, name: &str, groups: &[&str], namespace: &str) -> Decision {
        let groups = groups.iter().map(|g| (*g).into()).collect();
        let user = User { name: name.into(), groups, ..User::default() };
        let wish =
            Wish::Resource { verb: "get", group: "", resource: "pods", part: "", namespace, name: "p" };
        policy.decide(&user, &wish)
    }

    #[test]
    fn the_decision_names_what_led_to_it() {
        let policy = policy();
        for (name, groups, namespace, expected) in [
            (
                "eve",
                &["ops"][..],
                "",
                r#"RBAC: allowed by ClusterRoleBinding "all" of ClusterRole "reader" to Group "ops""#,
            ),
            (
                "bob",
                &[],
                "shop",
                r#"RBAC: allowed by RoleBinding "bob/shop" of ClusterRole "reader" to User "bob""#,
            ),
            (
                "system:serviceaccount:shop:till",
                &[],
                "shop",
                r#"RBAC: allowed by RoleBinding "till/shop" of Role "reader" to ServiceAccount "till/shop""#,
            ),
        ] {
            let decision = decide(&policy, name, groups, namespace);
            assert_eq!((decision.allowed, decision.reason.as_str()), (true, expected));
        }
        let nowhere = Decision::default();
        assert_eq!(decide(&policy, "bob", &[], "home"), nowhere);
        assert_eq!(decide(&policy, "bob", &[], ""), nowhere);
        let lost = decide(&policy, "eve", &[], "shop");
        assert_eq!(lost.reason, r#"RBAC: role.rbac.authorization.k8s.io "gone" not found"#);
        assert!(!lost.allowed);
    }

    #[test]
    fn what_is_gone_or_changed_allows_nothing() {
        let mut policy = policy();
        let bob = binding(
            "RoleBinding",
            "shop",
            "bob",
            "ClusterRole/reader",
            &json!({"kind": "User", "name": "al"}),
        );
        policy.put(&bob);
        assert!(!decide(&policy, "bob", &[], "shop").allowed && decide(&policy, "al", &[], "shop").allowed);
        policy.remove(&bob);
        assert!(!decide(&policy, "al", &[], "shop").allowed);
        policy.remove(&reads("ClusterRole", "", "reader"));
        assert!(!decide(&policy, "eve", &["ops"], "").allowed);
    }

    #[test]
    fn the_rules_of_a_user_are_those_of_every_binding() {
        let user = User { name: "bob".into(), groups: vec!["ops".into()], ..User::default() };
        assert_eq!((policy().rules(&user, "shop").len(), policy().rules(&user, "").len()), (2, 1));
    }
}
