//! One replicated log of keys, revisions and watches. It holds bytes and knows no kinds.

mod memory;
mod raft;
mod report;
mod state;
mod watch;

pub use memory::Memory;
pub use raft::{Member, OpenError, Options, open};
pub use report::{Moment, Peer, Report};
pub use state::Window;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::{sync::Arc, time::Duration};

/// A place in history: one committed transaction.
pub type Revision = u64;

/// Bytes to store, with an optional hole at which the state machine writes the decimal digits of the
/// revision that stores them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Value {
    /// The bytes.
    pub bytes: Bytes,
    /// Offset of the hole.
    pub hole: Option<u32>,
}

/// What must hold for a transaction to happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// About this key.
    pub key: Bytes,
    /// Last written at this revision; `None`: absent.
    pub revision: Option<Revision>,
}

/// One write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Op {
    /// Sets a key.
    Put {
        /// The key.
        key: Bytes,
        /// Its value.
        value: Value,
    },
    /// Removes a key; removing an absent one changes nothing.
    Delete {
        /// The key.
        key: Bytes,
        /// What watchers are told it last was; its stored value when `None`.
        last: Option<Value>,
    },
}

/// Writes that happen together at one revision, or not at all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Txn {
    /// Every one must hold.
    pub checks: Vec<Check>,
    /// Then these happen, in order.
    pub ops: Vec<Op>,
}

/// A stored value and when it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The key.
    pub key: Bytes,
    /// The value, its hole filled.
    pub value: Bytes,
    /// When it was last written.
    pub revision: Revision,
}

/// What happened to one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// When.
    pub revision: Revision,
    /// To which key.
    pub key: Bytes,
    /// What it is now; for a deletion, what watchers are told it last was.
    pub value: Bytes,
    /// What it was before; `None` when it was absent.
    pub previous: Option<Bytes>,
    /// The key was removed.
    pub deleted: bool,
}

/// Many keys as they were at one revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// In key order.
    pub entries: Vec<Entry>,
    /// When this was true.
    pub revision: Revision,
    /// More keys follow the last one.
    pub more: bool,
    /// How many do, when that was asked.
    pub left: usize,
}

/// A range of keys to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Range {
    /// Keys that start with this.
    pub prefix: Bytes,
    /// Only keys after this one.
    pub after: Option<Bytes>,
    /// At most so many; zero: all.
    pub limit: usize,
    /// As things were at this revision; now when `None`.
    pub at: Option<Revision>,
    /// Count what the limit cuts off.
    pub count: bool,
}

/// What can go wrong.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
pub enum Error {
    /// A check did not hold. The key's entry as it is, if it exists.
    #[error("a check did not hold")]
    Conflict(Box<(Bytes, Option<Entry>)>),
    /// History no longer reaches back to that revision.
    #[error("revision {asked} is older than the oldest kept, {oldest}")]
    Compacted {
        /// The revision asked for.
        asked: Revision,
        /// The oldest that can be answered.
        oldest: Revision,
    },
    /// That revision has not happened.
    #[error("revision {asked} is newer than the newest, {newest}")]
    Future {
        /// The revision asked for.
        asked: Revision,
        /// The newest there is.
        newest: Revision,
    },
    /// The log cannot take writes; what was asked may or may not happen.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
}

/// Result of a call to the store.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Changes from one revision on, in order, without a gap. All changes of one revision come in one
/// batch. Ends with [`Error::Compacted`] when the reader fell out of history.
pub type Changes = futures::stream::BoxStream<'static, Result<Arc<[Change]>>>;

/// The cluster's state: one history of keys.
///
/// Reads are local and synchronous, from memory. A read after [`Store::barrier`] is linearizable.
#[async_trait::async_trait]
pub trait Store: Send + Sync {
    /// One key as it is now.
    fn get(&self, key: &[u8]) -> Option<Entry>;
    /// Many keys, as they were at one revision.
    fn range(&self, range: &Range) -> Result<Page>;
    /// The newest revision applied here.
    fn revision(&self) -> Revision;
    /// Which cluster's history this is; a random name given when it began.
    fn cluster(&self) -> Arc<str>;
    /// Makes a transaction happen, durably, and says at which revision.
    async fn commit(&self, txn: Txn) -> Result<Revision>;
    /// Waits until everything that was acknowledged anywhere before this call is visible here.
    async fn barrier(&self) -> Result<Revision>;
    /// Every change after `from`.
    fn watch(&self, from: Revision) -> Result<Changes>;
    /// Whether this member leads; scheduler and controllers run only where it does.
    fn leads(&self) -> tokio::sync::watch::Receiver<bool>;
    /// How the moment so long ago can be told of.
    fn moment(&self, ago: Duration) -> Moment;
    /// How this member is, in numbers.
    async fn report(&self) -> Report;
}
