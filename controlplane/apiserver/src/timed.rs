//! The store with a watch in its hand: how long what takes time took.

use crate::meter::METER;
use async_trait::async_trait;
use controlplane_store::{Changes, Entry, Moment, Page, Range, Report, Result, Revision, Store, Txn};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// A store whose writes are timed.
pub(crate) struct Timed(pub(crate) Arc<dyn Store>);

#[async_trait]
impl Store for Timed {
    fn get(&self, key: &[u8]) -> Option<Entry> {
        self.0.get(key)
    }

    fn range(&self, range: &Range) -> Result<Page> {
        self.0.range(range)
    }

    fn revision(&self) -> Revision {
        self.0.revision()
    }

    fn cluster(&self) -> Arc<str> {
        self.0.cluster()
    }

    async fn commit(&self, txn: Txn) -> Result<Revision> {
        let began = Instant::now();
        let done = self.0.commit(txn).await;
        METER.stored("txn", began.elapsed());
        done
    }

    async fn barrier(&self) -> Result<Revision> {
        self.0.barrier().await
    }

    fn watch(&self, from: Revision) -> Result<Changes> {
        self.0.watch(from)
    }

    fn leads(&self) -> tokio::sync::watch::Receiver<bool> {
        self.0.leads()
    }

    fn moment(&self, ago: Duration) -> Moment {
        self.0.moment(ago)
    }

    async fn report(&self) -> Report {
        self.0.report().await
    }
}
