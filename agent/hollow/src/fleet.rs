//! Many hollow nodes as one: one watch and one heart for all of them.

use crate::{
    beat::beat,
    keep::Keeper,
    node::{Facts, MOST},
};
use shared_api::Timestamp;
use shared_client::Cluster;
use std::sync::Arc;

/// How fast containers begin and end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// As on a node whose images are near: a few seconds.
    AsUsual,
    /// In no time.
    AtOnce,
}

/// Hollow nodes.
#[derive(Debug, Clone)]
pub struct Fleet {
    /// How many there are; 2,500 at most.
    pub nodes: usize,
    /// How many pods each takes; 250 at most.
    pub room: usize,
    /// How fast their containers begin and end.
    pub pace: Pace,
    /// How many pods change every second for the sake of change.
    pub changes: usize,
    /// Events are told of pods as well.
    pub events: bool,
    /// What time it is.
    pub clock: fn() -> Timestamp,
}

impl Fleet {
    /// A few nodes as Kubernetes has them by default.
    pub fn new(nodes: usize, clock: fn() -> Timestamp) -> Self {
        Self { nodes, room: 110, pace: Pace::AsUsual, changes: 0, events: true, clock }
    }

    /// As many nodes as so many pods need, with room for a few more; at once and without Events.
    pub fn for_pods(pods: usize, clock: fn() -> Timestamp) -> Self {
        let nodes = pods.div_ceil(100).max(4);
        Self { pace: Pace::AtOnce, events: false, ..Self::new(nodes, clock) }
    }

    /// Registers the nodes and keeps them and their pods, for ever.
    pub async fn run(self, cluster: Arc<dyn Cluster>) {
        let keeper = Keeper::new(Arc::clone(&cluster), &self);
        tokio::join!(beat(&cluster, &self), keeper.run());
    }

    /// Each node.
    pub(crate) fn facts(&self) -> impl Iterator<Item = Facts> {
        let room = self.room.min(250);
        (0..self.nodes.min(MOST)).map(move |n| Facts::of(n, room))
    }
}
