//! The loop that keeps the pods of every node of a fleet: one watch, and what is due next.

mod addresses;
mod write;

use crate::{
    churn::Churn,
    fleet::{Fleet, Pace},
    node::Facts,
    seed::seed,
    status::{Next, Place, next},
};
use addresses::Addresses;
use futures::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use shared_api::{Key, Object, Query, Reason, Refusal, Timestamp, core::Pod};
use shared_client::{Cluster, Event};
use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
    sync::Arc,
    time::Duration,
};
use write::{Done, Writer};

/// Writes under way at the same time; while there are so many, nothing more is read.
const TOGETHER: usize = 64;
const PAUSE: Duration = Duration::from_millis(500);
/// Until a write is tried again that went wrong.
const AGAIN: Duration = Duration::from_secs(2);

/// Keeps the pods of a fleet.
pub(crate) struct Keeper {
    cluster: Arc<dyn Cluster>,
    nodes: HashMap<String, Facts>,
    pace: Pace,
    clock: fn() -> Timestamp,
    changes: usize,
    events: bool,
}

/// What is remembered of a pod.
struct Known {
    /// As it was last seen; none when nothing is due.
    object: Option<Object>,
    uid: String,
    node: String,
    address: u8,
    /// It is being written.
    busy: bool,
}

/// One picture of the fleet's pods, from the beginning of a watch to its end.
struct Picture<'a> {
    keeper: &'a Keeper,
    writer: Writer,
    known: HashMap<Key, Known>,
    addresses: Addresses,
    due: BinaryHeap<Reverse<(Timestamp, Key)>>,
    writes: FuturesUnordered<BoxFuture<'static, Done>>,
    churn: Churn,
}

impl Keeper {
    pub(crate) fn new(cluster: Arc<dyn Cluster>, fleet: &Fleet) -> Self {
        let nodes = fleet.facts().map(|facts| (facts.name.clone(), facts)).collect();
        Self {
            cluster,
            nodes,
            pace: fleet.pace,
            clock: fleet.clock,
            changes: fleet.changes,
            events: fleet.events,
        }
    }

    /// Keeps pods for ever; a watch that broke is begun anew, from what is there.
    pub(crate) async fn run(self) {
        loop {
            let picture = Picture {
                keeper: &self,
                writer: Writer { cluster: Arc::clone(&self.cluster), clock: self.clock, tells: self.events },
                known: HashMap::new(),
                addresses: Addresses::default(),
                due: BinaryHeap::new(),
                writes: FuturesUnordered::new(),
                churn: Churn::new(self.changes),
            };
            let why = picture.follow().await;
            tracing::warn!(error = %why, "the watch of the pods broke; trying again");
            tokio::time::sleep(PAUSE).await;
        }
    }
}

impl Picture<'_> {
    /// Follows the pods until the watch ends; says why.
    async fn follow(mut self) -> Refusal {
        let mut events = match self.keeper.cluster.watch(&[Query::every::<Pod>()], None).await {
            Ok(events) => events,
            Err(refusal) => return refusal,
        };
        loop {
            let room = self.writes.len() < TOGETHER;
            let wait = self.due.peek().map(|Reverse((at, _))| at.duration_since((self.keeper.clock)()));
            let wait = wait.map(|wait| Duration::try_from(wait).unwrap_or_default());
            tokio::select! {
                Some(done) = self.writes.next(), if !self.writes.is_empty() => self.written(done),
                event = events.next(), if room => match event {
                    Some(Ok(event)) => self.observe(event),
                    Some(Err(refusal)) => return refusal,
                    None => return Refusal::unavailable("the control plane closed the watch"),
                },
                () = tokio::time::sleep(wait.unwrap_or_default()), if wait.is_some() && room => self.look_due(),
                () = self.churn.tick(), if room => self.change(),
            }
        }
    }

    fn observe(&mut self, event: Event) {
        match event {
            Event::Added(object) | Event::Modified(object) => self.note(object),
            Event::Deleted(object) => self.forget(&object.key()),
            Event::Bookmark { .. } => {}
        }
    }

    /// Takes note of a pod as it is now, and looks what is to be done.
    fn note(&mut self, object: Object) {
        let key = object.key();
        let Ok(pod) = object.to_kind::<Pod>() else { return };
        let node = pod.spec.as_ref().and_then(|s| s.node_name.as_deref()).unwrap_or_default();
        if !self.keeper.nodes.contains_key(node) {
            return;
        }
        if self.known.get(&key).is_some_and(|known| known.uid != object.uid()) {
            self.forget(&key);
        }
        if !self.known.contains_key(&key) {
            let has = pod.status.as_ref().and_then(|s| s.pod_ip.as_deref());
            let known = Known {
                object: None,
                uid: object.uid().into(),
                node: node.into(),
                address: self.addresses.take(node, has),
                busy: false,
            };
            self.known.insert(key.clone(), known);
            self.churn.meet(&key);
        }
        if let Some(known) = self.known.get_mut(&key) {
            known.object = Some(object);
        }
        self.look(&key);
    }

    fn forget(&mut self, key: &Key) {
        if let Some(known) = self.known.remove(key) {
            self.addresses.give_back(&known.node, known.address);
        }
    }

    /// Does what is to be done about a pod now.
    fn look(&mut self, key: &Key) {
        let Some(known) = self.known.get_mut(key).filter(|known| !known.busy) else { return };
        let Some(object) = known.object.clone() else { return };
        let Ok(pod) = object.to_kind::<Pod>() else { return };
        let Some(facts) = self.keeper.nodes.get(&known.node) else { return };
        let takes = match self.keeper.pace {
            Pace::AtOnce => 0,
            Pace::AsUsual => i64::try_from(1 + seed(&known.uid) % 3).unwrap_or(1),
        };
        let place =
            Place { host: facts.ip.to_string(), address: facts.address(known.address).to_string(), takes };
        match next(&pod, &place, (self.keeper.clock)()) {
            Next::Rest => known.object = None,
            Next::Wait(at) => self.due.push(Reverse((at, key.clone()))),
            Next::Tell(status) => {
                known.busy = true;
                known.object = None;
                self.writes.push(self.writer.clone().tell(key.clone(), pod, *status).boxed());
            }
            Next::Remove => {
                known.busy = true;
                known.object = None;
                self.writes.push(self.writer.clone().remove(key.clone(), known.uid.clone()).boxed());
            }
        }
    }

    fn look_due(&mut self) {
        let now = (self.keeper.clock)();
        while self.due.peek().is_some_and(|Reverse((at, _))| *at <= now) && self.writes.len() < TOGETHER {
            if let Some(Reverse((_, key))) = self.due.pop() {
                self.look(&key);
            }
        }
    }

    /// A write ended: what was seen meanwhile is looked at, and what went wrong is tried again.
    fn written(&mut self, done: Done) {
        let Done::Of(key, done) = done else { return };
        let Some(known) = self.known.get_mut(&key) else { return };
        known.busy = false;
        match done {
            Ok(Some(object)) => self.note(object),
            _ if known.object.is_some() => self.look(&key),
            Ok(None) => {}
            // What is newer is on its way.
            Err(refusal) if matches!(refusal.reason, Reason::Conflict | Reason::NotFound) => {}
            Err(refusal) => {
                tracing::warn!(error = %refusal, pod = %key, "a pod's status was not taken");
                known.busy = true;
                self.writes.push(self.writer.clone().again(key, AGAIN).boxed());
            }
        }
    }

    fn change(&mut self) {
        let known = &self.known;
        for _ in 0..self.churn.owed() {
            let Some(key) = self.churn.choose(|key| known.contains_key(key)) else { return };
            self.writes.push(self.writer.clone().change(key).boxed());
        }
    }
}
