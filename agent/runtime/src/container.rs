//! What is asked for: everything needed to make one container.

use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, path::PathBuf};

/// Everything needed to make one container.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ContainerSpec {
    /// Unique on the node: 64 hexadecimal digits.
    pub id: String,
    /// Kept with the container, and given back by [`crate::Runtime::list`].
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
    /// Whose processes it sees.
    pub processes: Processes,
    /// It shares the node's inter-process communication.
    pub host_ipc: bool,
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

/// Whose processes a container sees.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Processes {
    /// Its own.
    #[default]
    Own,
    /// The node's.
    Node,
    /// Those of the container in which this process of the node runs.
    Of(u32),
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
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
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
// Each is a yes or no of the manifest's security context.
#[allow(clippy::struct_excessive_bools)]
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
