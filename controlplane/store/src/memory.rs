//! A store without raft or disk, for tests of what stands on a store.

use crate::state::{State, Window};
use crate::watch::Live;
use crate::{Changes, Entry, Moment, Page, Range, Report, Result, Revision, Store, Txn};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Keeps everything the trait promises but durability.
#[derive(Debug)]
pub struct Memory {
    live: Live,
    cluster: Arc<str>,
    leads: watch::Sender<bool>,
}

impl Memory {
    /// An empty store that leads.
    pub fn new() -> Arc<Self> {
        Self::with_window(Window::default())
    }

    /// An empty store that keeps this much of the past.
    pub fn with_window(window: Window) -> Arc<Self> {
        Arc::new(Self {
            live: Live::new(State::new(window, Instant::now())),
            cluster: uuid::Uuid::new_v4().to_string().into(),
            leads: watch::Sender::new(true),
        })
    }

    /// Takes leadership away or gives it back.
    pub fn lead(&self, leads: bool) {
        self.leads.send_replace(leads);
    }
}

#[async_trait::async_trait]
impl Store for Memory {
    fn get(&self, key: &[u8]) -> Option<Entry> {
        self.live.get(key)
    }

    fn range(&self, range: &Range) -> Result<Page> {
        self.live.range(range)
    }

    fn revision(&self) -> Revision {
        self.live.revision()
    }

    fn cluster(&self) -> Arc<str> {
        self.cluster.clone()
    }

    async fn commit(&self, txn: Txn) -> Result<Revision> {
        Ok(self.live.write(|state| state.apply(&txn, Instant::now()))?)
    }

    async fn barrier(&self) -> Result<Revision> {
        Ok(self.live.revision())
    }

    fn watch(&self, from: Revision) -> Result<Changes> {
        self.live.watch(from)
    }

    fn leads(&self) -> watch::Receiver<bool> {
        self.leads.subscribe()
    }

    fn moment(&self, ago: Duration) -> Moment {
        self.live.moment(ago)
    }

    async fn report(&self) -> Report {
        self.live.report()
    }
}
