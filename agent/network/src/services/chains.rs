//! One port of one service: what it is, and its chains.

use super::{
    Backends,
    backends::Known,
    dispatch::{Leaf, Tree},
    usable,
};
use crate::rules::{Chain, Flow, Rules, Table};
use sha2::{Digest, Sha256};
use shared_api::{
    Cidr,
    core::{Service, ServicePort, ServiceSpec},
};
use std::{collections::BTreeSet, net::Ipv4Addr};

/// One port of a service, as the rules see it.
pub(super) struct Port {
    /// `namespace/name:port`.
    title: String,
    protocol: &'static str,
    number: u16,
    cluster_ip: Option<Ipv4Addr>,
    external_ips: Vec<Ipv4Addr>,
    /// Its number on every node.
    on_nodes: Option<u16>,
    /// Seconds for which a client keeps its endpoint.
    sticky: Option<u32>,
    internal_local: bool,
    external_local: bool,
    backends: Backends,
}

/// The ports of a service that need rules.
pub(super) fn ports(service: &Service, known: &Known, node: &str) -> Vec<Port> {
    let Some(spec) = &service.spec else { return Vec::new() };
    if spec.type_.as_deref() == Some("ExternalName") {
        return Vec::new();
    }
    let of = |text: &Option<String>| text.clone().unwrap_or_default();
    let key = (of(&service.metadata.namespace), of(&service.metadata.name));
    let slices = known.get(&key).map_or(&[][..], Vec::as_slice);
    let (namespace, name) = key;
    spec.ports
        .iter()
        .flatten()
        .filter_map(|port| {
            let protocol = match port.protocol.as_deref().unwrap_or("TCP") {
                "TCP" => "tcp",
                "UDP" => "udp",
                "SCTP" => "sctp",
                _ => return None,
            };
            let label = port.name.as_deref().unwrap_or_default();
            let backends = Backends::of(slices, label, &protocol.to_uppercase(), node);
            let title = plain(&format!("{namespace}/{name}:{label}"));
            Some(Port { title, protocol, backends, ..Port::asked(spec, port)? })
        })
        .filter(|port| port.cluster_ip.is_some() || port.on_nodes.is_some() || !port.external_ips.is_empty())
        .collect()
}

/// Only what cannot end a comment or a line.
fn plain(text: &str) -> String {
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':');
    text.trim_end_matches(':').chars().filter(|c| fine(*c)).take(250).collect()
}

impl Port {
    /// What the service asks for.
    fn asked(spec: &ServiceSpec, port: &ServicePort) -> Option<Self> {
        let valid = |n: i32| u16::try_from(n).ok().filter(|n| *n > 0);
        let is = |policy: &Option<String>, wanted: &str| policy.as_deref() == Some(wanted);
        let exposed = is(&spec.type_, "NodePort") || is(&spec.type_, "LoadBalancer");
        let timeout = || {
            let config = spec.session_affinity_config.as_ref()?.client_ip.as_ref()?;
            config.timeout_seconds.and_then(|s| u32::try_from(s).ok()).filter(|s| *s > 0)
        };
        Some(Self {
            title: String::new(),
            protocol: "",
            number: valid(port.port)?,
            cluster_ip: spec.cluster_ip.as_deref().and_then(usable),
            external_ips: spec.external_ips.iter().flatten().filter_map(|ip| usable(ip)).collect(),
            on_nodes: port.node_port.filter(|_| exposed).and_then(valid),
            // api reference: three hours unless said otherwise.
            sticky: is(&spec.session_affinity, "ClientIP").then(|| timeout().unwrap_or(10_800)),
            internal_local: is(&spec.internal_traffic_policy, "Local"),
            external_local: is(&spec.external_traffic_policy, "Local"),
            backends: Backends::default(),
        })
    }

    fn chain(&self, kind: &str) -> String {
        named(kind, &[&self.title, self.protocol])
    }

    /// Packets to the service's own address are served by endpoints of this node only, or of any.
    fn inner(&self) -> (&'static str, &BTreeSet<(Ipv4Addr, u16)>) {
        if self.internal_local { ("SVL", &self.backends.local) } else { ("SVC", &self.backends.all) }
    }

    /// The verdict on packets that nobody serves.
    fn nobody(&self) -> &'static str {
        // Without any endpoint the sender is told at once. Without one here the packet is dropped, as
        // Kubernetes does: another node serves.
        if self.backends.all.is_empty() { "REJECT --reject-with icmp-port-unreachable" } else { "DROP" }
    }
}

/// A chain's name: at most 28 bytes, the same for the same parts.
fn named(kind: &str, parts: &[&str]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.as_bytes());
        digest.update([0]);
    }
    let digest = digest.finalize();
    let word = digest.iter().take(8).fold(0_u64, |word, byte| word << 8 | u64::from(*byte));
    format!("DHOW-{kind}-{word:016x}")
}

/// What is known of pods' addresses.
pub(super) struct Inside {
    /// Those of every pod.
    pub(super) cluster: Option<Cidr>,
    /// Those of this node's pods.
    pub(super) own: Option<Cidr>,
}

/// Writes the chains of one port and hangs them into the trees.
pub(super) fn write(port: &Port, inside: &Inside, rules: &mut Rules, reach: &mut Tree, refuse: &mut Tree) {
    let leaf =
        |number: u16, target| Leaf { protocol: port.protocol, port: number, title: &port.title, target };
    let wants_local = port.internal_local || port.external_local;
    let local = port.backends.local.iter().filter(|_| wants_local);
    for (ip, number) in port.backends.all.iter().chain(local).collect::<BTreeSet<_>>() {
        rules.insert(Table::Nat, endpoint(port, *ip, *number));
    }
    let (inner, serving) = port.inner();
    if let Some(ip) = port.cluster_ip {
        if serving.is_empty() {
            refuse.address(ip, &leaf(port.number, port.nobody()));
        } else {
            reach.address(ip, &leaf(port.number, &port.chain(inner)));
        }
    }
    for (kind, ends, wanted) in
        [("SVC", &port.backends.all, true), ("SVL", &port.backends.local, wants_local)]
    {
        if wanted && !ends.is_empty() {
            rules.insert(Table::Nat, balance(port, kind, ends, inside.cluster.filter(|_| kind == inner)));
        }
    }
    if port.on_nodes.is_some() || !port.external_ips.is_empty() {
        expose(port, inside, rules, reach, refuse);
    }
    if port.protocol == "udp" {
        let fronts = port.cluster_ip.iter().chain(&port.external_ips).map(|ip| (*ip, port.number));
        let fronts = fronts.chain(port.on_nodes.map(|n| (Ipv4Addr::UNSPECIFIED, n)));
        for front in fronts {
            rules.flows.extend(port.backends.all.iter().map(|back| Flow { front, back: *back }));
        }
    }
}

/// Packets from outside: node ports and external addresses.
fn expose(port: &Port, inside: &Inside, rules: &mut Rules, reach: &mut Tree, refuse: &mut Tree) {
    let leaf =
        |number: u16, target| Leaf { protocol: port.protocol, port: number, title: &port.title, target };
    let (mut reached, mut refused) = (None, None);
    if port.backends.all.is_empty() {
        refused = Some(port.nobody());
    } else {
        let mut chain = Chain::new(port.chain("EXT"));
        let service = port.chain("SVC");
        if port.external_local {
            // The sender's address is kept, so the packet must stay here; pods and the node itself
            // are served by everybody.
            if let Some(pods) = inside.cluster.or(inside.own) {
                chain.rule(format_args!("-s {pods} -j {service}"));
            }
            chain.rule("-m addrtype --src-type LOCAL -j DHOW-MARK");
            chain.rule(format_args!("-m addrtype --src-type LOCAL -j {service}"));
            if port.backends.local.is_empty() {
                refused = Some(port.nobody());
            } else {
                chain.rule(format_args!("-j {}", port.chain("SVL")));
            }
        } else {
            chain.rule("-j DHOW-MARK");
            chain.rule(format_args!("-j {service}"));
        }
        reached = Some(chain.name().to_owned());
        rules.insert(Table::Nat, chain);
    }
    for (tree, target) in [(reach, reached.as_deref()), (refuse, refused)] {
        let Some(target) = target else { continue };
        for ip in &port.external_ips {
            tree.address(*ip, &leaf(port.number, target));
        }
        if let Some(number) = port.on_nodes {
            tree.port(&leaf(number, target));
        }
    }
}

/// The chain that chooses an endpoint.
fn balance(port: &Port, kind: &str, ends: &BTreeSet<(Ipv4Addr, u16)>, cluster: Option<Cidr>) -> Chain {
    let mut chain = Chain::new(port.chain(kind));
    if let (Some(cluster), Some(ip)) = (cluster, port.cluster_ip) {
        // A host's address need not lead back to it from where the endpoint is.
        chain.rule(format_args!("-d {ip}/32 ! -s {cluster} -j DHOW-MARK"));
    }
    let names: Vec<String> = ends.iter().map(|(ip, number)| end_name(port, *ip, *number)).collect();
    if let Some(seconds) = port.sticky {
        for name in &names {
            chain.rule(format_args!("-m recent --name {name} --rcheck --seconds {seconds} --reap -j {name}"));
        }
    }
    for (left, name) in (1..=names.len()).rev().zip(&names) {
        if left == 1 {
            chain.rule(format_args!("-j {name}"));
        } else {
            let share = 1.0 / f64::from(u32::try_from(left).unwrap_or(u32::MAX));
            chain.rule(format_args!("-m statistic --mode random --probability {share:.10} -j {name}"));
        }
    }
    chain
}

fn end_name(port: &Port, ip: Ipv4Addr, number: u16) -> String {
    named("SEP", &[&port.title, port.protocol, &format!("{ip}:{number}")])
}

/// The chain that sends packets to one endpoint.
fn endpoint(port: &Port, ip: Ipv4Addr, number: u16) -> Chain {
    let name = end_name(port, ip, number);
    // An endpoint that reaches itself must not see its own address as the sender.
    let chain = Chain::new(name.clone()).with(format_args!("-s {ip}/32 -j DHOW-MARK"));
    let protocol = port.protocol;
    let sticky = port.sticky.map(|_| format!("-m recent --name {name} --set ")).unwrap_or_default();
    chain.with(format_args!("-p {protocol} {sticky}-m {protocol} -j DNAT --to-destination {ip}:{number}"))
}
