//! The store of a member of a raft cluster: a log on disk, the state in memory, a copy of it in sled.

mod behind;
mod disk;
mod error;
mod log;
mod machine;
mod network;
mod proposer;
mod snapshot;
mod start;
#[cfg(test)]
mod tests;
mod types;
mod wal;

pub use error::OpenError;
pub use start::open;

use crate::state::Window;
use crate::{Changes, Entry, Error, Moment, Page, Peer, Range, Report, Result, Revision, Store, Txn};
use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;

/// How to open a store.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where everything is kept; created when absent.
    pub dir: PathBuf,
    /// Which member this is: given once, never reused.
    pub member: u64,
    /// Where other members reach this one.
    pub address: String,
    /// How much of the past is kept for watches and exact reads.
    pub history: Window,
    /// A snapshot is made, and the log purged, after so many entries,
    pub snapshot_entries: u64,
    /// or so many bytes of log, or as many as the last snapshot had if that is more.
    pub snapshot_bytes: u64,
}

impl Options {
    /// The only member, with everything else as usual.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            member: 1,
            address: String::new(),
            history: Window::default(),
            snapshot_entries: 10_000,
            snapshot_bytes: 32 << 20,
        }
    }
}

/// A member of the cluster that keeps the store.
pub struct Member {
    raft: types::Raft,
    applied: machine::Applied,
    proposer: proposer::Proposer,
    log: log::Log,
    behind: behind::Behind,
    snapshots: snapshot::Snapshots,
    leads: watch::Receiver<bool>,
    /// Holds the directory; taken when it is let go.
    hold: Mutex<Option<File>>,
}

impl std::fmt::Debug for Member {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Member").field("revision", &self.revision()).finish_non_exhaustive()
    }
}

impl Member {
    /// Stops taking part, writes what is left and lets go of the directory. What was acknowledged is safe
    /// without this too; the next start is faster with it.
    pub async fn shutdown(&self) {
        self.applied.live().close();
        if let Err(error) = self.raft.shutdown().await {
            tracing::warn!("raft did not stop cleanly: {error}");
        }
        let snapshots = self.snapshots.clone();
        let _ = tokio::task::spawn_blocking(move || snapshots.close()).await;
        self.log.close().await;
        self.behind.close().await;
        drop(error::lock(&self.hold).take());
    }

    /// Whether this member is the only one that votes.
    fn is_alone(&self) -> bool {
        let metrics = self.raft.metrics();
        let metrics = metrics.borrow();
        let voters: Vec<_> = metrics.membership_config.membership().voter_ids().take(2).collect();
        voters == [metrics.id]
    }

    /// Makes a snapshot now, and waits until the log was purged up to what is applied.
    pub async fn snapshot(&self) -> Result<()> {
        let stopped = || Error::Unavailable("it is being closed".into());
        let mut metrics = self.raft.metrics();
        let applied = metrics.borrow().last_applied;
        loop {
            let (made, purged) = {
                let metrics = metrics.borrow_and_update();
                (metrics.snapshot, metrics.purged)
            };
            if purged >= applied {
                return Ok(());
            }
            if made < applied {
                // Does nothing while one is being made, which may be of an earlier state: hence the loop.
                self.raft.trigger().snapshot().await.map_err(|_| stopped())?;
            }
            metrics.changed().await.map_err(|_| stopped())?;
        }
    }
}

#[async_trait::async_trait]
impl Store for Member {
    fn get(&self, key: &[u8]) -> Option<Entry> {
        self.applied.live().get(key)
    }

    fn range(&self, range: &Range) -> Result<Page> {
        self.applied.live().range(range)
    }

    fn revision(&self) -> Revision {
        self.applied.live().revision()
    }

    /// Empty until a member that joins has heard of the first entries.
    fn cluster(&self) -> Arc<str> {
        self.applied.cluster().unwrap_or_default()
    }

    async fn commit(&self, txn: Txn) -> Result<Revision> {
        self.proposer.commit(txn).await
    }

    async fn barrier(&self) -> Result<Revision> {
        if self.is_alone() {
            // Nobody else acknowledges anything, and what this member does it applies first.
            return Ok(self.revision());
        }
        let barrier = self.raft.ensure_linearizable().await;
        barrier.map_err(|error| Error::Unavailable(error.to_string()))?;
        Ok(self.revision())
    }

    fn watch(&self, from: Revision) -> Result<Changes> {
        self.applied.live().watch(from)
    }

    fn leads(&self) -> watch::Receiver<bool> {
        self.leads.clone()
    }

    fn moment(&self, ago: Duration) -> Moment {
        self.applied.live().moment(ago)
    }

    async fn report(&self) -> Report {
        let committed = self.raft.with_raft_state(|state| state.committed.map_or(0, |id| id.index)).await;
        let metrics = self.raft.metrics();
        let metrics = metrics.borrow();
        let membership = metrics.membership_config.membership();
        let voters: Vec<u64> = membership.voter_ids().collect();
        let index = |id: Option<types::LogId>| id.map_or(0, |id| id.index);
        let matched = |id: u64| {
            if id == metrics.id {
                return metrics.last_log_index;
            }
            metrics.replication.as_ref()?.get(&id).map(|id| index(*id))
        };
        let peer = |(id, node): (&u64, &openraft::BasicNode)| Peer {
            id: *id,
            address: node.addr.clone(),
            votes: voters.contains(id),
            matched: matched(*id),
        };
        Report {
            member: metrics.id,
            leader: metrics.current_leader,
            term: metrics.current_term,
            peers: membership.nodes().map(peer).collect(),
            last_index: metrics.last_log_index.unwrap_or(0),
            committed: committed.unwrap_or(0),
            applied: index(metrics.last_applied),
            snapshot: index(metrics.snapshot),
            log_bytes: self.log.grown(),
            waiting: self.proposer.waiting() as u64,
            ..self.applied.live().report()
        }
    }
}
