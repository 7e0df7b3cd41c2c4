//! Keeps every `ResourceQuota` telling what is used. What is added is charged when it is stored; what is
//! removed, ends or shrinks is found by counting anew.

use shared_api::{
    GroupKind, Key, Object, Quantity,
    core::{
        ResourceQuota, ResourceQuotaStatus,
        usage::{self, Usage, written},
    },
};
use shared_reconcile::{Controller, Event, Plan, World};
use std::collections::BTreeMap;

/// See the module documentation.
pub struct ResourceQuotas;

impl Controller for ResourceQuotas {
    fn name(&self) -> &'static str {
        "resourcequota-controller"
    }

    fn reads(&self) -> Vec<GroupKind> {
        vec![GroupKind::every()]
    }

    fn everything(&self, world: &World) -> Vec<Key> {
        shared_reconcile::keys_of(&GroupKind::of::<ResourceQuota>(), world)
    }

    fn concerns(&self, event: &Event, world: &World) -> Vec<Key> {
        let Some(object) = event.object().filter(|o| !o.namespace().is_empty()) else { return Vec::new() };
        world
            .of_kind_within(&GroupKind::of::<ResourceQuota>(), object.namespace())
            .filter(|quota| counts_kind(quota, object))
            .map(Object::key)
            .collect()
    }

    fn decide(&self, key: &Key, world: &World) -> Plan {
        let Some(quota) = world.get::<ResourceQuota>(key) else { return Plan::nothing() };
        if quota.metadata.deletion_timestamp.is_some() {
            return Plan::nothing();
        }
        let hard = quota.spec.as_ref().and_then(|s| s.hard.clone()).unwrap_or_default();
        let status = ResourceQuotaStatus { used: Some(used(&quota, &hard, world)), hard: Some(hard) };
        if quota.status.as_ref() == Some(&status) {
            return Plan::nothing();
        }
        Plan::nothing().update_status(&ResourceQuota { status: Some(status), ..(*quota).clone() })
    }
}

/// Whether an object is the quota itself, or of a kind that it counts.
fn counts_kind(quota: &Object, object: &Object) -> bool {
    if quota.key() == object.key() {
        return true;
    }
    let Ok(quota) = quota.to_kind::<ResourceQuota>() else { return false };
    let hard = quota.spec.iter().flat_map(|s| s.hard.iter().flatten());
    usage::kinds(hard.map(|(name, _)| name.as_str()))
        .iter()
        .any(|kind| kind.group_kind() == object.group_kind())
}

/// What is used of everything the quota limits.
fn used(
    quota: &ResourceQuota,
    hard: &BTreeMap<String, Quantity>,
    world: &World,
) -> BTreeMap<String, Quantity> {
    let mut sum: Usage = hard.keys().map(|name| (name.clone(), shared_api::Amount::default())).collect();
    let namespace = quota.metadata.namespace.as_deref().unwrap_or_default();
    let spec = quota.spec.clone().unwrap_or_default();
    for kind in usage::kinds(hard.keys().map(String::as_str)) {
        for object in world.of_kind_within(&kind.group_kind(), namespace) {
            if !usage::counts(&spec, object) {
                continue;
            }
            for (name, amount) in usage::of(object) {
                if let Some(total) = sum.get_mut(&name) {
                    *total += amount;
                }
            }
        }
    }
    sum.into_iter().map(|(name, amount)| (name.clone(), written(&name, amount))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use shared_reconcile::Change;

    fn object(value: &Value) -> Object {
        Object::from_value(value).unwrap()
    }

    fn quota(status: &Value) -> Object {
        object(
            &json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q", "namespace": "n"},
            "spec": {"hard": {"pods": "3", "requests.memory": "1Gi", "count/secrets": "5"}}, "status": status}),
        )
    }

    fn pod(name: &str, phase: &str) -> Object {
        object(&json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "n"},
            "spec": {"containers": [{"name": "a", "image": "b", "resources": {"requests": {"memory": "64Mi"}}}]},
            "status": {"phase": phase}}))
    }

    #[test]
    fn what_is_there_is_counted() {
        let secret = object(
            &json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "n"}}),
        );
        let elsewhere = object(
            &json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "m"}}),
        );
        let quota_ = quota(&Value::Null);
        let world = World::of([
            quota_.clone(),
            pod("a", "Running"),
            pod("b", "Pending"),
            pod("c", "Failed"),
            secret.clone(),
            elsewhere,
        ]);
        let plan = ResourceQuotas.decide(&quota_.key(), &world);
        let [Change::UpdateStatus(counted)] = &plan.changes[..] else { panic!("{plan:?}") };
        assert_eq!(
            counted.value()["status"]["used"],
            json!({"pods": "2", "requests.memory": "128Mi", "count/secrets": "1"})
        );
        let after = World::of([counted.clone(), pod("a", "Running"), pod("b", "Pending"), secret]);
        assert!(ResourceQuotas.decide(&quota_.key(), &after).is_nothing());
    }

    #[test]
    fn only_what_a_quota_counts_is_of_interest() {
        let world = World::of([quota(&Value::Null)]);
        let map = object(
            &json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "s", "namespace": "n"}}),
        );
        assert!(ResourceQuotas.concerns(&Event::Added(map), &world).is_empty());
        assert_eq!(ResourceQuotas.concerns(&Event::Deleted(pod("a", "Running")), &world).len(), 1);
    }
}
