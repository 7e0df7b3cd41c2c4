use crate::Result;
use async_trait::async_trait;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use shared_api::{Key, meta::Status};
use tokio::sync::mpsc;

/// What is asked of a running pod.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Session {
    /// What a container has written; [`Channel::Stdout`] carries it.
    Logs(LogOptions),
    /// Run a command in a container.
    Exec {
        /// The container; the pod's first when empty.
        container: String,
        /// Program and arguments.
        command: Vec<String>,
        /// Keep standard input open.
        stdin: bool,
        /// Under a terminal; standard error then comes on standard output.
        tty: bool,
    },
    /// Join a container's own process.
    Attach {
        /// The container; the pod's first when empty.
        container: String,
        /// Keep standard input open.
        stdin: bool,
        /// Under a terminal.
        tty: bool,
    },
    /// One connection to a TCP port inside the pod: [`Channel::Stdin`] there, [`Channel::Stdout`] back.
    PortForward {
        /// The port.
        port: u16,
    },
    /// One connection to a node itself, likewise.
    Node {
        /// A port of the node; what the agent itself answers, when 0.
        port: u16,
    },
    /// What a node's kernel holds for a service: the answer as JSON. Only the control plane asks.
    Rules {
        /// The service's namespace.
        namespace: String,
        /// The service's name.
        name: String,
    },
    /// One connection to what a pod, a service or a node serves, as the proxy opens it. It is not asked
    /// over a wire, where nobody could tell what is done with it.
    #[serde(skip)]
    Proxy {
        /// What is done, in the words of rules: `get`, `create`, …
        verb: String,
        /// A port's number or name; the usual one when empty.
        port: String,
    },
}

impl Session {
    /// The container that is meant, where one can be.
    pub fn container_mut(&mut self) -> Option<&mut String> {
        match self {
            Self::Logs(options) => Some(&mut options.container),
            Self::Exec { container, .. } | Self::Attach { container, .. } => Some(container),
            Self::PortForward { .. } | Self::Node { .. } | Self::Rules { .. } | Self::Proxy { .. } => None,
        }
    }
}

/// Which lines of a log are meant, as Kubernetes' `PodLogOptions`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LogOptions {
    /// The container; the pod's first when empty.
    pub container: String,
    /// Go on as lines are written.
    pub follow: bool,
    /// The container that ran before this one.
    pub previous: bool,
    /// Put the time before each line.
    pub timestamps: bool,
    /// Only lines of the last so many seconds.
    pub since_seconds: Option<i64>,
    /// Only lines after this moment (RFC 3339).
    pub since_time: Option<String>,
    /// Only the last so many lines.
    pub tail_lines: Option<i64>,
    /// At most so many bytes.
    pub limit_bytes: Option<i64>,
    /// Only what was written to `Stdout` or `Stderr`; both when `None`.
    pub stream: Option<String>,
}

/// What a piece of a session is a piece of; the numbers are Kubernetes' channel numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channel {
    /// To the process.
    Stdin = 0,
    /// From it.
    Stdout = 1,
    /// From it.
    Stderr = 2,
    /// How it ended: one `Status` object as JSON, the last frame of every session.
    Outcome = 3,
    /// A new terminal size: `{"Width":80,"Height":24}`.
    Resize = 4,
}

impl Channel {
    /// From its number.
    pub fn from_number(number: u8) -> Option<Self> {
        [Self::Stdin, Self::Stdout, Self::Stderr, Self::Outcome, Self::Resize]
            .get(usize::from(number))
            .copied()
    }
}

/// A piece of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Of what.
    pub channel: Channel,
    /// The bytes.
    pub data: Bytes,
    /// No more comes on this channel.
    pub end: bool,
}

impl Frame {
    /// Bytes on a channel.
    pub fn data(channel: Channel, data: impl Into<Bytes>) -> Self {
        Self { channel, data: data.into(), end: false }
    }

    /// The end of a channel.
    pub fn end(channel: Channel) -> Self {
        Self { channel, data: Bytes::new(), end: true }
    }

    /// The last frame: how the session ended. Success is a `Status` whose `status` is `Success`; a
    /// command that failed has reason `NonZeroExitCode` and a cause `ExitCode`, as Kubernetes has it.
    pub fn outcome(status: &Status) -> Self {
        let data = serde_json::to_vec(status).expect("a status can be encoded");
        Self { channel: Channel::Outcome, data: data.into(), end: true }
    }
}

/// Both directions of a session. Dropping it ends the session; the channels are bounded, so a slow
/// reader slows the writer and nothing is lost.
#[derive(Debug)]
pub struct Duplex {
    /// To the pod.
    pub send: mpsc::Sender<Frame>,
    /// From the pod; ends after [`Channel::Outcome`], or without one when the connection broke.
    pub receive: mpsc::Receiver<Frame>,
}

impl Duplex {
    /// Two ends joined: what one sends the other receives.
    pub fn pair(capacity: usize) -> (Self, Self) {
        let (a, b) = (mpsc::channel(capacity), mpsc::channel(capacity));
        (Self { send: a.0, receive: b.1 }, Self { send: b.0, receive: a.1 })
    }
}

/// The door to running pods.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Opens a session with a pod, wherever it runs.
    async fn open(&self, pod: &Key, session: Session) -> Result<Duplex>;
}
