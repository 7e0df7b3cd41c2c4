//! Sandboxes, containers, images and logs on one node. It knows containers, not pods: what a
//! container is for travels in its labels.
//!
//! [`Runtime`] is the seam; [`containerd`] is the real one.

use async_trait::async_trait;
use futures::stream::BoxStream;
use std::{collections::BTreeMap, path::PathBuf, time::Duration};
use tokio::io::{AsyncRead, AsyncWrite};

/// Everything needed to make one container.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ContainerSpec {
    /// Unique on the node: 64 hexadecimal digits.
    pub id: String,
    /// Kept with the container, and given back by [`Runtime::list`].
    pub labels: BTreeMap<String, String>,
    /// Image reference as the manifest has it; already pulled.
    pub image: String,
    /// Replaces the image's entry point when not empty.
    pub command: Vec<String>,
    /// Replaces the image's arguments when not empty.
    pub args: Vec<String>,
    /// Added to the image's environment, in order.
    pub env: Vec<(String, String)>,
    /// Replaces the image's working directory.
    pub working_dir: Option<String>,
    /// Host name inside.
    pub hostname: String,
    /// Network namespace to join; the node's own when `None`.
    pub netns: Option<PathBuf>,
    /// Containers of one group share a shim.
    pub group: String,
    /// Files and directories of the node that are seen inside.
    pub mounts: Vec<Mount>,
    /// cgroup path below the hierarchy's root: `/dhow/<node>/<pod uid>/<container id>`.
    pub cgroup: String,
    /// What it may use.
    pub resources: Resources,
    /// Who it runs as and what it may do.
    pub security: Security,
    /// Kernel parameters of its namespaces.
    pub sysctls: BTreeMap<String, String>,
    /// Standard input stays open.
    pub stdin: bool,
    /// It runs under a terminal.
    pub tty: bool,
    /// CRI-format log file it writes to.
    pub log: PathBuf,
}

/// A file or directory of the node that is seen inside a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// On the node.
    pub source: PathBuf,
    /// Inside.
    pub target: PathBuf,
    /// May not be written.
    pub read_only: bool,
}

/// What a container may use; `None` means without limit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resources {
    /// Relative weight (cgroup v1 scale, 2 to 262144).
    pub cpu_shares: Option<u64>,
    /// Processor time per 100 ms period, in microseconds.
    pub cpu_quota: Option<i64>,
    /// Bytes.
    pub memory_limit: Option<i64>,
    /// Likelihood of being killed when memory runs out, -1000 to 1000.
    pub oom_score_adj: Option<i64>,
}

/// Who a container runs as and what it may do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Security {
    /// User id; the image's when `None`.
    pub user: Option<i64>,
    /// Group id.
    pub group: Option<i64>,
    /// Further groups.
    pub groups: Vec<i64>,
    /// Everything is allowed.
    pub privileged: bool,
    /// The root file system may not be written.
    pub read_only_root: bool,
    /// Capabilities beyond the usual ones, without `CAP_`.
    pub add: Vec<String>,
    /// Capabilities to take away; `ALL` takes every one.
    pub drop: Vec<String>,
    /// May not gain privileges.
    pub no_new_privileges: bool,
    /// Refuse to start as root.
    pub run_as_non_root: bool,
}

/// A container as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct ContainerState {
    /// Its id.
    pub id: String,
    /// As given in [`ContainerSpec::labels`].
    pub labels: BTreeMap<String, String>,
    /// Image reference as given.
    pub image: String,
    /// Where it is in its life.
    pub phase: Phase,
    /// Process id on the node, while it runs.
    pub pid: Option<u32>,
    /// When it was created; seconds since 1970, UTC.
    pub created_at: i64,
}

/// Where a container is in its life. Times are nanoseconds since 1970, UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// Made but not started.
    Created,
    /// Running.
    Running {
        /// Since when.
        started_at: i64,
    },
    /// Ended.
    Exited {
        /// When it began, when known.
        started_at: i64,
        /// When it ended.
        finished_at: i64,
        /// Exit status; 128 + n when signal n ended it.
        code: i32,
        /// Memory ran out.
        oom: bool,
    },
}

/// An image that is present.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Digest of its configuration, `sha256:…`.
    pub id: String,
    /// Reference with digest, `docker.io/library/busybox@sha256:…`.
    pub digest: String,
    /// Bytes.
    pub size: u64,
    /// Every reference it is known by.
    pub names: Vec<String>,
    /// The user it asks to run as, when numeric.
    pub user: Option<i64>,
    /// It names a user that is not a number.
    pub user_name: Option<String>,
}

/// Name and password for a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Name.
    pub username: String,
    /// Password or token.
    pub password: String,
}

/// How far a pull is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Bytes of the image's layers.
    pub total: u64,
    /// Bytes here already.
    pub done: u64,
}

/// Called as a pull goes on.
pub type OnProgress = Box<dyn Fn(Progress) + Send + Sync>;

/// A command to run in a running container.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exec {
    /// Program and arguments.
    pub command: Vec<String>,
    /// Give it an open standard input.
    pub stdin: bool,
    /// Run it under a terminal; standard error then comes on standard output.
    pub tty: bool,
}

/// A running command, or a container's own process, as seen by who talks to it.
pub struct Process {
    /// Standard input; dropping it closes it.
    pub stdin: Option<Box<dyn AsyncWrite + Send + Unpin>>,
    /// Standard output.
    pub stdout: Option<Box<dyn AsyncRead + Send + Unpin>>,
    /// Standard error; `None` under a terminal.
    pub stderr: Option<Box<dyn AsyncRead + Send + Unpin>>,
    /// The rest.
    pub control: Box<dyn Control>,
}

/// Steering a [`Process`].
#[async_trait]
pub trait Control: Send + Sync {
    /// Gives its terminal a new size.
    async fn resize(&self, width: u32, height: u32) -> Result<()>;
    /// Ends it.
    async fn kill(&self) -> Result<()>;
    /// Waits for its exit status.
    async fn wait(&self) -> Result<i32>;
}

/// Something happened to a container; look at it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Which one.
    pub id: String,
}

/// What a container uses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Processor time so far, nanoseconds.
    pub cpu_nanos: u64,
    /// Memory that cannot be reclaimed, bytes.
    pub memory_bytes: u64,
}

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The image is not there and could not be had.
    #[error("pulling image {image:?}: {why}")]
    Pull {
        /// Reference as given.
        image: String,
        /// What happened, for a person.
        why: String,
    },
    /// There is no such container or image.
    #[error("{0} not found")]
    NotFound(String),
    /// The container cannot be made as asked: a bad command, user or mount.
    #[error("{0}")]
    Invalid(String),
    /// containerd cannot be reached.
    #[error("containerd at {socket} does not answer: {why}")]
    Unreachable {
        /// Its socket.
        socket: String,
        /// What happened.
        why: String,
    },
    /// Anything else containerd refused.
    #[error("{what}: {why}")]
    Failed {
        /// The attempt.
        what: &'static str,
        /// What happened.
        why: String,
    },
}

/// Result of a call to the runtime.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Containers on this node.
#[async_trait]
pub trait Runtime: Send + Sync {
    /// Fetches an image, whether or not it is present.
    async fn pull(
        &self,
        image: &str,
        credentials: Option<&Credentials>,
        progress: OnProgress,
    ) -> Result<Image>;
    /// The image if it is present.
    async fn image(&self, image: &str) -> Result<Option<Image>>;
    /// Every image that is present.
    async fn images(&self) -> Result<Vec<Image>>;
    /// Makes a container and its logger; does not start it. Making one that exists is fine.
    async fn create(&self, spec: &ContainerSpec) -> Result<()>;
    /// Starts a container that was made.
    async fn start(&self, id: &str) -> Result<()>;
    /// Sends a signal; fine when it has ended already.
    async fn kill(&self, id: &str, signal: i32) -> Result<()>;
    /// Removes an ended (or ends a running) container; fine when it is gone already. Its log stays.
    async fn remove(&self, id: &str) -> Result<()>;
    /// Every container of ours.
    async fn list(&self) -> Result<Vec<ContainerState>>;
    /// Changes from now on; ends when containerd goes away.
    async fn events(&self) -> Result<BoxStream<'static, Changed>>;
    /// Runs a command in a running container.
    async fn exec(&self, id: &str, exec: &Exec) -> Result<Process>;
    /// Joins a container's own process.
    async fn attach(&self, id: &str) -> Result<Process>;
    /// Runs a command to its end; its status and the first KiB it wrote. A deadline kills it.
    async fn probe(&self, id: &str, command: &[String], deadline: Duration) -> Result<(i32, String)>;
    /// What a container uses now.
    async fn usage(&self, id: &str) -> Result<Usage>;
    /// Name and version, `containerd://1.6.20`.
    async fn version(&self) -> Result<String>;
}
