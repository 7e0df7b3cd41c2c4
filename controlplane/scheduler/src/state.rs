//! What the scheduler knows between two looks at the world, and how events change it.

use crate::queue::Queue;
use shared_api::{
    GroupKind, Key, Object,
    core::{Node, Pod},
};
use shared_placement::{Ask, Nodes, Unschedulable, choose, takes_room};
use shared_reconcile::{Event, World};
use std::{collections::HashMap, sync::Arc};

/// The only pods tried are those that name this scheduler, or none.
const DEFAULT: &str = "default-scheduler";

/// Sums, waiting pods, and what was decided but is not yet seen.
#[derive(Debug, Default)]
pub(crate) struct State {
    nodes: Nodes,
    queue: Queue,
    /// Bound by us, and taking room, though the world does not show it yet.
    assumed: HashMap<Key, (Arc<Ask>, String)>,
    /// Something changed that may help a pod that waits.
    pub(crate) freed: bool,
}

/// What is to be done about a pod.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Verdict {
    Bind { key: Key, pod: Arc<Pod>, node: String },
    Refuse { pod: Arc<Pod>, why: Unschedulable },
}

impl State {
    /// Starts over from the world; what was decided and is not yet seen stays decided.
    pub(crate) fn look(&mut self, world: &World) {
        self.nodes = Nodes::of(world);
        self.queue = Queue::default();
        self.assumed.retain(|key, (ask, node)| {
            let still = world.get::<Pod>(key).is_some_and(|pod| {
                pod.metadata.uid == ask.pod.metadata.uid && takes_room(&pod).is_none() && is_waiting(&pod)
            });
            if still {
                self.nodes.place(key.clone(), node.clone(), Arc::clone(ask));
            }
            still
        });
        world.list::<Pod>().for_each(|pod| self.pod(Key::from_kind(&*pod), &pod));
    }

    /// Takes note of an event.
    pub(crate) fn observe(&mut self, event: &Event) {
        let Some(object) = event.object() else { return };
        let kind = object.group_kind();
        if kind == GroupKind::of::<Node>() {
            self.node(event, object);
        } else if kind == GroupKind::of::<Pod>() {
            let key = object.key();
            if matches!(event, Event::Deleted(_)) {
                self.assumed.remove(&key);
                self.queue.remove(&key);
                self.freed |= self.nodes.take_away(&key);
            } else if let Ok(pod) = object.to_kind::<Pod>() {
                self.pod(key, &pod);
            }
        }
    }

    fn node(&mut self, event: &Event, object: &Object) {
        if matches!(event, Event::Deleted(_)) {
            self.nodes.remove(object.name());
            // Those that wait are told about one node fewer.
            self.freed = true;
        } else if let Ok(node) = object.to_kind::<Node>() {
            self.freed |= self.nodes.put(node);
        }
    }

    fn pod(&mut self, key: Key, pod: &Arc<Pod>) {
        if self.assumed.get(&key).is_some_and(|(ask, _)| ask.pod.metadata.uid != pod.metadata.uid) {
            // A namesake took its place.
            self.forget(&key);
        }
        if let Some(node) = takes_room(pod) {
            self.assumed.remove(&key);
            self.queue.remove(&key);
            self.nodes.place(key, node.to_owned(), Arc::new(Ask::of(pod)));
        } else if is_waiting(pod) {
            if !self.assumed.contains_key(&key) {
                self.queue.add(key, pod);
            }
        } else {
            self.assumed.remove(&key);
            self.queue.remove(&key);
            self.freed |= self.nodes.take_away(&key);
        }
    }

    /// Decides about the next pod that waits. What is to be bound takes room from now on.
    pub(crate) fn decide(&mut self) -> Option<Verdict> {
        let (key, pod) = self.queue.next()?;
        let ask = Arc::new(Ask::of(&pod));
        match choose(&ask, &self.nodes) {
            Ok(node) => {
                self.queue.remove(&key);
                self.nodes.place(key.clone(), node.clone(), Arc::clone(&ask));
                self.assumed.insert(key.clone(), (ask, node.clone()));
                Some(Verdict::Bind { key, pod, node })
            }
            Err(why) => Some(Verdict::Refuse { pod, why }),
        }
    }

    /// A pod was not bound after all.
    pub(crate) fn forget(&mut self, key: &Key) {
        if self.assumed.remove(key).is_some() {
            self.freed |= self.nodes.take_away(key);
        }
    }

    /// Looks at a pod again, if it is still there and waits.
    pub(crate) fn retry(&mut self, key: &Key, world: &World) {
        if let Some(pod) = world.get::<Pod>(key) {
            self.queue.remove(key);
            self.pod(key.clone(), &pod);
        }
    }

    /// Every pod that waits is tried again.
    pub(crate) fn reconsider(&mut self) {
        self.freed = false;
        self.queue.reconsider();
    }
}

/// Whether a pod is ours to find a node for.
fn is_waiting(pod: &Pod) -> bool {
    let Some(spec) = &pod.spec else { return false };
    let over = matches!(pod.status.as_ref().and_then(|s| s.phase.as_deref()), Some("Succeeded" | "Failed"));
    let ours = spec.scheduler_name.as_deref().is_none_or(|n| n.is_empty() || n == DEFAULT);
    let gated = spec.scheduling_gates.as_ref().is_some_and(|g| !g.is_empty());
    let bound = spec.node_name.as_deref().is_some_and(|n| !n.is_empty());
    ours && !gated && !bound && !over && pod.metadata.deletion_timestamp.is_none()
}
