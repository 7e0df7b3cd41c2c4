use crate::{Cluster, Event, World};
use futures::StreamExt;
use shared_api::{Key, Query, Reason, Refusal, Timestamp};
use std::{
    collections::BTreeSet,
    sync::{Arc, RwLock, RwLockReadGuard},
    time::Duration,
};
use tokio::sync::{broadcast, watch};

/// One [`World`] kept up to date by one watch, shared by everything in a process.
pub struct Live {
    world: RwLock<World>,
    changes: broadcast::Sender<Arc<Vec<Event>>>,
    standing: watch::Sender<Standing>,
    clock: fn() -> Timestamp,
    guarded: bool,
}

/// How far a [`Live`] world can be believed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// The world has been complete at least once.
    pub synced: bool,
    /// The watch is open now.
    pub connected: bool,
    /// Why it is not, or why what it offers is not taken.
    pub trouble: Option<String>,
    /// Whose history this is.
    pub cluster: Arc<str>,
}

const CALM: Duration = Duration::from_secs(5);

impl Live {
    /// An empty world; `clock` says when decisions are taken.
    pub fn new(clock: fn() -> Timestamp) -> Arc<Self> {
        Arc::new(Self::build(clock, false))
    }

    /// A world that does not follow a control plane whose history went back or is another one's:
    /// it keeps what it knows and says so in its [`Standing`].
    pub fn guarded(clock: fn() -> Timestamp) -> Arc<Self> {
        Arc::new(Self::build(clock, true))
    }

    fn build(clock: fn() -> Timestamp, guarded: bool) -> Self {
        Self {
            world: RwLock::default(),
            changes: broadcast::channel(4096).0,
            standing: watch::channel(Standing::default()).0,
            clock,
            guarded,
        }
    }

    /// The world as it is now known. Hold it briefly: nothing is observed meanwhile.
    pub fn read(&self) -> RwLockReadGuard<'_, World> {
        self.world.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// The same after moving its clock.
    pub fn now(&self) -> RwLockReadGuard<'_, World> {
        self.world.write().unwrap_or_else(std::sync::PoisonError::into_inner).tick((self.clock)());
        self.read()
    }

    /// Events as they are observed, in batches. A receiver that lags has to look at everything again.
    pub fn changes(&self) -> broadcast::Receiver<Arc<Vec<Event>>> {
        self.changes.subscribe()
    }

    /// How far this world can be believed.
    pub fn standing(&self) -> watch::Receiver<Standing> {
        self.standing.subscribe()
    }

    /// Waits until the world has been complete once.
    pub async fn synced(&self) {
        let _ = self.standing.subscribe().wait_for(|s| s.synced).await;
    }

    /// Follows `queries` for ever: resumes after a broken watch, starts over when history is gone.
    pub async fn run(&self, cluster: &dyn Cluster, queries: &[Query]) {
        let mut pause = Duration::from_millis(50);
        loop {
            let began = std::time::Instant::now();
            let why = self.follow(cluster, queries).await;
            if why.reason == Reason::Expired {
                self.standing.send_modify(|s| s.synced = false);
            }
            let before = self.standing.borrow().trouble.clone();
            self.standing.send_modify(|s| {
                s.connected = false;
                s.trouble = Some(why.message.clone());
            });
            // Told once, not at every try: what is known from here on is old.
            if before.is_none() {
                tracing::warn!(error = %why, "the watch broke; going on with what is known, and trying again");
            } else {
                tracing::debug!(error = %why, "the watch is still broken");
            }
            pause = if began.elapsed() > CALM { Duration::from_millis(50) } else { (pause * 2).min(CALM) };
            tokio::time::sleep(pause).await;
        }
    }

    /// One watch, to its end; says why it ended.
    async fn follow(&self, cluster: &dyn Cluster, queries: &[Query]) -> Refusal {
        let resume = self.standing.borrow().synced.then(|| self.read().revision());
        let mut events = match cluster.watch(queries, resume).await {
            Ok(events) => events.ready_chunks(256),
            Err(refusal) => return refusal,
        };
        // What was there when the watch began is gathered first, and replaces the old picture at once.
        let mut initial = resume.is_none().then(Vec::new);
        if resume.is_some() {
            self.standing.send_modify(|s| {
                s.connected = true;
                s.trouble = None;
            });
        }
        while let Some(batch) = events.next().await {
            let mut seen = Vec::with_capacity(batch.len());
            for event in batch {
                let event = match event {
                    Ok(event) => event,
                    Err(refusal) => {
                        self.note(seen);
                        return refusal;
                    }
                };
                let ends_initial = matches!(event, Event::Bookmark { initial: true, .. });
                match initial.as_mut() {
                    Some(known) => known.push(event),
                    None => seen.push(event),
                }
                if ends_initial
                    && let Some(known) = initial.take()
                    && let Err(refusal) = self.replace(known)
                {
                    return refusal;
                }
            }
            self.note(seen);
        }
        Refusal::unavailable("the control plane closed the watch")
    }

    fn note(&self, events: Vec<Event>) {
        if events.is_empty() {
            return;
        }
        {
            let mut world = self.world.write().unwrap_or_else(std::sync::PoisonError::into_inner);
            world.tick((self.clock)());
            for event in &events {
                world.observe(event);
            }
        }
        let _ = self.changes.send(Arc::new(events));
    }

    /// Takes a complete picture: what is no longer in it is deleted.
    fn replace(&self, mut known: Vec<Event>) -> Result<(), Refusal> {
        let Some(Event::Bookmark { revision, cluster, .. }) = known.last().cloned() else { return Ok(()) };
        let before = self.standing.borrow().cluster.clone();
        let had = self.read().revision();
        if self.guarded && had > 0 && (revision < had || (!before.is_empty() && before != cluster)) {
            let why = if revision < had {
                format!("the control plane's history went back from revision {had} to {revision}")
            } else {
                format!("the control plane now belongs to cluster {cluster}, not {before}")
            };
            return Err(Refusal::unavailable(format!("{why}; keeping what was known")));
        }
        let there: BTreeSet<Key> =
            known.iter().filter_map(Event::object).map(shared_api::Object::key).collect();
        let gone: Vec<_> = self.read().objects().filter(|o| !there.contains(&o.key())).cloned().collect();
        let mut events: Vec<_> = gone.into_iter().map(Event::Deleted).collect();
        events.append(&mut known);
        if revision < had {
            *self.world.write().unwrap_or_else(std::sync::PoisonError::into_inner) = World::default();
        }
        self.note(events);
        self.standing.send_modify(|s| {
            *s = Standing { synced: true, connected: true, trouble: None, cluster };
        });
        Ok(())
    }
}
