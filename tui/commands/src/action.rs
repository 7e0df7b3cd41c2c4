//! What a person can ask for. Each action has one textual form; keys and the palette use it too.

use clap::{Args, Subcommand, ValueEnum};
use std::time::Duration;

/// Something a person wants done.
#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum Action {
    /// Show objects: a table, or their whole text with -o
    Get(Get),
    /// Show everything about objects, with their events
    Describe(Describe),
    /// Say why objects are not as they should be, and what would help
    Why(Why),
    /// Show what happened to objects and to what owns them, and who did it
    Timeline(Why),
    /// Show how full the nodes are, and what a drain or growth would make of it
    Capacity(Capacity),
    /// Make objects as files say, creating or changing them
    Apply(Apply),
    /// Create objects from files, or one by name
    Create(Create),
    /// Delete objects by file, by name or by label
    Delete(Delete),
    /// Set how many replicas a workload has
    Scale(Scale),
    /// Watch a rollout to its end: rollout status deployment/NAME
    #[command(subcommand)]
    Rollout(Rollout),
    /// Wait until something holds of objects
    Wait(Wait),
    /// Print what a container has written
    Logs(Logs),
    /// Run a command in a container
    Exec(ExecIn),
    /// Reach a port of a pod from here
    #[command(name = "port-forward")]
    PortForward(PortForward),
    /// Keep new pods off a node
    Cordon(NodeName),
    /// Let new pods onto a node again
    Uncordon(NodeName),
    /// Show what happened, oldest first
    Events(Events),
}

/// Which objects, in which namespace.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Scope {
    /// Namespace; the kubeconfig's own, or `default`, when absent
    #[arg(short, long, value_name = "NAME")]
    pub namespace: Option<String>,
    /// Every namespace
    #[arg(short = 'A', long)]
    pub all_namespaces: bool,
    /// Only objects with these labels: app=web,tier!=test
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    pub selector: Option<String>,
    /// Only objects with these fields: spec.nodeName=n1
    #[arg(long, value_name = "SELECTOR")]
    pub field_selector: Option<String>,
}

/// How objects are printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// A table with every column.
    Wide,
    /// Whole objects.
    Json,
    /// Whole objects.
    Yaml,
    /// `pod/web-1`, a line each.
    Name,
    /// A template such as `{.items[*].metadata.name}`.
    JsonPath(String),
}

/// From `-o`.
pub(crate) fn output(text: &str) -> Result<Output, String> {
    match text {
        "wide" => Ok(Output::Wide),
        "json" => Ok(Output::Json),
        "yaml" => Ok(Output::Yaml),
        "name" => Ok(Output::Name),
        _ => match text.strip_prefix("jsonpath=") {
            Some(template) => {
                crate::print::jsonpath::check(template).map(|()| Output::JsonPath(template.into()))
            }
            None => Err("expected wide, json, yaml, name or jsonpath=TEMPLATE".into()),
        },
    }
}

/// A span such as `30s`, `5m`, `1h30m` or a bare number of seconds.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let bad = || format!("{text:?} is not a duration such as 30s, 5m or 1h");
    let (mut total, mut number) = (0_u64, String::new());
    for c in text.chars() {
        let unit = match c {
            '0'..='9' => {
                number.push(c);
                continue;
            }
            's' => 1,
            'm' => 60,
            'h' => 3600,
            _ => return Err(bad()),
        };
        let n: u64 = number.parse().map_err(|_| bad())?;
        total = n.checked_mul(unit).and_then(|n| total.checked_add(n)).ok_or_else(bad)?;
        number.clear();
    }
    if !number.is_empty() {
        total = total.checked_add(number.parse().map_err(|_| bad())?).ok_or_else(bad)?;
    } else if text.is_empty() {
        return Err(bad());
    }
    Ok(Duration::from_secs(total))
}

/// Objects by kind and name: `pods`, `pods web-1 web-2`, `pod/web-1 svc/web`, `pods,services`.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Target {
    /// Kind (or kinds, with commas), then names; or KIND/NAME
    #[arg(value_name = "KIND [NAME] | KIND/NAME", required = true)]
    pub words: Vec<String>,
}

/// See [`Action::Get`].
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Get {
    /// Objects
    #[command(flatten)]
    pub target: Target,
    /// Where
    #[command(flatten)]
    pub scope: Scope,
    /// wide, json, yaml, name or jsonpath=TEMPLATE
    #[arg(short, long, value_parser = output)]
    pub output: Option<Output>,
    /// Go on as things change
    #[arg(short, long)]
    pub watch: bool,
    /// Leave out the line of headings
    #[arg(long)]
    pub no_headers: bool,
    /// Show labels as a last column
    #[arg(long)]
    pub show_labels: bool,
}

/// See [`Action::Describe`].
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Describe {
    /// Objects
    #[command(flatten)]
    pub target: Target,
    /// Where
    #[command(flatten)]
    pub scope: Scope,
}

/// See [`Action::Why`] and [`Action::Timeline`].
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Why {
    /// Objects
    #[command(flatten)]
    pub target: Target,
    /// Where
    #[command(flatten)]
    pub scope: Scope,
}

/// See [`Action::Capacity`].
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Capacity {
    /// As if this node were drained
    #[arg(long, value_name = "NODE")]
    pub drain: Vec<String>,
    /// As if this workload had so many pods more: deployment/web=10
    #[arg(long, value_name = "KIND/NAME=COUNT")]
    pub more: Vec<String>,
    /// Namespace of the workloads
    #[arg(short, long, value_name = "NAME")]
    pub namespace: Option<String>,
}

/// See [`Action::Apply`].
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Apply {
    /// Files or directories of manifests; `-` is standard input
    #[arg(short, long = "filename", value_name = "FILE", required = true)]
    pub files: Vec<String>,
    /// Namespace for manifests that name none
    #[arg(short, long, value_name = "NAME")]
    pub namespace: Option<String>,
    /// Say what would happen, change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Take fields that a kind does not have and drop them, with a warning
    #[arg(long)]
    pub lenient: bool,
    /// Let the cluster merge, which then knows who owns which field
    #[arg(long)]
    pub server_side: bool,
    /// Take fields that others own and set otherwise
    #[arg(long, requires = "server_side")]
    pub force_conflicts: bool,
    /// Whose the fields are then; `dhow` when nothing is said
    #[arg(long, value_name = "NAME")]
    pub field_manager: Option<String>,
}

/// See [`Action::Create`].
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Create {
    /// Files or directories of manifests; `-` is standard input
    #[arg(short, long = "filename", value_name = "FILE")]
    pub files: Vec<String>,
    /// `namespace NAME` or `deployment NAME --image IMAGE`
    #[arg(value_name = "KIND NAME", num_args = 0..=2)]
    pub words: Vec<String>,
    /// Image of a deployment
    #[arg(long)]
    pub image: Option<String>,
    /// Replicas of a deployment
    #[arg(long)]
    pub replicas: Option<i32>,
    /// Namespace for objects that name none
    #[arg(short, long, value_name = "NAME")]
    pub namespace: Option<String>,
    /// Say what would happen, change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// What becomes of what an object owns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Cascade {
    /// Deleted after it.
    Background,
    /// Deleted before it.
    Foreground,
    /// Kept.
    Orphan,
}

/// See [`Action::Delete`].
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Delete {
    /// Kind, then names; or KIND/NAME
    #[arg(value_name = "KIND [NAME] | KIND/NAME")]
    pub words: Vec<String>,
    /// Files or directories of manifests; `-` is standard input
    #[arg(short, long = "filename", value_name = "FILE")]
    pub files: Vec<String>,
    /// Where
    #[command(flatten)]
    pub scope: Scope,
    /// Every object of the kind
    #[arg(long)]
    pub all: bool,
    /// Seconds the object may take to end
    #[arg(long, value_name = "SECONDS")]
    pub grace_period: Option<i64>,
    /// What becomes of what it owns
    #[arg(long, value_enum)]
    pub cascade: Option<Cascade>,
    /// Do not wait until it is gone
    #[arg(long)]
    pub no_wait: bool,
    /// An object that is not there is fine
    #[arg(long)]
    pub ignore_not_found: bool,
}

/// See [`Action::Scale`].
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Scale {
    /// Objects
    #[command(flatten)]
    pub target: Target,
    /// How many
    #[arg(long)]
    pub replicas: i32,
    /// Namespace
    #[arg(short, long, value_name = "NAME")]
    pub namespace: Option<String>,
}

/// See [`Action::Rollout`].
#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum Rollout {
    /// Watch a rollout to its end
    Status {
        /// Objects
        #[command(flatten)]
        target: Target,
        /// Namespace
        #[arg(short, long, value_name = "NAME")]
        namespace: Option<String>,
        /// Give up after so long
        #[arg(long, value_parser = duration, default_value = "10m")]
        timeout: Duration,
    },
}

/// See [`Action::Wait`].
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Wait {
    /// Objects
    #[command(flatten)]
    pub target: Target,
    /// Where
    #[command(flatten)]
    pub scope: Scope,
    /// condition=Ready, condition=Ready=False, delete, create, or jsonpath={.status.phase}=Running
    #[arg(long = "for", value_name = "WHAT")]
    pub what: String,
    /// Give up after so long
    #[arg(long, value_parser = duration, default_value = "30s")]
    pub timeout: Duration,
}

/// See [`Action::Logs`].
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Logs {
    /// Pod, or KIND/NAME of what owns pods
    #[arg(value_name = "POD | KIND/NAME")]
    pub pod: String,
    /// Container; the first when absent
    #[arg(short, long)]
    pub container: Option<String>,
    /// Namespace
    #[arg(short, long, value_name = "NAME")]
    pub namespace: Option<String>,
    /// Go on as lines are written
    #[arg(short, long)]
    pub follow: bool,
    /// The container that ran before this one
    #[arg(short, long)]
    pub previous: bool,
    /// Put the time before each line
    #[arg(long)]
    pub timestamps: bool,
    /// Only the last so many lines
    #[arg(long)]
    pub tail: Option<i64>,
    /// Only lines of the last 30s, 5m, 1h…
    #[arg(long, value_parser = duration)]
    pub since: Option<Duration>,
}

/// See [`Action::Exec`].
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct ExecIn {
    /// Pod, or KIND/NAME of what owns pods
    #[arg(value_name = "POD | KIND/NAME")]
    pub pod: String,
    /// Container; the first when absent
    #[arg(short, long)]
    pub container: Option<String>,
    /// Namespace
    #[arg(short, long, value_name = "NAME")]
    pub namespace: Option<String>,
    /// Send it this command's standard input
    #[arg(short = 'i', long)]
    pub stdin: bool,
    /// Run it under a terminal
    #[arg(short, long)]
    pub tty: bool,
    /// Program and arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub command: Vec<String>,
}

/// See [`Action::PortForward`].
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

/// A node by name.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct NodeName {
    /// Node
    pub node: String,
}

/// See [`Action::Events`].
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Events {
    /// Where
    #[command(flatten)]
    pub scope: Scope,
    /// Only about this object: KIND/NAME
    #[arg(long = "for", value_name = "KIND/NAME")]
    pub about: Option<String>,
    /// Go on as things happen
    #[arg(short, long)]
    pub watch: bool,
}
