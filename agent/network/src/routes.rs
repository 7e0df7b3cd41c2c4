//! How this node reaches the pods of the others: a plain function of a world, and its application.

mod apply;

use crate::services::pod_range;
use shared_api::{Cidr, core::Node};
use shared_client::World;
use std::{collections::BTreeMap, net::Ipv4Addr};

pub use apply::{Here, OVERLAY, apply, surroundings, uninstall};

/// How packets get to a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// It is on a network of ours: its address is the next hop.
    Plain,
    /// Routers lie between, which know nothing of pods: packets travel inside others (VXLAN).
    Overlay,
}

/// A range of pods and the node that has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Route {
    /// The pods.
    pub to: Cidr,
    /// Address of their node.
    pub node: Ipv4Addr,
    /// How it is reached.
    pub way: Way,
}

/// The routes a node needs. `on_link` are the networks it reaches without a router.
///
/// Nodes without a range or an address have no route yet. Of two nodes with one range the first by
/// name has it.
pub fn routes(world: &World, node: &str, on_link: &[Cidr]) -> Vec<Route> {
    let own = world.named::<Node>("", node).and_then(|node| pod_range(&node));
    let mut found: BTreeMap<Cidr, Route> = BTreeMap::new();
    for other in world.list::<Node>() {
        let (Some(to), Some(at)) = (pod_range(&other), address(&other)) else { continue };
        if other.metadata.name.as_deref() == Some(node) || Some(to) == own {
            continue;
        }
        let near = on_link.iter().any(|network| network.contains(at));
        let way = if near { Way::Plain } else { Way::Overlay };
        found.entry(to).or_insert(Route { to, node: at, way });
    }
    found.into_values().collect()
}

/// A node's address inside the cluster.
pub(crate) fn address(node: &Node) -> Option<Ipv4Addr> {
    let all = node.status.as_ref()?.addresses.iter().flatten();
    all.filter(|a| a.type_ == "InternalIP").find_map(|a| a.address.parse().ok())
}

/// What to remove and what to add so that `have` becomes `want`.
pub fn changes(have: &[Route], want: &[Route]) -> (Vec<Route>, Vec<Route>) {
    // A route that only changed is replaced, so that no packet finds none.
    let gone = have.iter().filter(|old| want.iter().all(|new| new.to != old.to));
    let new = want.iter().filter(|new| !have.contains(new));
    (gone.copied().collect(), new.copied().collect())
}

#[cfg(test)]
mod tests {
    use super::{Route, Way, changes, routes};
    use shared_api::{Object, core::Node};
    use shared_client::World;

    fn node(name: &str, ip: &str, range: &str) -> Object {
        let mut node = Node::default();
        node.metadata.name = Some(name.into());
        node.spec.get_or_insert_default().pod_cidr = Some(range.into());
        node.status
            .get_or_insert_default()
            .addresses
            .get_or_insert_default()
            .push(shared_api::core::NodeAddress { address: ip.into(), type_: "InternalIP".into() });
        Object::from_kind(&node)
    }

    fn route(to: &str, node: &str, way: Way) -> Route {
        Route { to: to.parse().unwrap(), node: node.parse().unwrap(), way }
    }

    #[test]
    fn every_other_node_has_a_route_by_where_it_is() {
        let world = World::of([
            node("a", "192.0.2.1", "10.1.0.0/24"),
            node("b", "192.0.2.2", "10.1.1.0/24"),
            node("c", "198.51.100.7", "10.1.2.0/24"),
            node("twin-of-b", "192.0.2.9", "10.1.1.0/24"),
            node("twin-of-a", "192.0.2.8", "10.1.0.0/24"),
            node("no-range", "192.0.2.5", ""),
            node("no-address", "", "10.1.9.0/24"),
        ]);
        let on_link = ["127.0.0.1/8".parse().unwrap(), "192.0.2.1/24".parse().unwrap()];
        let expected = [
            route("10.1.1.0/24", "192.0.2.2", Way::Plain),
            route("10.1.2.0/24", "198.51.100.7", Way::Overlay),
        ];
        assert_eq!(routes(&world, "a", &on_link), expected);
        assert_eq!(routes(&World::default(), "a", &on_link), []);
    }

    #[test]
    fn routes_are_added_replaced_and_removed() {
        let b = route("10.1.1.0/24", "192.0.2.2", Way::Plain);
        let moved = route("10.1.1.0/24", "192.0.2.3", Way::Plain);
        let c = route("10.1.2.0/24", "192.0.2.4", Way::Overlay);
        for (have, want, gone, new) in [
            (vec![], vec![b], vec![], vec![b]),
            (vec![b], vec![b], vec![], vec![]),
            (vec![b, c], vec![moved], vec![c], vec![moved]),
            (vec![b], vec![], vec![b], vec![]),
        ] {
            assert_eq!(changes(&have, &want), (gone, new));
        }
    }
}
