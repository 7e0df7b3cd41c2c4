//! What travels through the log, and the names openraft's types have here.

use crate::state::Conflict;
use crate::{Revision, Txn};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A member's id: given once, never reused.
pub(crate) type MemberId = u64;

/// What one log entry asks of the state machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Command {
    /// Names the cluster; the first name stays.
    Found(String),
    /// Transactions in order; each happens or not on its own.
    Commit(Arc<[Txn]>),
}

/// What became of each transaction of a [`Command::Commit`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reply(pub(crate) Vec<Result<Revision, Conflict>>);

openraft::declare_raft_types!(
    /// The types of our log.
    pub(crate) TypeConfig:
        D = Command,
        R = Reply,
        NodeId = MemberId,
        Node = openraft::BasicNode,
        SnapshotData = tokio::fs::File,
);

pub(crate) type Entry = openraft::Entry<TypeConfig>;
pub(crate) type LogId = openraft::LogId<MemberId>;
pub(crate) type Vote = openraft::Vote<MemberId>;
pub(crate) type Membership = openraft::StoredMembership<MemberId, openraft::BasicNode>;
pub(crate) type SnapshotMeta = openraft::SnapshotMeta<MemberId, openraft::BasicNode>;
pub(crate) type Snapshot = openraft::Snapshot<TypeConfig>;
pub(crate) type StorageError = openraft::StorageError<MemberId>;
pub(crate) type Raft = openraft::Raft<TypeConfig>;
