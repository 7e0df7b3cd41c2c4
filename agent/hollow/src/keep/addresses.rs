//! Which of its addresses each node has given away. Pure.

use std::{
    collections::{BTreeSet, HashMap},
    net::Ipv4Addr,
};

/// The lowest address is the range's own, the next the node's in it.
const FIRST: u8 = 2;

/// What is given away, by node.
#[derive(Debug, Default)]
pub(super) struct Addresses(HashMap<String, BTreeSet<u8>>);

impl Addresses {
    /// An address for a pod of a node: the one that it has, or the lowest that is free. When none is, the
    /// last one is shared.
    pub(super) fn take(&mut self, node: &str, has: Option<&str>) -> u8 {
        let taken = self.0.entry(node.into()).or_default();
        let has = has.and_then(|ip| ip.parse::<Ipv4Addr>().ok()).map(|ip| ip.octets()[3]);
        let free = || (FIRST..u8::MAX).find(|k| !taken.contains(k)).unwrap_or(u8::MAX - 1);
        let address = has.unwrap_or_else(free);
        taken.insert(address);
        address
    }

    /// The pod that had it is gone.
    pub(super) fn give_back(&mut self, node: &str, address: u8) {
        if let Some(taken) = self.0.get_mut(node) {
            taken.remove(&address);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_given_from_the_lowest_and_kept() {
        let mut all = Addresses::default();
        assert_eq!(all.take("a", Some("10.244.0.3")), 3);
        assert_eq!([all.take("a", None), all.take("a", None), all.take("b", None)], [2, 4, 2]);
        all.give_back("a", 3);
        assert_eq!(all.take("a", None), 3);
        for _ in 0..300 {
            all.take("a", None);
        }
        assert_eq!(all.take("a", None), 254);
    }
}
