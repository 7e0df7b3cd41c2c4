//! Gathers waiting transactions into one raft entry: raft writes entries one after another, so that many
//! callers share one `fdatasync`.

use super::log::Log;
use super::types::{Command, Raft};
use crate::{Error, Op, Result, Revision, Txn};
use openraft::error::{ClientWriteError, RaftError};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::{mpsc, oneshot};

/// At most so many transactions are one entry.
const TXNS: usize = 512;
/// An entry that has reached this many bytes takes no more.
const BYTES: usize = 4 << 20;
/// A transaction of more bytes than this is refused.
const LARGEST: usize = 32 << 20;

type Waiting = (Txn, oneshot::Sender<Result<Revision>>);

/// Where transactions wait for their entry.
#[derive(Debug, Clone)]
pub(super) struct Proposer {
    queue: mpsc::Sender<Waiting>,
}

/// What the proposer needs to know of the log's growth.
#[derive(Debug)]
pub(super) struct Growth {
    pub(super) log: Log,
    /// A log of so many bytes asks for a snapshot,
    pub(super) limit: u64,
    /// unless the snapshot is longer than that.
    pub(super) snapshot: Arc<AtomicU64>,
}

impl Proposer {
    /// Starts the task. It ends when the last proposer is gone.
    pub(super) fn start(raft: Raft, growth: Growth) -> Self {
        let (queue, mut waiting) = mpsc::channel::<Waiting>(4 * TXNS);
        tokio::spawn(async move {
            while let Some(first) = waiting.recv().await {
                // Those who were just answered ask again: let them, before closing the entry.
                tokio::task::yield_now().await;
                let (txns, callers) = gather(first, &mut waiting);
                propose(&raft, txns, callers).await;
                growth.watch(&raft).await;
            }
        });
        Self { queue }
    }

    /// How many transactions wait for their entry.
    pub(super) fn waiting(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
    }

    /// Makes a transaction happen. On return it is on disk and applied here.
    pub(super) async fn commit(&self, txn: Txn) -> Result<Revision> {
        let size = size_of(&txn);
        if size > LARGEST {
            let reason = format!("a transaction of {size} bytes is larger than {LARGEST}; split it");
            return Err(Error::Unavailable(reason));
        }
        let (caller, answer) = oneshot::channel();
        let closed = || Error::Unavailable("it is being closed".into());
        self.queue.send((txn, caller)).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }
}

impl Growth {
    async fn watch(&self, raft: &Raft) {
        if self.log.grown() > self.limit.max(self.snapshot.load(Ordering::Relaxed)) {
            // Asking again while one is being made does nothing.
            let _ = raft.trigger().snapshot().await;
        }
    }
}

fn gather(
    first: Waiting,
    waiting: &mut mpsc::Receiver<Waiting>,
) -> (Vec<Txn>, Vec<oneshot::Sender<Result<Revision>>>) {
    let mut bytes = size_of(&first.0);
    let (mut txns, mut callers) = (vec![first.0], vec![first.1]);
    while txns.len() < TXNS && bytes < BYTES {
        let Ok((txn, caller)) = waiting.try_recv() else { break };
        bytes += size_of(&txn);
        txns.push(txn);
        callers.push(caller);
    }
    (txns, callers)
}

async fn propose(raft: &Raft, txns: Vec<Txn>, callers: Vec<oneshot::Sender<Result<Revision>>>) {
    match raft.client_write(Command::Commit(txns.into())).await {
        Ok(written) => {
            for (caller, result) in callers.into_iter().zip(written.data.0) {
                // A caller that left does not care.
                let _ = caller.send(result.map_err(Into::into));
            }
        }
        Err(error) => {
            let error = Error::Unavailable(reason(&error));
            for caller in callers {
                let _ = caller.send(Err(error.clone()));
            }
        }
    }
}

fn reason(error: &RaftError<u64, ClientWriteError<u64, openraft::BasicNode>>) -> String {
    match error {
        RaftError::APIError(ClientWriteError::ForwardToLeader(forward)) => {
            match (&forward.leader_id, &forward.leader_node) {
                (Some(id), Some(node)) => format!("member {id} at {} leads, ask it", node.addr),
                _ => "no member leads now, try again".into(),
            }
        }
        other => other.to_string(),
    }
}

/// About how many bytes a transaction takes in the log.
fn size_of(txn: &Txn) -> usize {
    const EACH: usize = 16;
    let checks: usize = txn.checks.iter().map(|check| EACH + check.key.len()).sum();
    let ops = txn.ops.iter().map(|op| match op {
        Op::Put { key, value } => EACH + key.len() + value.bytes.len(),
        Op::Delete { key, last } => EACH + key.len() + last.as_ref().map_or(0, |last| last.bytes.len()),
    });
    checks + ops.sum::<usize>()
}
