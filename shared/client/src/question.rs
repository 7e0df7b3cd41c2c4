//! What an operator asks that no object answers: how the control plane is, what there was at a moment, where a
//! service's packets go. Each answer is one value.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A question, and whom it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Question {
    /// How the control plane is; a [`ControlPlane`].
    ControlPlane,
    /// How the moment so many milliseconds ago can be told of; a [`Moment`].
    Moment {
        /// How long ago.
        #[serde(rename = "agoMilliseconds")]
        ago: u64,
    },
    /// What the kernels of the nodes hold for a service; [`Paths`].
    Path {
        /// The service's namespace.
        namespace: String,
        /// The service's name.
        name: String,
    },
}

/// How a moment of the past can be told of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Moment {
    /// The newest revision there was then; none when history does not reach back so far.
    pub revision: Option<u64>,
    /// The oldest revision that can be told of.
    pub oldest: u64,
    /// The newest there is.
    pub newest: u64,
    /// How far back history reaches, in milliseconds.
    pub reach: u64,
}

/// How the control plane is, as the member that was asked sees it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ControlPlane {
    /// Which member answers.
    pub member: u64,
    /// Who leads.
    pub leader: Option<u64>,
    /// How often leadership was voted on.
    pub term: u64,
    /// Everybody who takes part.
    pub members: Vec<Member>,
    /// The last entry of the log here.
    pub last_index: u64,
    /// The last entry that most have.
    pub committed: u64,
    /// The last entry that the state here has.
    pub applied: u64,
    /// The last entry in a snapshot.
    pub snapshot: u64,
    /// Bytes of log since then.
    pub log_bytes: u64,
    /// The newest revision.
    pub revision: u64,
    /// How many keys are stored.
    pub keys: u64,
    /// Their bytes, and those of their values.
    pub bytes: u64,
    /// The oldest revision that can be told of.
    pub oldest: u64,
    /// How far back that is, in milliseconds.
    pub reach: u64,
    /// Bytes of the recent past.
    pub history_bytes: u64,
    /// Writes that wait for their entry in the log.
    pub waiting: u64,
    /// How many watchers there are.
    pub watchers: u64,
    /// How many revisions the slowest of them still has to hear of.
    pub slowest: u64,
    /// Requests that are under way now: reading and writing.
    pub reading: u64,
    /// See there.
    pub writing: u64,
    /// How long requests of each verb, and writes to the store, took.
    pub latencies: Vec<Latency>,
    /// Nodes whose agents are connected here.
    pub nodes: Vec<String>,
    /// Certificates, and how many seconds they have left.
    pub certificates: Vec<(String, i64)>,
}

/// One member.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Member {
    /// Its number.
    pub id: u64,
    /// Where it is reached.
    pub address: String,
    /// Whether it votes.
    pub votes: bool,
    /// The last entry it is known to have.
    pub matched: Option<u64>,
}

/// How long things of one sort took since the process began.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Latency {
    /// Such as `GET`.
    pub what: String,
    /// How often.
    pub count: u64,
    /// All together, in seconds.
    pub seconds: f64,
    /// Half of them took at most so many seconds.
    pub half: f64,
    /// All but one in a hundred.
    pub most: f64,
}

/// What every node's kernel holds for a service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Paths {
    /// What kind of service it is, such as `ClusterIP`.
    pub kind: String,
    /// Where it is reached: `10.96.0.9:80/TCP http`.
    pub fronts: Vec<String>,
    /// Who answers, as the cluster lists them.
    pub backends: Vec<Backend>,
    /// By node.
    pub nodes: Vec<NodePath>,
    /// Nodes that were not asked, for there are so many.
    pub left_out: usize,
}

/// One who answers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Backend {
    /// `10.1.0.2:8080`.
    pub address: String,
    /// The pod, when it is one.
    pub pod: String,
    /// Where it runs.
    pub node: String,
    /// Whether it is ready.
    pub ready: bool,
}

/// What one node's kernel holds for a service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodePath {
    /// Which node.
    pub node: String,
    /// The rules, from where packets come in to the endpoints.
    pub rules: Vec<Rule>,
    /// Why there is no answer.
    pub trouble: Option<String>,
}

/// One rule of a chain, and what it counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Rule {
    /// `nat` or `filter`.
    pub table: String,
    /// The chain it stands in.
    pub chain: String,
    /// How many packets matched.
    pub packets: u64,
    /// How many bytes they had.
    pub bytes: u64,
    /// The rule, as the kernel's own tools write it.
    pub rule: String,
    /// The chain or verdict it leads to.
    pub target: String,
    /// Where it sends packets: `10.1.0.2:8080`.
    pub endpoint: Option<String>,
}

/// An answer as it was meant.
pub fn answer<T: for<'a> Deserialize<'a>>(value: Value) -> crate::Result<T> {
    serde_json::from_value(value)
        .map_err(|e| shared_api::Refusal::internal(format!("the answer cannot be read: {e}")))
}
