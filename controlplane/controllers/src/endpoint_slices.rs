//! Keeps the `EndpointSlice`s of every `Service` equal to the pods it selects.

use crate::{
    safe,
    service_pods::{Backend, Port, SERVICE_NAME, backends, concerned, family, is_headless, selector},
};
use shared_api::{
    GroupKind, Key, OwnedBy,
    core::{Pod, Service},
    discovery::{Endpoint, EndpointConditions, EndpointPort, EndpointSlice},
    meta::ObjectMeta,
};
use shared_reconcile::{Event, Plan, Reconciler, World};
use std::{collections::BTreeMap, sync::Arc};

/// More endpoints than this make a second slice.
const FULL: usize = 100;
const MANAGED_BY: &str = "endpointslice.kubernetes.io/managed-by";
const MANAGER: &str = "endpointslice-controller.k8s.io";
const HEADLESS: &str = "service.kubernetes.io/headless";

/// See the module documentation.
pub struct EndpointSlices;

impl Reconciler for EndpointSlices {
    type Kind = Service;
    const NAME: &'static str = "endpointslice-controller";
    const READS: &'static [GroupKind] = &[GroupKind::of::<Pod>(), GroupKind::of::<EndpointSlice>()];

    fn concerns(&self, event: &Event, world: &World) -> Vec<Key> {
        let mut keys = concerned(event, world, |_, _| None);
        // A pod whose labels changed is no longer selected by the service whose slices name it.
        if let Some(pod) = event.object().filter(|o| o.group_kind() == GroupKind::of::<Pod>()) {
            let naming = |s: &Arc<EndpointSlice>| s.endpoints.iter().any(|e| names(e, pod.uid()));
            let slices = world.within::<EndpointSlice>(pod.namespace()).filter(naming);
            let services = slices.filter_map(|s| s.metadata.labels.as_ref()?.get(SERVICE_NAME).cloned());
            keys.extend(services.map(|name| Key::of::<Service>(pod.namespace(), &name)));
        }
        keys
    }

    fn reconcile(&self, service: &Service, world: &World) -> Plan {
        let Some(selector) = selector(service) else { return Plan::nothing() };
        if service.metadata.deletion_timestamp.is_some() {
            return Plan::nothing();
        }
        let mut wanted: BTreeMap<Vec<Port>, Vec<Endpoint>> = BTreeMap::new();
        for backend in backends(service, &selector, world) {
            wanted.entry(backend.ports.clone()).or_default().push(endpoint(&backend, service));
        }
        if wanted.is_empty() {
            // One empty slice says that there is nothing, rather than that nobody looked.
            wanted.insert(Vec::new(), Vec::new());
        }
        let mut existing: Vec<_> = world
            .owned_by::<EndpointSlice>(service)
            .filter(|s| {
                s.metadata.labels.as_ref().and_then(|l| l.get(MANAGED_BY)).is_some_and(|m| m == MANAGER)
            })
            .filter(|s| s.metadata.deletion_timestamp.is_none())
            .collect();
        let mut plan = Plan::nothing();
        for (ports, endpoints) in wanted {
            plan = plan.and(group(service, &ports, endpoints, &mut existing));
        }
        existing.iter().fold(plan, |plan, slice| plan.delete::<EndpointSlice>(&slice.metadata))
    }
}

fn names(endpoint: &Endpoint, uid: &str) -> bool {
    endpoint.target_ref.as_ref().is_some_and(|t| t.uid.as_deref() == Some(uid))
}

/// Brings the slices of one group of ports up to date; what it uses of `existing` is taken out.
fn group(
    service: &Service,
    ports: &[Port],
    endpoints: Vec<Endpoint>,
    existing: &mut Vec<Arc<EndpointSlice>>,
) -> Plan {
    let template = slice(service, ports);
    let fits = |s: &Arc<EndpointSlice>| s.ports == template.ports && s.address_type == template.address_type;
    let (fitting, others) = std::mem::take(existing).into_iter().partition::<Vec<_>, _>(fits);
    *existing = others;
    let mut left: BTreeMap<String, Endpoint> =
        endpoints.into_iter().map(|e| (target(&e).to_owned(), e)).collect();
    // Endpoints stay where they are, so that a change touches one slice.
    let mut filled: Vec<(Option<Arc<EndpointSlice>>, Vec<Endpoint>)> = Vec::new();
    for old in fitting {
        let kept = old.endpoints.iter().filter_map(|e| left.remove(target(e))).collect();
        filled.push((Some(old), kept));
    }
    for (_, endpoint) in left {
        match filled.iter_mut().find(|(_, kept)| kept.len() < FULL) {
            Some((_, kept)) => kept.push(endpoint),
            None => filled.push((None, vec![endpoint])),
        }
    }
    if filled.is_empty() {
        filled.push((None, Vec::new()));
    }
    let mut names: Vec<_> =
        filled.iter().filter_map(|(old, _)| old.as_ref()?.metadata.name.clone()).collect();
    names.extend(existing.iter().filter_map(|s| s.metadata.name.clone()));
    let mut plan = Plan::nothing();
    for (at, (old, endpoints)) in filled.into_iter().enumerate() {
        match old {
            // An empty slice goes unless it is the only one.
            Some(old) if endpoints.is_empty() && at > 0 => plan = plan.delete::<EndpointSlice>(&old.metadata),
            Some(old) => {
                let metadata = ObjectMeta {
                    labels: template.metadata.labels.clone(),
                    owner_references: template.metadata.owner_references.clone(),
                    ..old.metadata.clone()
                };
                let new = EndpointSlice { metadata, endpoints, ..template.clone() };
                if new != *old {
                    plan = plan.update(&new);
                }
            }
            None => {
                let mut new = EndpointSlice { endpoints, ..template.clone() };
                let name = fresh_name(service, &names);
                names.push(name.clone());
                new.metadata.name = Some(name);
                plan = plan.create(&new);
            }
        }
    }
    plan
}

/// A name that is the same each time the same slice is missing.
fn fresh_name(service: &Service, taken: &[String]) -> String {
    let (name, uid) = (service.metadata.name.as_deref(), service.metadata.uid.as_deref().unwrap_or_default());
    let name = |n: usize| {
        let hash = safe::hash(&[uid.as_bytes(), n.to_string().as_bytes()]);
        format!("{}-{}", name.unwrap_or_default(), &hash[hash.len().saturating_sub(5)..])
    };
    let mut free = (0..=taken.len() * 2 + 9).map(name).filter(|name| !taken.contains(name));
    free.next().expect("there are more numbers than slices")
}

fn target(endpoint: &Endpoint) -> &str {
    endpoint.target_ref.as_ref().and_then(|t| t.uid.as_deref()).unwrap_or_default()
}

/// A slice of this service without a name and without endpoints.
fn slice(service: &Service, ports: &[Port]) -> EndpointSlice {
    let mut labels = service.metadata.labels.clone().unwrap_or_default();
    labels.insert(SERVICE_NAME.into(), service.metadata.name.clone().unwrap_or_default());
    labels.insert(MANAGED_BY.into(), MANAGER.into());
    if is_headless(service) {
        labels.insert(HEADLESS.into(), String::new());
    }
    let metadata = ObjectMeta {
        namespace: service.metadata.namespace.clone(),
        labels: Some(labels),
        ..ObjectMeta::default()
    };
    let port = |p: &Port| EndpointPort {
        name: Some(p.name.clone()),
        port: Some(p.number),
        protocol: Some(p.protocol.clone()),
        app_protocol: p.app_protocol.clone(),
    };
    EndpointSlice {
        address_type: family(service).into(),
        endpoints: Vec::new(),
        metadata,
        ports: (!ports.is_empty()).then(|| ports.iter().map(port).collect()),
    }
    .owned_by(service)
}

fn endpoint(backend: &Backend, service: &Service) -> Endpoint {
    Endpoint {
        addresses: vec![backend.ip.clone()],
        conditions: Some(EndpointConditions {
            ready: Some(backend.ready),
            serving: Some(backend.serving),
            terminating: Some(backend.terminating),
        }),
        hostname: backend.hostname(service),
        node_name: backend.node(),
        target_ref: Some(backend.target()),
        ..Endpoint::default()
    }
}

#[cfg(test)]
mod tests;
