//! Raft's log and vote, kept in the write-ahead log.
//!
//! Recent entries stay in memory, the others are read again when a slow follower asks for them. One
//! thread writes, in the order things were asked, and every write is on disk before it is answered.

#![expect(clippy::result_large_err, reason = "openraft's storage error is what its traits return")]

mod index;
#[cfg(test)]
mod tests;

use super::error::{OpenError, die, lock};
use super::types::{Entry, LogId, MemberId, StorageError, TypeConfig, Vote};
use super::wal::{self, Place, Wal};
use index::{Held, Index};
use openraft::storage::{LogFlushed, RaftLogStorage};
use openraft::{AnyError, LogState, OptionalSend, RaftLogReader, StorageIOError};
use serde::{Deserialize, Serialize};
use std::fmt::Debug;
use std::ops::{Bound, RangeBounds};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use tokio::sync::oneshot;

/// One payload of the write-ahead log.
#[derive(Debug, Serialize, Deserialize)]
enum Record {
    /// Entries that follow the ones before.
    Entries(Vec<Entry>),
    /// The vote, and up to where the log was purged.
    Standing { vote: Option<Vote>, purged: Option<LogId> },
    /// Entries from this index on are no longer in the log.
    Truncate(u64),
}

enum Job {
    Append { payload: Vec<u8>, done: Box<dyn FnOnce(Place) + Send> },
    Forget { upto: LogId, done: oneshot::Sender<()> },
    Close { done: oneshot::Sender<()> },
}

/// The log as openraft sees it. Clones are the same log.
#[derive(Debug, Clone)]
pub(crate) struct Log {
    dir: Arc<Path>,
    index: Arc<Mutex<Index>>,
    jobs: mpsc::Sender<Job>,
    grown: Arc<AtomicU64>,
}

impl Log {
    /// Opens the log in this directory.
    pub(crate) fn open(dir: PathBuf) -> Result<Self, OpenError> {
        Self::open_with(dir, wal::SEGMENT)
    }

    fn open_with(dir: PathBuf, segment: u64) -> Result<Self, OpenError> {
        let mut index = Index::default();
        let mut grown = 0;
        let wal = Wal::open(&dir, segment, |place, payload| {
            grown += payload.len() as u64;
            let record =
                postcard::from_bytes(payload).map_err(|error| format!("a record cannot be read: {error}"))?;
            match record {
                Record::Entries(entries) => {
                    let share = payload.len() / entries.len().max(1);
                    for entry in entries {
                        index.push(entry, share)?;
                    }
                    index.placed_all(place);
                }
                Record::Standing { vote, purged } => {
                    index.vote = vote;
                    index.purge(purged);
                }
                Record::Truncate(since) => index.truncate(since),
            }
            Ok(())
        })?;
        index.check().map_err(|what| OpenError::Incomplete { path: dir.clone(), what })?;
        let index = Arc::new(Mutex::new(index));
        let (jobs, queue) = mpsc::channel();
        let thread = Writer { wal, index: index.clone() };
        std::thread::Builder::new()
            .name("store-log".into())
            .spawn(move || thread.run(&queue))
            .map_err(OpenError::io("start the thread that writes the log in", &dir))?;
        Ok(Self { dir: dir.into(), index, jobs, grown: Arc::new(AtomicU64::new(grown)) })
    }

    /// Whether nothing was ever written.
    pub(crate) fn is_pristine(&self) -> bool {
        lock(&self.index).is_pristine()
    }

    /// Up to where entries were purged.
    pub(crate) fn purged(&self) -> Option<LogId> {
        lock(&self.index).purged
    }

    /// Index of the last entry.
    pub(crate) fn last_index(&self) -> Option<u64> {
        lock(&self.index).last().map(|id| id.index)
    }

    /// Bytes appended since the log was last purged.
    pub(crate) fn grown(&self) -> u64 {
        self.grown.load(Ordering::Relaxed)
    }

    /// Waits for what was asked, then lets go of the files.
    pub(crate) async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.jobs.send(Job::Close { done }).is_ok() {
            let _ = closed.await;
        }
    }

    fn append(
        &self,
        payload: Vec<u8>,
        done: impl FnOnce(Place) + Send + 'static,
    ) -> Result<(), StorageError> {
        self.grown.fetch_add(payload.len() as u64, Ordering::Relaxed);
        let job = Job::Append { payload, done: Box::new(done) };
        self.jobs.send(job).map_err(|_| write_failed(&Closed))
    }

    async fn append_and_wait(&self, record: &Record) -> Result<(), StorageError> {
        let (done, written) = oneshot::channel();
        self.append(encode(record)?, |_| {
            let _ = done.send(());
        })?;
        written.await.map_err(|_| write_failed(&Closed))
    }
}

fn encode(record: &Record) -> Result<Vec<u8>, StorageError> {
    postcard::to_stdvec(record).map_err(|error| write_failed(&error))
}

#[derive(Debug, thiserror::Error)]
#[error("the log was closed")]
struct Closed;

fn write_failed(error: &(impl std::error::Error + 'static)) -> StorageError {
    StorageIOError::write_logs(AnyError::new(error)).into()
}

fn read_failed(error: &(impl std::error::Error + 'static)) -> StorageError {
    StorageIOError::read_logs(AnyError::new(error)).into()
}

/// Everything that touches the files after opening.
struct Writer {
    wal: Wal,
    index: Arc<Mutex<Index>>,
}

impl Writer {
    fn run(mut self, queue: &mpsc::Receiver<Job>) {
        while let Ok(job) = queue.recv() {
            match job {
                Job::Append { payload, done } => match self.wal.append(&payload) {
                    Ok(place) => done(place),
                    Err(error) => die(&error),
                },
                Job::Forget { upto, done } => {
                    let needed = lock(&self.index).oldest_segment().unwrap_or_else(|| self.wal.newest());
                    // Files that stay only take room; the next purge tries again.
                    if let Err(error) = self.wal.forget_before(needed) {
                        tracing::warn!("{error}; the log is longer than it need be, up to entry {upto}");
                    }
                    let _ = done.send(());
                }
                Job::Close { done } => {
                    drop(self.wal);
                    let _ = done.send(());
                    return;
                }
            }
        }
    }
}

impl RaftLogReader<TypeConfig> for Log {
    async fn try_get_log_entries<RB: RangeBounds<u64> + Clone + Debug + OptionalSend>(
        &mut self,
        range: RB,
    ) -> Result<Vec<Entry>, StorageError> {
        let start = match range.start_bound() {
            Bound::Included(start) => *start,
            Bound::Excluded(start) => start.saturating_add(1),
            Bound::Unbounded => 0,
        };
        let end = match range.end_bound() {
            Bound::Included(end) => end.saturating_add(1),
            Bound::Excluded(end) => *end,
            Bound::Unbounded => u64::MAX,
        };
        let held = lock(&self.index).get(start, end);
        if held.iter().all(|held| matches!(held, Held::Here(_))) {
            let here = |held| if let Held::Here(entry) = held { Some(entry) } else { None };
            return Ok(held.into_iter().filter_map(here).collect());
        }
        let dir = self.dir.clone();
        let read =
            tokio::task::spawn_blocking(move || held.into_iter().map(|held| fetch(&dir, held)).collect());
        read.await.map_err(|error| read_failed(&error))?
    }
}

fn fetch(dir: &Path, held: Held) -> Result<Entry, StorageError> {
    let (index, place) = match held {
        Held::Here(entry) => return Ok(entry),
        Held::There { index, place } => (index, place),
    };
    let payload = wal::read(dir, place).map_err(|error| read_failed(&error))?;
    let record = postcard::from_bytes(&payload).map_err(|error| read_failed(&error))?;
    let entries = if let Record::Entries(entries) = record { entries } else { Vec::new() };
    let found = entries.into_iter().find(|entry| entry.log_id.index == index);
    found.ok_or_else(|| {
        StorageIOError::read_log_at_index(index, AnyError::error("it is not where it was written")).into()
    })
}

impl RaftLogStorage<TypeConfig> for Log {
    type LogReader = Self;

    async fn get_log_state(&mut self) -> Result<LogState<TypeConfig>, StorageError> {
        let index = lock(&self.index);
        Ok(LogState { last_purged_log_id: index.purged, last_log_id: index.last() })
    }

    async fn get_log_reader(&mut self) -> Self {
        self.clone()
    }

    async fn save_vote(&mut self, vote: &Vote) -> Result<(), StorageError> {
        let purged = {
            let mut index = lock(&self.index);
            index.vote = Some(*vote);
            index.purged
        };
        self.append_and_wait(&Record::Standing { vote: Some(*vote), purged }).await
    }

    async fn read_vote(&mut self) -> Result<Option<openraft::Vote<MemberId>>, StorageError> {
        Ok(lock(&self.index).vote)
    }

    async fn append<I>(&mut self, entries: I, callback: LogFlushed<TypeConfig>) -> Result<(), StorageError>
    where
        I: IntoIterator<Item = Entry> + OptionalSend,
        I::IntoIter: OptionalSend,
    {
        let entries: Vec<Entry> = entries.into_iter().collect();
        let Some(first) = entries.first().map(|entry| entry.log_id.index) else {
            callback.log_io_completed(Ok(()));
            return Ok(());
        };
        let count = entries.len();
        let record = Record::Entries(entries);
        let payload = encode(&record)?;
        if let Record::Entries(entries) = record {
            // Readable from now on, as openraft asks; answered when written.
            let (mut index, share) = (lock(&self.index), payload.len() / count);
            for entry in entries {
                index.push(entry, share).map_err(|what| StorageIOError::write_logs(AnyError::error(what)))?;
            }
        }
        let index = self.index.clone();
        Log::append(self, payload, move |place| {
            lock(&index).placed(first, count, place);
            callback.log_io_completed(Ok(()));
        })
    }

    async fn truncate(&mut self, log_id: LogId) -> Result<(), StorageError> {
        lock(&self.index).truncate(log_id.index);
        self.append_and_wait(&Record::Truncate(log_id.index)).await
    }

    async fn purge(&mut self, log_id: LogId) -> Result<(), StorageError> {
        let vote = {
            let mut index = lock(&self.index);
            index.purge(Some(log_id));
            index.vote
        };
        // Written before any file goes: the vote may lie in one of them.
        self.append_and_wait(&Record::Standing { vote, purged: Some(log_id) }).await?;
        let (done, forgotten) = oneshot::channel();
        self.jobs.send(Job::Forget { upto: log_id, done }).map_err(|_| write_failed(&Closed))?;
        forgotten.await.map_err(|_| write_failed(&Closed))?;
        self.grown.store(0, Ordering::Relaxed);
        Ok(())
    }
}
