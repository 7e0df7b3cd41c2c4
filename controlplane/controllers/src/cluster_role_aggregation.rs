//! A `ClusterRole` that gathers others has the rules of all that it selects.

use shared_api::{
    GroupKind, Key, LabelSelector,
    rbac::{ClusterRole, PolicyRule},
};
use shared_reconcile::{Event, Plan, Reconciler, World};
use std::sync::Arc;

/// See the module documentation.
pub struct ClusterRoleAggregation;

fn gathers(role: &ClusterRole) -> bool {
    role.aggregation_rule.is_some()
}

impl Reconciler for ClusterRoleAggregation {
    type Kind = ClusterRole;
    const NAME: &'static str = "clusterrole-aggregation-controller";
    const READS: &'static [GroupKind] = &[];

    fn concerns(&self, _event: &Event, world: &World) -> Vec<Key> {
        world.list::<ClusterRole>().filter(|role| gathers(role)).map(|role| Key::from_kind(&*role)).collect()
    }

    fn reconcile(&self, role: &ClusterRole, world: &World) -> Plan {
        let Some(rule) = &role.aggregation_rule else { return Plan::nothing() };
        let selectors: Vec<_> =
            rule.cluster_role_selectors.iter().flatten().map(LabelSelector::from_meta).collect();
        let selected = |other: &Arc<ClusterRole>| {
            other.metadata.name != role.metadata.name
                && selectors.iter().any(|selector| selector.matches(other.metadata.labels.as_ref()))
        };
        let mut others: Vec<_> = world.list::<ClusterRole>().filter(selected).collect();
        others.sort_by(|a, b| a.metadata.name.cmp(&b.metadata.name));
        let mut rules: Vec<PolicyRule> = Vec::new();
        for rule in others.iter().flat_map(|other| other.rules.iter().flatten()) {
            if !rules.contains(rule) {
                rules.push(rule.clone());
            }
        }
        if role.rules.as_deref().unwrap_or_default() == rules {
            return Plan::nothing();
        }
        Plan::nothing().update(&ClusterRole { rules: Some(rules), ..role.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use shared_api::Object;
    use shared_reconcile::Change;

    fn role(name: &str, label: &str, more: &Value) -> Object {
        let mut value = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
            "metadata": {"name": name, "labels": {label: "true"}}});
        value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Object::from_value(&value).unwrap()
    }

    fn rule(resource: &str) -> Value {
        json!({"verbs": ["get"], "apiGroups": [""], "resources": [resource]})
    }

    #[test]
    fn rules_are_gathered_by_name_and_once() {
        let gatherer =
            json!({"aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"to-edit": "true"}}]}});
        let edit = role("edit", "to-edit", &gatherer);
        let world = World::of([
            edit.clone(),
            role("b", "to-edit", &json!({"rules": [rule("pods"), rule("secrets")]})),
            role("a", "to-edit", &json!({"rules": [rule("secrets")]})),
            role("c", "to-view", &json!({"rules": [rule("nodes")]})),
        ]);
        let plan = ClusterRoleAggregation.reconcile(&edit.to_kind().unwrap(), &world);
        let [Change::Update(full)] = &plan.changes[..] else { panic!("{plan:?}") };
        assert_eq!(full.value()["rules"], json!([rule("secrets"), rule("pods")]));
        assert!(ClusterRoleAggregation.reconcile(&full.to_kind().unwrap(), &world).is_nothing());
        let event = Event::Modified(role("a", "to-edit", &json!({})));
        assert_eq!(Reconciler::concerns(&ClusterRoleAggregation, &event, &world), [edit.key()]);
    }
}
