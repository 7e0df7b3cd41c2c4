//! What is asked of running pods.

use super::{Action, Run, duration};
use clap::Args;
use std::time::Duration;

impl Action {
    /// Whether one speaks with a process until it ends.
    pub fn speaks(&self) -> bool {
        match self {
            Self::Attach(_) => true,
            Self::Exec(exec) => exec.speech.stdin || exec.speech.tty,
            Self::Debug(debug) => debug.speech.stdin || debug.speech.tty,
            Self::Run(run) => run.joins(),
            _ => false,
        }
    }
}

impl Run {
    /// Whether it joins what it makes.
    pub(crate) fn joins(&self) -> bool {
        (self.attach || self.speech.stdin) && !self.write.dry_run && self.schedule.is_none()
    }
}

/// Which container, and where.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Place {
    /// Container; the first when absent
    #[arg(short, long)]
    pub container: Option<String>,
    /// Namespace
    #[arg(short, long, value_name = "NAME")]
    pub namespace: Option<String>,
}

/// How one speaks with a process.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Speech {
    /// Send it this command's standard input
    #[arg(short = 'i', long)]
    pub stdin: bool,
    /// It has a terminal
    #[arg(short, long)]
    pub tty: bool,
}

/// What kubectl follows at once unless told otherwise.
const MAX_LOG_REQUESTS: usize = 5;

/// See [`Action::Logs`](super::Action::Logs).
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Logs {
    /// Pod, or KIND/NAME of what owns pods
    #[arg(value_name = "POD | KIND/NAME", required_unless_present = "selector", conflicts_with = "selector")]
    pub pod: Option<String>,
    /// Of all pods with these labels: app=web,tier!=test; ten lines of each unless --tail says more
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    pub selector: Option<String>,
    /// Of all pods of KIND/NAME, each line with its prefix
    #[arg(long)]
    pub all_pods: bool,
    /// Of all their containers
    #[arg(long)]
    pub all_containers: bool,
    /// Put pod and container before each line
    #[arg(long)]
    pub prefix: bool,
    /// Follow at most so many containers at once
    #[arg(long, value_name = "NUMBER", default_value_t = MAX_LOG_REQUESTS)]
    pub max_log_requests: usize,
    /// Where
    #[command(flatten)]
    pub place: Place,
    /// Go on as lines are written
    #[arg(short, long)]
    pub follow: bool,
    /// The container that ran before this one
    #[arg(short, long)]
    pub previous: bool,
    /// Put the time before each line
    #[arg(long)]
    pub timestamps: bool,
    /// Only the last so many lines; -1 is all
    #[arg(long, allow_negative_numbers = true)]
    pub tail: Option<i64>,
    /// Only lines of the last 30s, 5m, 1h…
    #[arg(long, value_parser = duration)]
    pub since: Option<Duration>,
}

/// See [`Action::Exec`](super::Action::Exec).
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct ExecIn {
    /// Pod, or KIND/NAME of what owns pods
    #[arg(value_name = "POD | KIND/NAME")]
    pub pod: String,
    /// Where
    #[command(flatten)]
    pub place: Place,
    /// How
    #[command(flatten)]
    pub speech: Speech,
    /// Program and arguments
    #[arg(trailing_var_arg = true, required = true, value_name = "COMMAND")]
    pub command: Vec<String>,
}

/// See [`Action::Debug`](super::Action::Debug).
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Debug {
    /// Pod, KIND/NAME of what owns pods, or node/NAME
    #[arg(value_name = "POD | KIND/NAME | node/NAME")]
    pub what: String,
    /// Image; busybox when absent
    #[arg(long)]
    pub image: Option<String>,
    /// Name of the guest
    #[arg(short, long)]
    pub container: Option<String>,
    /// It sees the processes of this container
    #[arg(long, value_name = "CONTAINER")]
    pub target: Option<String>,
    /// Namespace
    #[arg(short, long, value_name = "NAME")]
    pub namespace: Option<String>,
    /// How
    #[command(flatten)]
    pub speech: Speech,
    /// Program and arguments; the image's own when absent
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<String>,
}

/// See [`Action::Attach`](super::Action::Attach).
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Attach {
    /// Pod, or KIND/NAME of what owns pods
    #[arg(value_name = "POD | KIND/NAME")]
    pub pod: String,
    /// Where
    #[command(flatten)]
    pub place: Place,
    /// How
    #[command(flatten)]
    pub speech: Speech,
}

/// See [`Action::Cp`](super::Action::Cp).
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Copy {
    /// A path here, or [NAMESPACE/]POD:PATH
    pub from: String,
    /// A path here, or [NAMESPACE/]POD:PATH
    pub to: String,
    /// Where
    #[command(flatten)]
    pub place: Place,
}

/// See [`Action::PortForward`](super::Action::PortForward).
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct PortForward {
    /// Pod, or KIND/NAME of what owns or selects pods
    #[arg(value_name = "POD | KIND/NAME")]
    pub pod: String,
    /// LOCAL:REMOTE, REMOTE, or :REMOTE for any free local port
    #[arg(required = true, value_name = "[LOCAL:]REMOTE")]
    pub ports: Vec<String>,
    /// Local address to listen on
    #[arg(long, default_value = "127.0.0.1")]
    pub address: String,
    /// Namespace
    #[arg(short, long, value_name = "NAME")]
    pub namespace: Option<String>,
}
