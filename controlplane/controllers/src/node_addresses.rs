//! Gives every `Node` a range of addresses for its pods.

use shared_api::{Cidr, GroupKind, core::Node};
use shared_reconcile::{Plan, Reconciler, World};
use std::collections::BTreeSet;

/// Every node gets 256 addresses.
pub const NODE_BITS: u8 = 24;

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
    const READS: &'static [GroupKind] = &[];
    // Two decisions from the same picture would give the same range twice.
    const ALONE: bool = true;

    fn reconcile(&self, node: &Node, world: &World) -> Plan {
        if cidr_of(node).is_some() || node.metadata.deletion_timestamp.is_some() {
            return Plan::nothing();
        }
        let taken: Vec<Cidr> = world.list::<Node>().filter_map(|n| cidr_of(&n)?.parse().ok()).collect();
        let used: BTreeSet<_> = taken.iter().map(|c| c.base()).collect();
        let free = |c: &Cidr| !used.contains(&c.base()) && !taken.iter().any(|t| t.overlaps(*c));
        let Some(free) = self.cluster.parts(NODE_BITS).find(free) else {
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
        assert_eq!(given("10.0.0.0/25", &[]), None, "smaller than one node's");
    }

    #[test]
    fn a_node_keeps_what_it_has() {
        let known = node("n").pods_from("10.1.0.0/24");
        assert!(NodeAddresses::new(Cidr::PODS).reconcile(&known, &World::default()).is_nothing());
    }
}
