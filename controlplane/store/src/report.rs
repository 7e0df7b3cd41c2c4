//! What the store says of itself: numbers for whoever looks after it.

use crate::Revision;
use std::time::Duration;

/// How a moment of the past can be told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The newest revision there was then; `None` when history does not reach back so far.
    pub revision: Option<Revision>,
    /// The oldest revision that can be told of.
    pub oldest: Revision,
    /// The newest there is.
    pub newest: Revision,
    /// How far back history reaches.
    pub reach: Duration,
}

/// How a member is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Which member this is.
    pub member: u64,
    /// Who leads, as far as this one knows.
    pub leader: Option<u64>,
    /// How often leadership was voted on.
    pub term: u64,
    /// Everybody who takes part.
    pub peers: Vec<Peer>,
    /// The last entry of the log here.
    pub last_index: u64,
    /// The last entry that most members have.
    pub committed: u64,
    /// The last entry that the state here has.
    pub applied: u64,
    /// The last entry in a snapshot.
    pub snapshot: u64,
    /// Bytes of log since that snapshot.
    pub log_bytes: u64,
    /// The newest revision.
    pub revision: Revision,
    /// How many keys there are.
    pub keys: u64,
    /// Their bytes, and those of their values.
    pub bytes: u64,
    /// The oldest revision that can be told of.
    pub oldest: Revision,
    /// Bytes of the recent past.
    pub history_bytes: u64,
    /// How far back it reaches.
    pub reach: Duration,
    /// Transactions that wait for their entry.
    pub waiting: u64,
    /// How many watchers there are.
    pub watchers: u64,
    /// How many revisions the slowest of them still has to hear of.
    pub slowest: u64,
}

/// A member, as another sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Peer {
    /// Its number.
    pub id: u64,
    /// Where it is reached.
    pub address: String,
    /// Whether it votes.
    pub votes: bool,
    /// The last entry it is known to have; only the leader knows.
    pub matched: Option<u64>,
}
