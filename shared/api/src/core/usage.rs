//! What an object takes of a namespace's quotas, and which of them it counts for.

mod pod;

pub use pod::{limited, missing, requested};

use crate::kinds as kinds_now;
use crate::{
    Amount, KindInfo, Object, Quantity,
    core::{
        PersistentVolumeClaim, Pod, ResourceQuotaSpec, ScopedResourceSelectorRequirement, Service,
        claim_class,
    },
};
use std::collections::BTreeMap;

/// Amounts by the name a quota has for them.
pub type Usage = BTreeMap<String, Amount>;

/// Kinds that a quota also knows by their plural alone.
const BY_PLURAL: &[&str] = &[
    "pods",
    "services",
    "replicationcontrollers",
    "resourcequotas",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
];

/// The kinds that count for any of these resources.
pub fn kinds<'a>(limited: impl Iterator<Item = &'a str>) -> Vec<&'static KindInfo> {
    let limited: Vec<_> = limited.collect();
    let wanted = |kind: &&KindInfo| {
        let counted = if kind.group.is_empty() {
            format!("count/{}", kind.plural)
        } else {
            format!("count/{}.{}", kind.plural, kind.group)
        };
        let of_kind = |what: &&str| match (kind.group, kind.kind) {
            ("", "Pod") => ["cpu", "memory", "ephemeral-storage", "hugepages-", "requests.", "limits."]
                .iter()
                .any(|prefix| what.starts_with(prefix)),
            ("", "Service") => what.starts_with("services."),
            ("", "PersistentVolumeClaim") => {
                *what == "requests.storage" || what.contains(".storageclass.storage.k8s.io/")
            }
            _ => false,
        };
        let by_name = |what: &&str| *what == counted || (kind.group.is_empty() && *what == kind.plural);
        kind.namespaced && limited.iter().any(|what| by_name(what) || of_kind(what))
    };
    kinds_now().filter(wanted).collect()
}

/// What an object takes.
pub fn of(object: &Object) -> Usage {
    let mut usage = Usage::new();
    let Some(kind) = crate::of(&object.group_kind().group, object.kind()) else { return usage };
    let one = Amount::whole(1);
    if object.kind() == "Pod" {
        return object.to_kind::<Pod>().map(|pod| pod::usage(&pod)).unwrap_or_default();
    }
    if kind.group.is_empty() {
        usage.insert(format!("count/{}", kind.plural), one);
        if BY_PLURAL.contains(&kind.plural) {
            usage.insert(kind.plural.into(), one);
        }
    } else {
        usage.insert(format!("count/{}.{}", kind.plural, kind.group), one);
    }
    if let Some(service) = (object.kind() == "Service").then(|| object.to_kind::<Service>().ok()).flatten() {
        of_service(&service, &mut usage);
    }
    if object.kind() == "PersistentVolumeClaim"
        && let Ok(claim) = object.to_kind::<PersistentVolumeClaim>()
    {
        of_claim(&claim, &mut usage);
    }
    usage
}

fn of_service(service: &Service, usage: &mut Usage) {
    let Some(spec) = &service.spec else { return };
    let ports = i64::try_from(spec.ports.as_ref().map_or(0, Vec::len)).unwrap_or(i64::MAX);
    match spec.type_.as_deref() {
        Some("NodePort") => {
            usage.insert("services.nodeports".into(), Amount::whole(ports));
        }
        Some("LoadBalancer") => {
            usage.insert("services.loadbalancers".into(), Amount::whole(1));
            if spec.allocate_load_balancer_node_ports != Some(false) {
                usage.insert("services.nodeports".into(), Amount::whole(ports));
            }
        }
        _ => {}
    }
}

fn of_claim(claim: &PersistentVolumeClaim, usage: &mut Usage) {
    let requests = claim.spec.as_ref().and_then(|s| s.resources.as_ref()?.requests.as_ref());
    let size = requests.and_then(|r| r.get("storage")).map(Amount::of);
    let class = claim_class(claim).filter(|c| !c.is_empty());
    if let Some(class) = class {
        usage.insert(format!("{class}.storageclass.storage.k8s.io/persistentvolumeclaims"), Amount::whole(1));
    }
    let Some(size) = size else { return };
    usage.insert("requests.storage".into(), size);
    if let Some(class) = class {
        usage.insert(format!("{class}.storageclass.storage.k8s.io/requests.storage"), size);
    }
}

/// Whether an object counts for a quota: every scope of it must mean the object.
pub fn counts(spec: &ResourceQuotaSpec, object: &Object) -> bool {
    let exists = |scope: &String| ScopedResourceSelectorRequirement {
        scope_name: scope.clone(),
        operator: "Exists".into(),
        values: None,
    };
    let scopes = spec.scopes.iter().flatten().map(exists);
    let selected = spec.scope_selector.iter().flat_map(|s| s.match_expressions.iter().flatten()).cloned();
    let mut all = scopes.chain(selected).peekable();
    if all.peek().is_none() {
        return true;
    }
    match object.kind() {
        "Pod" => object.to_kind::<Pod>().is_ok_and(|pod| all.all(|scope| pod::within(&scope, &pod))),
        "PersistentVolumeClaim" => object.to_kind::<PersistentVolumeClaim>().is_ok_and(|claim| {
            let class = claim.spec.as_ref().and_then(|s| s.volume_attributes_class_name.as_deref());
            all.all(|scope| {
                scope.scope_name == "VolumeAttributesClass" && selects(&scope, class.unwrap_or_default())
            })
        }),
        _ => false,
    }
}

/// Whether a scope means the class called so; an empty name is no class.
fn selects(scope: &ScopedResourceSelectorRequirement, class: &str) -> bool {
    let listed = scope.values.iter().flatten().any(|v| v == class);
    match scope.operator.as_str() {
        "In" => listed,
        "NotIn" => !listed,
        "Exists" => !class.is_empty(),
        "DoesNotExist" => class.is_empty(),
        _ => false,
    }
}

/// An amount as it is written for a resource: memory and storage in powers of 1024, everything else plainly.
pub fn written(resource: &str, amount: Amount) -> Quantity {
    let binary = ["memory", "storage", "hugepages-"].iter().any(|what| resource.contains(what))
        && !resource.contains("persistentvolumeclaims");
    Quantity(if binary { amount.binary() } else { amount.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::testing::object;
    use serde_json::{Value, json};

    fn usage<K: crate::Kind>(fields: Value) -> Vec<String> {
        let usage = of(&Object::from_kind(&object::<K>(fields)));
        usage.iter().map(|(name, amount)| format!("{name}={}", written(name, *amount).0)).collect()
    }

    #[test]
    fn everything_counts_by_its_kind() {
        assert_eq!(usage::<crate::core::ConfigMap>(json!({})), ["configmaps=1", "count/configmaps=1"]);
        assert_eq!(usage::<crate::networking::Ingress>(json!({})), ["count/ingresses.networking.k8s.io=1"]);
        let ports = json!([{"port": 1, "name": "a"}, {"port": 2, "name": "b"}]);
        assert_eq!(
            usage::<Service>(json!({"spec": {"type": "LoadBalancer", "ports": ports}})),
            ["count/services=1", "services=1", "services.loadbalancers=1", "services.nodeports=2"]
        );
        assert_eq!(
            usage::<PersistentVolumeClaim>(
                json!({"spec": {"storageClassName": "gold", "resources": {"requests": {"storage": "2Gi"}}}})
            ),
            [
                "count/persistentvolumeclaims=1",
                "gold.storageclass.storage.k8s.io/persistentvolumeclaims=1",
                "gold.storageclass.storage.k8s.io/requests.storage=2Gi",
                "persistentvolumeclaims=1",
                "requests.storage=2Gi",
            ]
        );
    }

    #[test]
    fn a_pod_takes_what_it_asks_for() {
        let containers = json!([{"name": "a", "image": "x", "resources": {"requests": {"cpu": "250m", "memory": "64Mi"}}},
            {"name": "b", "image": "x", "resources": {"limits": {"cpu": "500m", "example.com/gpu": "1"}}}]);
        let first = json!([{"name": "i", "image": "x", "resources": {"requests": {"cpu": "2"}}}]);
        assert_eq!(
            usage::<Pod>(json!({"spec": {"containers": containers, "initContainers": first}})),
            [
                "count/pods=1",
                "cpu=2",
                "limits.cpu=500m",
                "memory=64Mi",
                "pods=1",
                "requests.cpu=2",
                "requests.example.com/gpu=1",
                "requests.memory=64Mi",
            ]
        );
        let done = json!({"spec": {"containers": containers}, "status": {"phase": "Succeeded"}});
        assert_eq!(usage::<Pod>(done), ["count/pods=1"]);
    }

    #[test]
    fn scopes_choose_pods() {
        let pod = |more: Value| {
            let mut spec = json!({"containers": [{"name": "a", "image": "x"}]});
            more.as_object().unwrap().iter().for_each(|(k, v)| spec[k] = v.clone());
            Object::from_kind(&object::<Pod>(json!({"spec": spec})))
        };
        let check = |spec: Value, pod: &Object| counts(&serde_json::from_value(spec).unwrap(), pod);
        let plain = pod(json!({}));
        assert!(check(json!({}), &plain));
        assert!(check(json!({"scopes": ["BestEffort", "NotTerminating"]}), &plain));
        assert!(!check(json!({"scopes": ["NotBestEffort"]}), &plain));
        let short = pod(json!({"activeDeadlineSeconds": 5, "priorityClassName": "high"}));
        assert!(check(json!({"scopes": ["Terminating"]}), &short));
        let high = json!({"scopeSelector": {"matchExpressions": [{"scopeName": "PriorityClass", "operator": "In", "values": ["high"]}]}});
        assert!(check(high.clone(), &short) && !check(high, &plain));
        let map = Object::from_kind(&object::<crate::core::ConfigMap>(json!({})));
        assert!(!check(json!({"scopes": ["BestEffort"]}), &map));
    }
}
