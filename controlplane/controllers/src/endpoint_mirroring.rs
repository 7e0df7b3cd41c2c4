//! Keeps `EndpointSlice`s equal to the `Endpoints` that somebody wrote for a `Service` that selects no pods.

use crate::{safe, service_pods::SERVICE_NAME};
use shared_api::{
    GroupKind, Key, OwnedBy,
    core::{EndpointAddress, EndpointSubset, Endpoints, Service},
    discovery::{Endpoint, EndpointConditions, EndpointPort, EndpointSlice},
    meta::ObjectMeta,
};
use shared_reconcile::{Event, Plan, Reconciler, World};
use std::sync::Arc;

/// Addresses of a group beyond these are not told.
const FULL: usize = 1000;
const MANAGED_BY: &str = "endpointslice.kubernetes.io/managed-by";
const MANAGER: &str = "endpointslicemirroring-controller.k8s.io";
/// A label of endpoints that are to be left alone.
const SKIP: &str = "endpointslice.kubernetes.io/skip-mirror";
/// Annotations that are about the endpoints themselves.
const OWN: &[&str] =
    &["endpoints.kubernetes.io/last-change-trigger-time", "kubectl.kubernetes.io/last-applied-configuration"];
/// Early leaders were elected by an annotation of endpoints that lead nowhere.
const LEADER: &str = "control-plane.alpha.kubernetes.io/leader";

/// See the module documentation.
pub struct EndpointMirroring;

impl Reconciler for EndpointMirroring {
    type Kind = Endpoints;
    const NAME: &'static str = "endpointslice-mirroring-controller";
    const READS: &'static [GroupKind] = &[GroupKind::of::<Service>(), GroupKind::of::<EndpointSlice>()];

    fn concerns(&self, event: &Event, _world: &World) -> Vec<Key> {
        let Some(object) = event.object() else { return Vec::new() };
        let name = if object.group_kind() == GroupKind::of::<Service>() {
            Some(object.name())
        } else {
            object.metadata().labels.as_ref().and_then(|labels| labels.get(SERVICE_NAME)).map(String::as_str)
        };
        name.map(|name| Key::of::<Endpoints>(object.namespace(), name)).into_iter().collect()
    }

    fn reconcile(&self, endpoints: &Endpoints, world: &World) -> Plan {
        let manager = |slice: &EndpointSlice| slice.metadata.labels.as_ref()?.get(MANAGED_BY).cloned();
        let mut existing: Vec<Arc<EndpointSlice>> = world
            .owned_by::<EndpointSlice>(endpoints)
            .filter(|slice| manager(slice).is_some_and(|manager| manager == MANAGER))
            .filter(|slice| slice.metadata.deletion_timestamp.is_none())
            .collect();
        let wanted = if is_mirrored(endpoints, world) { slices(endpoints) } else { Vec::new() };
        let mut plan = Plan::nothing();
        for mut slice in wanted {
            let same = |e: &Arc<EndpointSlice>| e.metadata.name == slice.metadata.name;
            let Some(at) = existing.iter().position(same) else {
                plan = plan.create(&slice);
                continue;
            };
            let old = existing.swap_remove(at);
            slice.metadata = ObjectMeta {
                labels: slice.metadata.labels,
                annotations: slice.metadata.annotations,
                owner_references: slice.metadata.owner_references,
                ..old.metadata.clone()
            };
            if slice != *old {
                plan = plan.update(&slice);
            }
        }
        existing.iter().fold(plan, |plan, slice| plan.delete::<EndpointSlice>(&slice.metadata))
    }
}

/// Whether somebody else than the cluster says what stands behind the service of this name.
fn is_mirrored(endpoints: &Endpoints, world: &World) -> bool {
    let meta = &endpoints.metadata;
    let skipped = meta.labels.as_ref().and_then(|labels| labels.get(SKIP)).is_some_and(|skip| skip == "true");
    let elects = meta.annotations.as_ref().is_some_and(|annotations| annotations.contains_key(LEADER));
    let (namespace, name) = (meta.namespace.as_deref(), meta.name.as_deref());
    let service = world.named::<Service>(namespace.unwrap_or_default(), name.unwrap_or_default());
    let selects = |service: &Service| service.spec.as_ref().is_some_and(|spec| spec.selector.is_some());
    meta.deletion_timestamp.is_none() && !skipped && !elects && service.is_some_and(|s| !selects(&s))
}

/// One slice for the addresses of a family in a subset.
fn slices(endpoints: &Endpoints) -> Vec<EndpointSlice> {
    let mut found = Vec::new();
    for (at, subset) in endpoints.subsets.iter().flatten().enumerate() {
        for family in ["IPv4", "IPv6"] {
            let all: Vec<_> = addresses(subset, family).take(FULL).collect();
            if !all.is_empty() {
                found.push(slice(endpoints, subset, (at, family), all));
            }
        }
    }
    found
}

fn addresses<'a>(subset: &'a EndpointSubset, family: &'a str) -> impl Iterator<Item = Endpoint> {
    let ready = subset.addresses.iter().flatten().map(|address| (address, true));
    let unready = subset.not_ready_addresses.iter().flatten().map(|address| (address, false));
    let of_family = move |(a, _): &(&EndpointAddress, bool)| a.ip.contains(':') == (family == "IPv6");
    ready.chain(unready).filter(of_family).map(|(address, ready)| Endpoint {
        addresses: vec![address.ip.clone()],
        conditions: Some(EndpointConditions { ready: Some(ready), ..EndpointConditions::default() }),
        hostname: address.hostname.clone().filter(|hostname| !hostname.is_empty()),
        node_name: address.node_name.clone(),
        target_ref: address.target_ref.clone(),
        ..Endpoint::default()
    })
}

fn slice(
    endpoints: &Endpoints,
    subset: &EndpointSubset,
    (at, family): (usize, &str),
    all: Vec<Endpoint>,
) -> EndpointSlice {
    let (name, uid) = (endpoints.metadata.name.clone(), endpoints.metadata.uid.as_deref());
    let name = name.unwrap_or_default();
    let hash =
        safe::hash(&[uid.unwrap_or_default().as_bytes(), family.as_bytes(), at.to_string().as_bytes()]);
    let mut labels = endpoints.metadata.labels.clone().unwrap_or_default();
    labels.insert(SERVICE_NAME.into(), name.clone());
    labels.insert(MANAGED_BY.into(), MANAGER.into());
    let mut annotations = endpoints.metadata.annotations.clone().unwrap_or_default();
    annotations.retain(|key, _| !OWN.contains(&key.as_str()));
    let metadata = ObjectMeta {
        name: Some(format!("{name}-{}", &hash[hash.len().saturating_sub(5)..])),
        namespace: endpoints.metadata.namespace.clone(),
        labels: Some(labels),
        annotations: (!annotations.is_empty()).then_some(annotations),
        ..ObjectMeta::default()
    };
    let ports = subset.ports.iter().flatten().map(|port| EndpointPort {
        name: Some(port.name.clone().unwrap_or_default()),
        port: Some(port.port),
        protocol: port.protocol.clone(),
        app_protocol: port.app_protocol.clone(),
    });
    let ports: Vec<_> = ports.collect();
    EndpointSlice {
        address_type: family.into(),
        endpoints: all,
        metadata,
        ports: (!ports.is_empty()).then_some(ports),
    }
    .owned_by(endpoints)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use shared_api::Object;
    use shared_reconcile::Change;

    fn made(kind: &str, fields: &serde_json::Value) -> Object {
        let mut value = json!({"apiVersion": "v1", "kind": kind,
            "metadata": {"name": "db", "namespace": "default", "uid": "uid-db"}});
        for (field, found) in fields.as_object().unwrap() {
            value[field] = found.clone();
        }
        Object::from_value(&value).unwrap()
    }

    fn written() -> Object {
        let addresses = json!([{"ip": "10.1.2.3"}, {"ip": "fd00::1"}]);
        let ports = json!([{"name": "sql", "port": 80, "protocol": "TCP"}]);
        let not_ready = json!([{"ip": "10.1.2.4"}]);
        made(
            "Endpoints",
            &json!({"subsets": [{"addresses": addresses, "notReadyAddresses": not_ready, "ports": ports}]}),
        )
    }

    fn decide(endpoints: &Object, others: impl IntoIterator<Item = Object>) -> Plan {
        let endpoints = endpoints.to_kind::<Endpoints>().unwrap();
        EndpointMirroring.reconcile(&endpoints, &World::of(others))
    }

    #[test]
    fn what_somebody_wrote_is_told_in_slices() {
        let service = made("Service", &json!({"spec": {"ports": [{"port": 80}]}}));
        let plan = decide(&written(), [service.clone()]);
        let created = plan.changes.iter().map(|change| match change {
            Change::Create { object, .. } => object.clone(),
            other => panic!("{other:?}"),
        });
        let slices: Vec<_> = created.collect();
        let told = |slice: &Object| {
            let value = slice.value();
            let all = value["endpoints"].as_array().unwrap().iter();
            let all = all.map(|e| format!("{} {}", e["addresses"][0], e["conditions"]["ready"]));
            (value["addressType"].clone(), all.collect::<Vec<_>>(), value["ports"][0]["name"].clone())
        };
        let expected = vec!["\"10.1.2.3\" true".to_owned(), "\"10.1.2.4\" false".to_owned()];
        assert_eq!(told(&slices[0]), (json!("IPv4"), expected, json!("sql")));
        assert_eq!(told(&slices[1]), (json!("IPv6"), vec!["\"fd00::1\" true".to_owned()], json!("sql")));
        assert_eq!(slices[0].metadata().labels.as_ref().unwrap()[SERVICE_NAME], "db");
        let there = || [service.clone(), slices[0].clone(), slices[1].clone()];
        assert!(decide(&written(), there()).is_nothing());
        let emptied = decide(&made("Endpoints", &json!({})), there());
        assert!(emptied.changes.iter().all(|change| matches!(change, Change::Delete { .. })), "{emptied:?}");
        assert_eq!(emptied.changes.len(), 2);
    }

    #[test]
    fn what_the_cluster_says_itself_is_left_alone() {
        let selecting = made("Service", &json!({"spec": {"selector": {"a": "b"}, "ports": [{"port": 80}]}}));
        assert!(decide(&written(), [selecting]).is_nothing());
        assert!(decide(&written(), []).is_nothing(), "there is no such service");
        let service = made("Service", &json!({"spec": {"ports": [{"port": 80}]}}));
        let mut skipped = written().value();
        skipped["metadata"]["labels"] = json!({SKIP: "true"});
        assert!(decide(&Object::from_value(&skipped).unwrap(), [service]).is_nothing());
    }
}
