//! Who serves: the endpoints of every service.

use super::usable;
use shared_api::discovery::{Endpoint, EndpointSlice};
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
