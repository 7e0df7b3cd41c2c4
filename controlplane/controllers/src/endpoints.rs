//! Keeps the `Endpoints` of every `Service` equal to the pods it selects, for clients that ask for the
//! older form.

use crate::service_pods::{Backend, Port, backends, concerned, is_headless, selector};
use shared_api::{
    GroupKind, Key, OwnedBy,
    core::{EndpointAddress, EndpointPort, EndpointSubset, Endpoints, Pod, Service},
    meta::ObjectMeta,
};
use shared_reconcile::{Event, Plan, Reconciler, World};
use std::collections::BTreeMap;

/// See the module documentation.
pub struct EndpointsOfServices;

impl Reconciler for EndpointsOfServices {
    type Kind = Service;
    const NAME: &'static str = "endpoint-controller";
    const READS: &'static [GroupKind] = &[GroupKind::of::<Pod>(), GroupKind::of::<Endpoints>()];

    fn concerns(&self, event: &Event, world: &World) -> Vec<Key> {
        // `Endpoints` are called as their service is.
        let mut keys = concerned(event, world, |_, name| Some(name.to_owned()));
        if let Some(pod) = event.object().filter(|o| o.group_kind() == GroupKind::of::<Pod>()) {
            let naming = world.within::<Endpoints>(pod.namespace()).filter(|e| names(e, pod.uid()));
            keys.extend(
                naming.filter_map(|e| Some(Key::of::<Service>(pod.namespace(), e.metadata.name.as_deref()?))),
            );
        }
        keys
    }

    fn reconcile(&self, service: &Service, world: &World) -> Plan {
        let Some(selector) = selector(service) else { return Plan::nothing() };
        if service.metadata.deletion_timestamp.is_some() {
            return Plan::nothing();
        }
        let wanted = endpoints(service, &backends(service, &selector, world));
        let namespace = service.metadata.namespace.as_deref().unwrap_or_default();
        let name = service.metadata.name.as_deref().unwrap_or_default();
        let Some(known) = world.named::<Endpoints>(namespace, name) else {
            return Plan::nothing().create(&wanted);
        };
        let metadata = ObjectMeta {
            labels: wanted.metadata.labels,
            owner_references: wanted.metadata.owner_references,
            ..known.metadata.clone()
        };
        let wanted = Endpoints { metadata, subsets: wanted.subsets };
        if wanted == *known { Plan::nothing() } else { Plan::nothing().update(&wanted) }
    }
}

fn names(endpoints: &Endpoints, uid: &str) -> bool {
    let subsets = endpoints.subsets.iter().flatten();
    let mut all =
        subsets.flat_map(|s| s.addresses.iter().flatten().chain(s.not_ready_addresses.iter().flatten()));
    all.any(|a| a.target_ref.as_ref().is_some_and(|t| t.uid.as_deref() == Some(uid)))
}

fn endpoints(service: &Service, backends: &[Backend]) -> Endpoints {
    let mut groups: BTreeMap<&[Port], Vec<&Backend>> = BTreeMap::new();
    let publish = service.spec.as_ref().and_then(|s| s.publish_not_ready_addresses).unwrap_or(false);
    // A pod on its way out is no longer told here: this form has no word for it.
    for backend in backends.iter().filter(|b| publish || !b.terminating) {
        groups.entry(&backend.ports).or_default().push(backend);
    }
    let subsets: Vec<_> =
        groups.into_iter().map(|(ports, backends)| subset(service, ports, &backends)).collect();
    let mut labels = service.metadata.labels.clone().unwrap_or_default();
    labels.insert("endpoints.kubernetes.io/managed-by".into(), "endpoint-controller".into());
    if is_headless(service) {
        labels.insert("service.kubernetes.io/headless".into(), String::new());
    }
    let metadata = ObjectMeta {
        name: service.metadata.name.clone(),
        namespace: service.metadata.namespace.clone(),
        labels: Some(labels),
        ..ObjectMeta::default()
    };
    // The service owns them, so that they go with it.
    Endpoints { metadata, subsets: (!subsets.is_empty()).then_some(subsets) }.owned_by(service)
}

fn subset(service: &Service, ports: &[Port], backends: &[&Backend]) -> EndpointSubset {
    let (ready, unready): (Vec<&Backend>, Vec<&Backend>) = backends.iter().copied().partition(|b| b.ready);
    let addresses = |of: Vec<&Backend>| {
        let address = |b: &Backend| EndpointAddress {
            ip: b.ip.clone(),
            hostname: b.hostname(service),
            node_name: b.node(),
            target_ref: Some(b.target()),
        };
        (!of.is_empty()).then(|| of.into_iter().map(address).collect())
    };
    let port = |p: &Port| EndpointPort {
        name: Some(p.name.clone()).filter(|n| !n.is_empty()),
        port: p.number,
        protocol: Some(p.protocol.clone()),
        app_protocol: p.app_protocol.clone(),
    };
    EndpointSubset {
        addresses: addresses(ready),
        not_ready_addresses: addresses(unready),
        ports: (!ports.is_empty()).then(|| ports.iter().map(port).collect()),
    }
}
