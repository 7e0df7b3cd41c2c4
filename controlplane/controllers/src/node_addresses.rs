//! Gives every `Node` a range of addresses for its pods.

use shared_api::{KindInfo, core::Node};
use shared_reconcile::{Plan, Reconciler, World};
use std::{collections::BTreeSet, fmt, net::Ipv4Addr, str::FromStr};

/// Every node gets 256 addresses.
const NODE_BITS: u8 = 24;

/// A range of IPv4 addresses: `10.244.0.0/16`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cidr {
    first: u32,
    bits: u8,
}

impl Default for Cidr {
    fn default() -> Self {
        Self { first: Ipv4Addr::new(10, 244, 0, 0).to_bits(), bits: 16 }
    }
}

impl FromStr for Cidr {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || format!("{text:?} is not a range of IPv4 addresses such as 10.244.0.0/16");
        let (address, bits) = text.split_once('/').ok_or_else(bad)?;
        let address: Ipv4Addr = address.parse().map_err(|_| bad())?;
        let bits: u8 = bits.parse().ok().filter(|b| *b <= 32).ok_or_else(bad)?;
        if !(1..=NODE_BITS).contains(&bits) {
            return Err(format!("{text} has no room for nodes: each takes a /{NODE_BITS}"));
        }
        Ok(Self { first: address.to_bits() & (u32::MAX << (32 - u32::from(bits))), bits })
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", Ipv4Addr::from_bits(self.first), self.bits)
    }
}

impl Cidr {
    /// The ranges of single nodes within this one.
    fn nodes(self) -> impl Iterator<Item = Self> {
        let count = 1_u32 << (NODE_BITS - self.bits);
        (0..count).map(move |n| Self { first: self.first + (n << (32 - NODE_BITS)), bits: NODE_BITS })
    }

    fn overlaps(self, other: Self) -> bool {
        let mask = u32::MAX << (32 - u32::from(self.bits.min(other.bits)));
        self.first & mask == other.first & mask
    }
}

/// See the module documentation.
pub struct NodeAddresses {
    cluster: Cidr,
}

impl NodeAddresses {
    /// Takes the ranges from `cluster`.
    pub fn new(cluster: Cidr) -> Self {
        Self { cluster }
    }
}

impl Reconciler for NodeAddresses {
    type Kind = Node;
    const NAME: &'static str = "node-ipam-controller";
    const READS: &'static [KindInfo] = &[];
    // Two decisions from the same picture would give the same range twice.
    const ALONE: bool = true;

    fn reconcile(&self, node: &Node, world: &World) -> Plan {
        if cidr_of(node).is_some() || node.metadata.deletion_timestamp.is_some() {
            return Plan::nothing();
        }
        let taken: Vec<Cidr> = world.list::<Node>().filter_map(|n| cidr_of(&n)?.parse().ok()).collect();
        let used: BTreeSet<u32> = taken.iter().map(|c| c.first).collect();
        let free = |c: &Cidr| !used.contains(&c.first) && !taken.iter().any(|t| t.overlaps(*c));
        let Some(free) = self.cluster.nodes().find(free) else {
            let why = format!("cluster range {} has no /{NODE_BITS} left", self.cluster);
            let told = shared_reconcile::Note::warning(node, "CIDRNotAvailable", why);
            return Plan::nothing().record(told).again_in_seconds(60);
        };
        let mut node = node.clone();
        let spec = node.spec.get_or_insert_default();
        spec.pod_cidr = Some(free.to_string());
        spec.pod_cidrs = Some(vec![free.to_string()]);
        Plan::nothing().update(&node)
    }
}

fn cidr_of(node: &Node) -> Option<&str> {
    node.spec.as_ref()?.pod_cidr.as_deref().filter(|c| !c.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared_reconcile::Change;
    use shared_testkit::{NodeWords, node, object};

    fn given(cluster: &str, there: &[&str]) -> Option<String> {
        let there = there.iter().map(|cidr| object(&node(&format!("n{cidr}")).pods_from(cidr)));
        let world = World::of(there);
        let plan = NodeAddresses::new(cluster.parse().unwrap()).reconcile(&node("new"), &world);
        match &plan.changes[..] {
            [Change::Update(node)] => node.value()["spec"]["podCIDR"].as_str().map(Into::into),
            _ => None,
        }
    }

    #[test]
    fn the_first_free_range_is_given() {
        assert_eq!(given("10.244.0.0/16", &[]).as_deref(), Some("10.244.0.0/24"));
        assert_eq!(
            given("10.244.0.0/16", &["10.244.0.0/24", "10.244.2.0/24"]).as_deref(),
            Some("10.244.1.0/24")
        );
        assert_eq!(given("10.244.0.0/16", &["10.244.0.0/23"]).as_deref(), Some("10.244.2.0/24"));
        assert_eq!(given("10.0.0.0/23", &["10.0.0.0/24", "10.0.1.0/24"]), None);
    }

    #[test]
    fn a_node_keeps_what_it_has() {
        let known = node("n").pods_from("10.1.0.0/24");
        assert!(NodeAddresses::new(Cidr::default()).reconcile(&known, &World::default()).is_nothing());
    }

    #[test]
    fn nonsense_is_refused() {
        for bad in ["", "10.0.0.0", "10.0.0.0/33", "x/16", "10.0.0.0/25", "0.0.0.0/0"] {
            assert!(bad.parse::<Cidr>().is_err(), "{bad}");
        }
        assert_eq!("10.1.2.3/16".parse::<Cidr>().unwrap().to_string(), "10.1.0.0/16");
    }
}
