//! Who serves: the endpoints of every service.

use super::usable;
use crate::dns;
use shared_api::{
    core::Service,
    discovery::{Endpoint, EndpointPort, EndpointSlice},
};
use shared_client::World;
use std::{
    collections::{BTreeSet, HashMap},
    net::Ipv4Addr,
    sync::Arc,
};

/// The slices of each service, by namespace and name.
pub(super) type Known = HashMap<(String, String), Vec<Arc<EndpointSlice>>>;

/// Endpoints of one service port, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Backends {
    /// On any node.
    pub all: BTreeSet<(Ipv4Addr, u16)>,
    /// On this node.
    pub local: BTreeSet<(Ipv4Addr, u16)>,
}

pub(super) fn by_service(world: &World) -> Known {
    let mut known = Known::new();
    for slice in world.list::<EndpointSlice>() {
        let labels = slice.metadata.labels.as_ref();
        let Some(service) = labels.and_then(|l| l.get("kubernetes.io/service-name")) else { continue };
        let namespace = slice.metadata.namespace.clone().unwrap_or_default();
        known.entry((namespace, service.clone())).or_default().push(slice);
    }
    known
}

/// The service of the name servers is served by this node's own, at `server`, as long as nobody gave it
/// other endpoints: each node answers its pods itself.
pub(super) fn names(world: &World, known: &mut Known, server: Ipv4Addr, node: &str) {
    let (namespace, name) = dns::SERVICE;
    let Some(service) = world.named::<Service>(namespace, name) else { return };
    let spec = service.spec.clone().unwrap_or_default();
    let key = (namespace.to_owned(), name.to_owned());
    if spec.selector.is_some_and(|s| !s.is_empty()) || known.contains_key(&key) {
        return;
    }
    let ports = spec.ports.into_iter().flatten().filter(|port| port.port == i32::from(dns::PORT));
    let ports = ports.map(|port| EndpointPort {
        name: port.name,
        protocol: port.protocol,
        port: Some(port.port),
        ..EndpointPort::default()
    });
    let endpoint =
        Endpoint { addresses: vec![server.to_string()], node_name: Some(node.into()), ..Endpoint::default() };
    let slice = EndpointSlice {
        address_type: "IPv4".into(),
        endpoints: vec![endpoint],
        ports: Some(ports.collect()),
        ..EndpointSlice::default()
    };
    known.insert(key, vec![Arc::new(slice)]);
}

impl Backends {
    /// Those of the port called `port` (empty: without a name).
    pub(super) fn of(slices: &[Arc<EndpointSlice>], port: &str, protocol: &str, node: &str) -> Self {
        let serving = |wanted: fn(&Endpoint) -> bool, local: bool| -> BTreeSet<(Ipv4Addr, u16)> {
            let ours = slices.iter().filter(|slice| slice.address_type == "IPv4");
            let pairs = ours.flat_map(|slice| {
                let number = number(slice, port, protocol);
                let here = move |e: &&Endpoint| !local || e.node_name.as_deref() == Some(node);
                let wanted = slice.endpoints.iter().filter(here).filter(move |e| wanted(e));
                // All addresses of an endpoint are the same endpoint: the first is enough.
                wanted.filter_map(move |e| Some((usable(e.addresses.first()?)?, number?)))
            });
            pairs.collect()
        };
        // Endpoints on their way out serve as long as nobody else does.
        let choose = |local| {
            let ready = serving(is_ready, local);
            if ready.is_empty() { serving(is_last_resort, local) } else { ready }
        };
        Self { all: choose(false), local: choose(true) }
    }
}

fn number(slice: &EndpointSlice, name: &str, protocol: &str) -> Option<u16> {
    let same = |p: &&shared_api::discovery::EndpointPort| {
        p.name.as_deref().unwrap_or_default() == name && p.protocol.as_deref().unwrap_or("TCP") == protocol
    };
    let port = slice.ports.iter().flatten().find(same)?;
    port.port.and_then(|n| u16::try_from(n).ok()).filter(|n| *n > 0)
}

/// api reference: a condition that is not given counts as true.
fn is_ready(endpoint: &Endpoint) -> bool {
    endpoint.conditions.as_ref().and_then(|c| c.ready).unwrap_or(true)
}

fn is_last_resort(endpoint: &Endpoint) -> bool {
    let conditions = endpoint.conditions.as_ref();
    conditions.is_some_and(|c| c.serving.unwrap_or(c.ready.unwrap_or(true)) && c.terminating == Some(true))
}
