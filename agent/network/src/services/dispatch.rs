//! The tree that finds the chain of an address and port in a few steps, however many there are.

use crate::rules::{Chain, Rules, Table};
use std::{collections::BTreeMap, fmt::Write as _, net::Ipv4Addr};

/// What is done with packets to one address and port.
#[derive(Debug, Clone)]
pub(super) struct Leaf<'a> {
    /// `tcp`, `udp` or `sctp`.
    pub(super) protocol: &'a str,
    /// Port the sender knows.
    pub(super) port: u16,
    /// Whose it is, for a reader of the chains.
    pub(super) title: &'a str,
    /// The chain or verdict.
    pub(super) target: &'a str,
}

/// Leaves by their place in the tree.
#[derive(Debug, Default)]
pub(super) struct Tree {
    /// By the first three bytes of the address.
    addresses: BTreeMap<u32, String>,
    /// By the port's upper ten bits, on every address of the node.
    ports: BTreeMap<u16, String>,
}

/// Ports in one chain of node ports.
const BUCKET: u16 = 64;

impl Tree {
    /// Packets to one address.
    pub(super) fn address(&mut self, to: Ipv4Addr, leaf: &Leaf<'_>) {
        let lines = self.addresses.entry(u32::from(to) >> 8).or_default();
        let _ = write!(lines, "-d {to}/32 ");
        leaf.write(lines);
    }

    /// Packets to any address of the node.
    pub(super) fn port(&mut self, leaf: &Leaf<'_>) {
        leaf.write(self.ports.entry(leaf.port / BUCKET).or_default());
    }

    /// Writes the tree below `root`; the names of its chains have `by_address` or `by_port` in them.
    pub(super) fn write(&self, rules: &mut Rules, table: Table, root: &str, by_address: &str, by_port: &str) {
        let mut top = Chain::new(root);
        for (network, lines) in &self.addresses {
            let name = format!("DHOW-{by_address}-{network:06x}");
            top.rule(format_args!("-d {}/24 -j {name}", Ipv4Addr::from(network << 8)));
            rules.insert(table, lines.lines().fold(Chain::new(name), Chain::with));
        }
        if !self.ports.is_empty() {
            // The kernel routes nothing from its loopback addresses to elsewhere.
            let name = format!("DHOW-{by_port}");
            top.rule(format_args!("! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j {name}"));
            let mut local = Chain::new(name);
            for (bucket, lines) in &self.ports {
                let (first, last) = (bucket * BUCKET, bucket * BUCKET + (BUCKET - 1));
                let name = format!("DHOW-{by_port}-{first}");
                for protocol in ["tcp", "udp", "sctp"] {
                    if lines.contains(&format!("-p {protocol} ")) {
                        local.rule(format_args!(
                            "-p {protocol} -m {protocol} --dport {first}:{last} -j {name}"
                        ));
                    }
                }
                rules.insert(table, lines.lines().fold(Chain::new(name), Chain::with));
            }
            rules.insert(table, local);
        }
        rules.insert(table, top);
    }
}

impl Leaf<'_> {
    fn write(&self, lines: &mut String) {
        let Self { protocol, port, title, target } = self;
        let _ = writeln!(
            lines,
            "-p {protocol} -m {protocol} --dport {port} -m comment --comment \"{title}\" -j {target}"
        );
    }
}
