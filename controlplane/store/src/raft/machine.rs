//! Raft's state machine: applies committed entries to the state everybody reads.

use super::behind::Behind;
use super::disk::{Batch, Standing};
use super::error::{OpenError, lock};
use super::snapshot::{self, Image, Snapshots};
use super::types::{
    Command, Entry, LogId, Membership, Reply, Snapshot, SnapshotMeta, StorageError, TypeConfig,
};
use crate::state::{Conflict, State, Window};
use crate::watch::Live;
use crate::{Op, Revision, Txn};
use bytes::Bytes;
use openraft::storage::RaftStateMachine;
use openraft::{AnyError, EntryPayload, OptionalSend, RaftSnapshotBuilder, StorageIOError};
use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// How far the log was applied. Held while applying, so that it and the state are one.
#[derive(Debug, Default)]
struct Progress {
    applied: Option<LogId>,
    membership: Membership,
    cluster: Option<Arc<str>>,
    /// Keys that the copy on disk does not have as they are.
    changed: HashSet<Bytes>,
    /// The copy has nothing of this.
    whole: bool,
    /// The copy has not heard of `applied`.
    stale: bool,
}

/// The state and how far the log was applied to it. Clones are the same.
#[derive(Debug, Clone)]
pub(super) struct Applied {
    live: Live,
    progress: Arc<Mutex<Progress>>,
    window: Window,
}

impl Applied {
    /// The state that was found at the start; `whole`: the copy has to be written anew.
    pub(super) fn new(image: Image, whole: bool, window: Window) -> Self {
        let state = State::with(window, image.entries, image.revision, Instant::now());
        let progress = Progress {
            applied: image.meta.last_log_id,
            membership: image.meta.last_membership,
            cluster: image.cluster.map(Into::into),
            changed: HashSet::new(),
            whole,
            stale: whole,
        };
        Self { live: Live::new(state), progress: Arc::new(Mutex::new(progress)), window }
    }

    pub(super) fn live(&self) -> &Live {
        &self.live
    }

    pub(super) fn cluster(&self) -> Option<Arc<str>> {
        lock(&self.progress).cluster.clone()
    }

    /// What the copy on disk lacks; it counts as written from now on.
    pub(super) fn take_changed(&self) -> Option<Batch> {
        let mut progress = lock(&self.progress);
        if !std::mem::take(&mut progress.stale) {
            return None;
        }
        let whole = std::mem::take(&mut progress.whole);
        let changed = std::mem::take(&mut progress.changed);
        let state = self.live.read();
        let keys = if whole {
            state.entries().iter().map(|(key, stored)| (key.clone(), Some(stored.clone()))).collect()
        } else {
            changed
                .into_iter()
                .map(|key| (state.entries().get(&key).cloned(), key))
                .map(|(s, k)| (k, s))
                .collect()
        };
        let standing = Standing {
            applied: progress.applied,
            membership: progress.membership.clone(),
            cluster: progress.cluster.as_deref().map(Into::into),
            revision: state.revision(),
            sum: state.sum(),
        };
        Some(Batch { whole, keys, standing })
    }

    fn image(&self) -> Image {
        let progress = lock(&self.progress);
        let state = self.live.read();
        let snapshot_id = progress
            .applied
            .map_or_else(|| "empty".into(), |id| format!("{}-{}", id.leader_id.term, id.index));
        Image {
            meta: SnapshotMeta {
                last_log_id: progress.applied,
                last_membership: progress.membership.clone(),
                snapshot_id,
            },
            cluster: progress.cluster.as_deref().map(Into::into),
            revision: state.revision(),
            entries: state.entries().clone(),
        }
    }

    fn replace(&self, image: Image) {
        let mut progress = lock(&self.progress);
        progress.applied = image.meta.last_log_id;
        progress.membership = image.meta.last_membership;
        progress.cluster = image.cluster.map(Into::into);
        progress.changed.clear();
        (progress.whole, progress.stale) = (true, true);
        let (window, entries, revision) = (self.window, image.entries, image.revision);
        self.live.write(|state| *state = State::with(window, entries, revision, Instant::now()));
    }

    /// Applies entries in order. Whether the copy on disk was up to date until now.
    fn apply(&self, entries: impl IntoIterator<Item = Entry>) -> (Vec<Reply>, bool) {
        let mut progress = lock(&self.progress);
        let now = Instant::now();
        let replies = self.live.write(|state| {
            let apply = |entry| apply(state, &mut progress, entry, now);
            entries.into_iter().map(apply).collect()
        });
        (replies, !std::mem::replace(&mut progress.stale, true))
    }
}

fn apply(state: &mut State, progress: &mut Progress, entry: Entry, now: Instant) -> Reply {
    progress.applied = Some(entry.log_id);
    match entry.payload {
        EntryPayload::Blank => Reply::default(),
        EntryPayload::Membership(membership) => {
            progress.membership = Membership::new(Some(entry.log_id), membership);
            Reply::default()
        }
        EntryPayload::Normal(Command::Found(name)) => {
            progress.cluster.get_or_insert_with(|| name.into());
            Reply::default()
        }
        EntryPayload::Normal(Command::Commit(txns)) => {
            Reply(txns.iter().map(|txn| commit(state, progress, txn, now)).collect())
        }
    }
}

fn commit(state: &mut State, progress: &mut Progress, txn: &Txn, now: Instant) -> Result<Revision, Conflict> {
    let revision = state.apply(txn, now)?;
    let keys = txn.ops.iter().map(|(Op::Put { key, .. } | Op::Delete { key, .. })| key);
    for key in keys.filter(|_| !progress.whole) {
        // A key often lies in a larger buffer, which must not be kept for it.
        if !progress.changed.contains(key) {
            progress.changed.insert(Bytes::copy_from_slice(key));
        }
    }
    Ok(revision)
}

/// The state machine as openraft sees it.
#[derive(Debug, Clone)]
pub(super) struct Machine {
    pub(super) applied: Applied,
    pub(super) snapshots: Snapshots,
    pub(super) behind: Behind,
    /// Length of the newest snapshot.
    pub(super) length: Arc<AtomicU64>,
}

fn failed(error: &OpenError) -> StorageError {
    StorageIOError::write_snapshot(None, AnyError::new(error)).into()
}

impl Machine {
    async fn save(&self, image: Image) -> Result<SnapshotMeta, StorageError> {
        let snapshots = self.snapshots.clone();
        let meta = image.meta.clone();
        let saved = tokio::task::spawn_blocking(move || snapshots.save(&image)).await;
        let saved = saved.map_err(|error| StorageIOError::write_snapshot(None, AnyError::new(&error)))?;
        self.length.store(saved.map_err(|error| failed(&error))?, Ordering::Relaxed);
        // Raft may let go of the log after this: the copy is made durable too.
        self.behind.sync().await;
        Ok(meta)
    }
}

impl RaftSnapshotBuilder<TypeConfig> for Machine {
    async fn build_snapshot(&mut self) -> Result<Snapshot, StorageError> {
        self.save(self.applied.image()).await?;
        let newest = self.get_current_snapshot().await?;
        newest.ok_or_else(|| {
            StorageIOError::read_snapshot(None, AnyError::error("it is not where it was written")).into()
        })
    }
}

impl RaftStateMachine<TypeConfig> for Machine {
    type SnapshotBuilder = Self;

    async fn applied_state(&mut self) -> Result<(Option<LogId>, Membership), StorageError> {
        let progress = lock(&self.applied.progress);
        Ok((progress.applied, progress.membership.clone()))
    }

    async fn apply<I>(&mut self, entries: I) -> Result<Vec<Reply>, StorageError>
    where
        I: IntoIterator<Item = Entry> + OptionalSend,
        I::IntoIter: OptionalSend,
    {
        let (replies, fresh) = self.applied.apply(entries);
        if fresh {
            self.behind.changed();
        }
        Ok(replies)
    }

    async fn get_snapshot_builder(&mut self) -> Self {
        self.clone()
    }

    async fn begin_receiving_snapshot(&mut self) -> Result<Box<tokio::fs::File>, StorageError> {
        let path = self.snapshots.incoming();
        let mut options = tokio::fs::OpenOptions::new();
        let file = options.create(true).truncate(true).read(true).write(true).open(&path).await;
        file.map(Box::new).map_err(|error| failed(&OpenError::io("create the snapshot", &path)(error)))
    }

    async fn install_snapshot(
        &mut self,
        meta: &SnapshotMeta,
        snapshot: Box<tokio::fs::File>,
    ) -> Result<(), StorageError> {
        let path = self.snapshots.incoming();
        let file = snapshot.into_std().await;
        let load = tokio::task::spawn_blocking(move || {
            use std::io::Seek;
            (&file).rewind().map_err(OpenError::io("read the snapshot", &path))?;
            let image = snapshot::load(file, &path);
            let _ = std::fs::remove_file(path);
            image
        });
        let loaded =
            load.await.map_err(|error| StorageIOError::read_snapshot(None, AnyError::new(&error)))?;
        let mut image = loaded.map_err(|error| failed(&error))?;
        image.meta = meta.clone();
        self.applied.replace(image.clone());
        self.save(image).await?;
        Ok(())
    }

    async fn get_current_snapshot(&mut self) -> Result<Option<Snapshot>, StorageError> {
        let Some(path) = self.snapshots.newest().map_err(|error| failed(&error))? else { return Ok(None) };
        let header = snapshot::header(&path).map_err(|error| failed(&error))?;
        let opened = tokio::fs::File::open(&path).await;
        let file = opened.map_err(|error| failed(&OpenError::io("open the snapshot", &path)(error)))?;
        Ok(Some(Snapshot { meta: header.meta, snapshot: Box::new(file) }))
    }
}
