//! One task hears what happens, for every controller: only those wake that something is about.

use crate::{Controller, queue::Queue};
use shared_api::{Key, Revision};
use shared_client::{Event, Live, World};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::{
    Notify,
    broadcast::{Receiver, error::RecvError},
};

/// Beyond so many keys a controller looks at everything: it is behind anyway.
const ROOM: usize = 10_000;

/// What one controller has not yet taken note of.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    heard: Mutex<Heard>,
    wake: Notify,
}

#[derive(Debug, Default)]
struct Heard {
    keys: Vec<Key>,
    /// Something was missed: there is no telling what.
    everything: bool,
    /// The revision that the controller waits to see.
    awaits: Option<Revision>,
}

impl Inbox {
    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until something was heard since the last time.
    pub(crate) async fn wait(&self) {
        self.wake.notified().await;
    }

    /// Moves what was heard into the queue.
    pub(crate) fn empty(&self, controller: &dyn Controller, live: &Live, queue: &mut Queue) {
        let (keys, everything) = {
            let mut heard = self.heard();
            (std::mem::take(&mut heard.keys), std::mem::take(&mut heard.everything))
        };
        if everything {
            tracing::info!(controller = controller.name(), "looking at everything again");
            controller.everything(&live.read()).into_iter().for_each(|key| queue.add(key));
        }
        for key in keys {
            queue.add(key);
        }
    }

    /// The controller waits for `revision`, if for any: wakes it when the world shows it.
    pub(crate) fn awaits(&self, revision: Option<Revision>) {
        self.heard().awaits = revision;
    }

    /// Takes note of events that the world shows.
    fn hear(&self, controller: &dyn Controller, events: &[Event], world: &World) {
        let concerns = || -> Vec<_> { events.iter().flat_map(|e| controller.concerns(e, world)).collect() };
        // One event that makes a controller fail keeps nothing from the others.
        let keys = catch_unwind(AssertUnwindSafe(concerns)).unwrap_or_else(|_| {
            tracing::error!(controller = controller.name(), "failed to hear; this is a bug");
            Vec::new()
        });
        let mut heard = self.heard();
        let awaited = heard.awaits.is_some_and(|awaited| awaited <= world.revision());
        if awaited {
            heard.awaits = None;
        }
        if !keys.is_empty() || awaited {
            heard.keys.extend(keys);
            if heard.keys.len() > ROOM {
                heard.keys = Vec::new();
                heard.everything = true;
            }
            drop(heard);
            self.wake.notify_one();
        }
    }

    fn missed(&self) {
        self.heard().everything = true;
        self.wake.notify_one();
    }
}

/// Hears for these controllers, until the world ends.
pub(crate) async fn listen(
    mut changes: Receiver<Arc<Vec<Event>>>,
    live: Arc<Live>,
    all: Vec<(Arc<dyn Controller>, Arc<Inbox>)>,
) {
    loop {
        match changes.recv().await {
            Ok(events) => {
                let world = live.read();
                for (controller, inbox) in &all {
                    inbox.hear(&**controller, &events, &world);
                }
            }
            Err(RecvError::Lagged(missed)) => {
                tracing::info!(missed, "missed changes");
                for (_, inbox) in &all {
                    inbox.missed();
                }
            }
            Err(RecvError::Closed) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Plan;
    use futures::FutureExt;
    use shared_api::{GroupKind, Object, Timestamp, core::Pod};

    /// Is concerned by the pod called `mine`.
    struct Mine;

    impl Controller for Mine {
        fn name(&self) -> &'static str {
            "mine"
        }
        fn reads(&self) -> Vec<GroupKind> {
            vec![GroupKind::of::<Pod>()]
        }
        fn everything(&self, _world: &World) -> Vec<Key> {
            vec![Key::of::<Pod>("default", "everything")]
        }
        fn concerns(&self, event: &Event, _world: &World) -> Vec<Key> {
            event.object().filter(|o| o.name() == "mine").map(shared_api::Object::key).into_iter().collect()
        }
        fn decide(&self, _key: &Key, _world: &World) -> Plan {
            Plan::nothing()
        }
    }

    #[test]
    fn only_what_concerns_a_controller_wakes_it() {
        let inbox = Inbox::default();
        let woken = || inbox.wait().now_or_never().is_some();
        let about = |name: &str| {
            let mut pod = Pod::default();
            pod.metadata.name = Some(name.into());
            [Event::Added(Object::from_kind(&pod))]
        };
        let world = |revision| {
            let mut world = World::default();
            world.observe(&Event::Bookmark { revision, initial: false, cluster: "c".into() });
            world
        };
        inbox.hear(&Mine, &about("other"), &world(1));
        assert!(!woken());
        inbox.awaits(Some(3));
        inbox.hear(&Mine, &about("other"), &world(2));
        assert!(!woken(), "revision 3 is not there yet");
        inbox.hear(&Mine, &about("other"), &world(3));
        assert!(woken());
        inbox.hear(&Mine, &about("mine"), &world(4));
        assert!(woken());
        inbox.missed();
        assert!(woken());
        let (live, mut queue) = (Live::new(|| Timestamp::UNIX_EPOCH), Queue::new(false));
        inbox.empty(&Mine, &live, &mut queue);
        let due: Vec<_> = std::iter::from_fn(|| queue.next(tokio::time::Instant::now())).collect();
        assert_eq!(due.iter().map(|k| k.name.as_str()).collect::<Vec<_>>(), ["everything", "mine"]);
    }
}
