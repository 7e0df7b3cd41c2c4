//! The hosts of a service: its ready endpoints, by name.

use shared_api::{
    core::Service,
    discovery::{Endpoint, EndpointSlice},
};
use shared_client::World;
use std::{collections::BTreeMap, net::IpAddr};

/// One endpoint of a service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Host {
    /// Its host name, or its address with dashes.
    pub(super) name: String,
    pub(super) addresses: Vec<IpAddr>,
    pub(super) ports: Vec<Port>,
}

/// A port as the endpoint has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Port {
    pub(super) name: String,
    pub(super) protocol: String,
    pub(super) number: u16,
}

/// The hosts of a service, by name. Those that are not ready count when the service publishes them.
pub(super) fn hosts(world: &World, service: &Service) -> Vec<Host> {
    let namespace = service.metadata.namespace.as_deref().unwrap_or_default();
    let publish = service.spec.as_ref().and_then(|s| s.publish_not_ready_addresses).unwrap_or(false);
    let of_service = |slice: &EndpointSlice| {
        let label = slice.metadata.labels.as_ref().and_then(|l| l.get("kubernetes.io/service-name"));
        label.is_some() && label == service.metadata.name.as_ref()
    };
    let mut hosts: BTreeMap<String, Host> = BTreeMap::new();
    for slice in world.within::<EndpointSlice>(namespace).filter(|slice| of_service(slice)) {
        for endpoint in slice.endpoints.iter().filter(|e| publish || is_ready(e)) {
            for ip in endpoint.addresses.iter().filter_map(|ip| ip.parse::<IpAddr>().ok()) {
                let name = endpoint.hostname.clone().filter(|name| !name.is_empty());
                let name = name.unwrap_or_else(|| ip.to_string().replace(['.', ':'], "-"));
                let host = hosts.entry(name.clone()).or_default();
                host.name = name;
                if !host.addresses.contains(&ip) {
                    host.addresses.push(ip);
                }
                let ports = ports(&slice).filter(|port| !host.ports.contains(port)).collect::<Vec<_>>();
                host.ports.extend(ports);
            }
        }
    }
    hosts.into_values().collect()
}

fn ports(slice: &EndpointSlice) -> impl Iterator<Item = Port> {
    slice.ports.iter().flatten().filter_map(|port| {
        Some(Port {
            name: port.name.clone().unwrap_or_default(),
            protocol: port.protocol.clone().unwrap_or_else(|| "TCP".into()),
            number: port.port.and_then(|n| u16::try_from(n).ok())?,
        })
    })
}

/// api reference: a condition that is not given counts as true.
fn is_ready(endpoint: &Endpoint) -> bool {
    endpoint.conditions.as_ref().and_then(|c| c.ready).unwrap_or(true)
}
