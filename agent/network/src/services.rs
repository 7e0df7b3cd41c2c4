//! Which chains a node needs so that services are reached: a plain function of a world.
//!
//! ```text
//! PREROUTING, OUTPUT ─► DHOW-SERVICES ─► DHOW-IP-0a6000 ─► DHOW-SVC-… ─► DHOW-SEP-… ─► an endpoint
//!                            (a /24 of addresses)  (a port)     (an endpoint)
//!                       └► DHOW-NODEPORTS ─► DHOW-NP-117 ─► DHOW-EXT-… ─► DHOW-SVC-…
//! INPUT, FORWARD, OUTPUT ─► DHOW-REJECT        ports nobody serves
//! INPUT ─► DHOW-INPUT                          what pods ask of this node's name server
//! POSTROUTING ─► DHOW-POSTROUTING              packets that must come back through this node
//! ```

mod backends;
mod chains;
mod dispatch;

use crate::{
    dns,
    rules::{Chain, Rules, Table},
};
use shared_api::{
    Cidr,
    core::{Node, Service},
};
use shared_client::World;
use std::net::Ipv4Addr;

pub use backends::Backends;

/// The node that rules are for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Name of its Node object.
    pub node: String,
    /// Every pod's range, where it is known; else the ranges of all nodes.
    pub cluster: Option<Cidr>,
}

/// The bit that marks a packet which must seem to come from this node.
pub(crate) const MARK: &str = "0x4000/0x4000";

/// Everything a node's kernel should hold for services and for what pods send out.
pub fn rules(world: &World, site: &Site) -> Rules {
    let mut rules = Rules::default();
    let own = world.named::<Node>("", &site.node).and_then(|node| pod_range(&node));
    let inside = chains::Inside { cluster: site.cluster, own };
    let mut known = backends::by_service(world);
    if let Some(own) = own {
        backends::names(world, &mut known, own.first(), &site.node);
    }
    let (mut reach, mut refuse) = (dispatch::Tree::default(), dispatch::Tree::default());
    for service in world.list::<Service>() {
        for port in chains::ports(&service, &known, &site.node) {
            chains::write(&port, &inside, &mut rules, &mut reach, &mut refuse);
        }
    }
    reach.write(&mut rules, Table::Nat, "DHOW-SERVICES", "IP", "NP");
    refuse.write(&mut rules, Table::Filter, "DHOW-REJECT", "RJ", "RN");
    base(world, &inside, &mut rules);
    rules
}

/// The chains that do not depend on services.
fn base(world: &World, inside: &chains::Inside, rules: &mut Rules) {
    let cluster: Vec<Cidr> = match inside.cluster {
        Some(cluster) => vec![cluster],
        None => world.list::<Node>().filter_map(|node| pod_range(&node)).collect(),
    };
    rules.insert(Table::Nat, Chain::new("DHOW-MARK").with(format_args!("-j MARK --set-xmark {MARK}")));
    // The bit is cleared, or a packet that is sent once more inside another one would be changed twice.
    let masquerade = Chain::new("DHOW-MASQUERADE")
        .with("-j MARK --set-xmark 0x4000/0x0")
        .with("-j MASQUERADE --random-fully");
    rules.insert(Table::Nat, masquerade);
    let mut leaving =
        Chain::new("DHOW-POSTROUTING").with(format_args!("-m mark --mark {MARK} -j DHOW-MASQUERADE"));
    let (mut forward, mut input) = (Chain::new("DHOW-FORWARD"), Chain::new("DHOW-INPUT"));
    if let Some(own) = inside.own {
        leaving.rule(format_args!("-s {own} -j DHOW-EGRESS"));
        let mut egress = Chain::new("DHOW-EGRESS");
        for inside in cluster.iter().chain([&own]) {
            egress.rule(format_args!("-d {inside} -j RETURN"));
        }
        egress.rule("-d 224.0.0.0/4 -j RETURN");
        egress.rule("-j MASQUERADE --random-fully");
        rules.insert(Table::Nat, egress);
        // A packet out of place would leave with an untranslated address and end the connection.
        forward.rule("-m conntrack --ctstate INVALID -j DROP");
        // Hosts that forward nothing by default, as Docker leaves them, still carry pods.
        forward.rule(format_args!("-s {own} -j ACCEPT"));
        forward.rule(format_args!("-d {own} -j ACCEPT"));
        // Hosts that take nothing in by default still tell their pods names.
        for protocol in ["udp", "tcp"] {
            let (server, port) = (own.first(), dns::PORT);
            input.rule(format_args!(
                "-s {own} -d {server}/32 -p {protocol} -m {protocol} --dport {port} -j ACCEPT"
            ));
        }
    }
    rules.insert(Table::Nat, leaving);
    rules.insert(Table::Filter, forward);
    rules.insert(Table::Filter, input);
    // What a look at the canaries tells: somebody emptied the table.
    for table in Table::ALL {
        rules.insert(table, Chain::new(CANARY).with("-j RETURN"));
    }
}

/// The chain whose one rule shows that a table is as it was left.
pub(crate) const CANARY: &str = "DHOW-CANARY";

/// The range of a node's pods.
pub(crate) fn pod_range(node: &Node) -> Option<Cidr> {
    let spec = node.spec.as_ref()?;
    let all = spec.pod_cidr.iter().chain(spec.pod_cidrs.iter().flatten());
    all.into_iter().find_map(|range| range.parse().ok())
}

/// An address packets can be sent to.
fn usable(text: &str) -> Option<Ipv4Addr> {
    let address: Ipv4Addr = text.parse().ok()?;
    let bad =
        address.is_loopback() || address.is_unspecified() || address.is_multicast() || address.is_broadcast();
    (!bad).then_some(address)
}

#[cfg(test)]
mod tests;
