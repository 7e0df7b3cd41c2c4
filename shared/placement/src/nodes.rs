//! What is where: every node with the sum of what its pods take.

use crate::ask::{Amounts, Ask};
use shared_api::{
    Amount, Key,
    core::{Node, Pod},
};
use shared_client::World;
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// Every node, and every pod that takes room on one. Kept up to date by steps: nothing is summed twice.
#[derive(Debug, Default, Clone)]
pub struct Nodes {
    seats: BTreeMap<String, Seat>,
    placed: HashMap<Key, (String, Arc<Ask>)>,
}

/// A node and what is on it.
#[derive(Debug, Default, Clone)]
pub(crate) struct Seat {
    /// `None` while only pods name it.
    pub(crate) node: Option<Arc<Node>>,
    pub(crate) allocatable: Amounts,
    /// What its pods were promised.
    pub(crate) used: Amounts,
    /// What its pods are taken to use when nodes are compared.
    pub(crate) load: Amounts,
    pub(crate) pods: HashMap<Key, Arc<Ask>>,
    /// How many pods of each owner.
    pub(crate) groups: HashMap<String, i64>,
}

impl Nodes {
    /// As the world stands.
    pub fn of(world: &World) -> Self {
        let mut nodes = Self::default();
        world.list::<Node>().for_each(|node| {
            nodes.put(node);
        });
        for pod in world.list::<Pod>() {
            if let Some(node) = takes_room(&pod) {
                nodes.place(Key::from_kind(&*pod), node.to_owned(), Arc::new(Ask::of(&pod)));
            }
        }
        nodes
    }

    /// A node is there or changed; true when that may matter to a pod that waits.
    pub fn put(&mut self, node: Arc<Node>) -> bool {
        let seat = self.seats.entry(node.metadata.name.clone().unwrap_or_default()).or_default();
        let before = seat.node.as_ref();
        let matters = before.is_none_or(|old| {
            old.spec != node.spec
                || old.metadata.labels != node.metadata.labels
                || old.status.as_ref().and_then(|s| s.allocatable.as_ref())
                    != node.status.as_ref().and_then(|s| s.allocatable.as_ref())
        });
        if matters {
            let status = node.status.as_ref();
            let amounts = status.and_then(|s| s.allocatable.as_ref().or(s.capacity.as_ref()));
            seat.allocatable = amounts
                .into_iter()
                .flatten()
                .map(|(name, amount)| (name.clone(), Amount::of(amount)))
                .collect();
        }
        seat.node = Some(node);
        matters
    }

    /// A node is gone.
    pub fn remove(&mut self, name: &str) {
        if let Some(seat) = self.seats.get_mut(name) {
            seat.node = None;
            if seat.pods.is_empty() {
                self.seats.remove(name);
            }
        }
    }

    /// A pod takes room on a node, in place of where it was before.
    pub fn place(&mut self, pod: Key, node: String, ask: Arc<Ask>) {
        self.take_away(&pod);
        let seat = self.seats.entry(node.clone()).or_default();
        change(&mut seat.used, &ask.requests, |a, b| a + b);
        change(&mut seat.load, &ask.weight, |a, b| a + b);
        if let Some(group) = &ask.group {
            *seat.groups.entry(group.clone()).or_default() += 1;
        }
        seat.pods.insert(pod.clone(), Arc::clone(&ask));
        self.placed.insert(pod, (node, ask));
    }

    /// A pod takes no room any more; true when it did.
    pub fn take_away(&mut self, pod: &Key) -> bool {
        let Some((node, ask)) = self.placed.remove(pod) else { return false };
        let Some(seat) = self.seats.get_mut(&node) else { return false };
        change(&mut seat.used, &ask.requests, |a, b| a - b);
        change(&mut seat.load, &ask.weight, |a, b| a - b);
        if let Some(count) = ask.group.as_ref().and_then(|g| seat.groups.get_mut(g)) {
            *count -= 1;
        }
        seat.groups.retain(|_, count| *count > 0);
        seat.pods.remove(pod);
        if seat.node.is_none() && seat.pods.is_empty() {
            self.seats.remove(&node);
        }
        true
    }

    /// How full each node is, by name.
    pub fn fill(&self) -> impl Iterator<Item = Fill<'_>> {
        self.seats().map(|(node, seat)| Fill { node, seat })
    }

    /// What is on a node.
    pub fn on(&self, node: &str) -> Vec<Arc<Pod>> {
        let pods = self.seats.get(node).into_iter().flat_map(|seat| &seat.pods);
        let mut pods: Vec<_> = pods.collect();
        pods.sort_by_key(|(key, _)| *key);
        pods.into_iter().map(|(_, ask)| Arc::clone(&ask.pod)).collect()
    }

    /// Every node that is there, by name.
    pub(crate) fn seats(&self) -> impl Iterator<Item = (&String, &Seat)> {
        self.seats.iter().filter(|(_, seat)| seat.node.is_some())
    }
}

/// How full a node is.
pub struct Fill<'a> {
    /// The node.
    pub node: &'a str,
    seat: &'a Seat,
}

impl Fill<'_> {
    /// What its pods were promised of a resource, and all there is of it.
    pub fn of(&self, resource: &str) -> (Amount, Amount) {
        let of = |amounts: &Amounts| amounts.get(resource).copied().unwrap_or_default();
        (of(&self.seat.used), of(&self.seat.allocatable))
    }

    /// How many pods it has.
    pub fn pods(&self) -> usize {
        self.seat.pods.len()
    }
}

impl Seat {
    pub(crate) fn left(&self, resource: &str) -> Amount {
        let of = |amounts: &Amounts| amounts.get(resource).copied().unwrap_or_default();
        of(&self.allocatable) - of(&self.used)
    }
}

fn change(sums: &mut Amounts, by: &Amounts, how: fn(Amount, Amount) -> Amount) {
    for (resource, amount) in by {
        let sum = sums.entry(resource.clone()).or_default();
        *sum = how(*sum, *amount);
    }
}

/// The node on which a pod takes room: one that is over takes none.
pub fn takes_room(pod: &Pod) -> Option<&str> {
    let over = matches!(pod.status.as_ref().and_then(|s| s.phase.as_deref()), Some("Succeeded" | "Failed"));
    let node = pod.spec.as_ref()?.node_name.as_deref().filter(|n| !n.is_empty())?;
    (!over).then_some(node)
}
