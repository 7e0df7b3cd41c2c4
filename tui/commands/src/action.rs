//! What a person can ask for. Each action has one textual form; keys and the palette use it too.

mod about;
mod change;
mod create;
mod read;
mod streams;

use clap::{ArgAction, Args, Subcommand};
use std::time::Duration;

pub use about::{ApiResources, Auth, Config, Explain, Proxy, Shell, Top, Version};
pub use change::{
    Apply, Cascade, Delete, Diff, Drain, Edit, Language, Marks, NodeName, PatchWith, Replace, Rerun, Roll,
    Rollout, Scale, Set, SetImage, Taint,
};
pub use create::{
    Autoscale, Binding, Create, Expose, Generator, Rights, Run, SecretKind, ServiceKind, Sources,
};
pub use read::{Capacity, Decode, Describe, Events, Get, Path, Preview, Wait, When, Why};
pub use streams::{Attach, Copy, Debug, ExecIn, Logs, Place, PortForward, Speech};

/// Something a person wants done.
#[derive(Debug, Clone, PartialEq, Subcommand)]
#[allow(clippy::large_enum_variant, reason = "there are few of them at a time")]
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
    /// Say what a command would take with it, and run nothing: preview delete deployment/web
    Preview(Preview),
    /// Show where a service's packets go on every node, and how many went
    Path(Path),
    /// Show how the control plane is: members, log, store, requests, certificates
    #[command(name = "controlplane")]
    ControlPlane,
    /// Show what files would change, or what has changed since a moment
    Diff(Diff),
    /// Make objects as files say, creating or changing them
    Apply(Apply),
    /// Create objects from files, or one by name
    Create(Create),
    /// Make a pod of an image
    Run(Run),
    /// Make a service for what selects pods
    Expose(Expose),
    /// Let an autoscaler choose how many replicas a workload has
    Autoscale(Autoscale),
    /// Put what files say in the place of objects
    Replace(Replace),
    /// Change objects in an editor
    Edit(Edit),
    /// Change fields of objects
    Patch(PatchWith),
    /// Set and remove labels: label node n1 disktype=ssd old-
    Label(Marks),
    /// Set and remove annotations
    Annotate(Marks),
    /// Set and remove what keeps pods off nodes: taint node n1 key=value:NoSchedule
    Taint(Taint),
    /// Set what objects have in common, such as images
    #[command(subcommand)]
    Set(Set),
    /// Delete objects by file, by name or by label
    Delete(Delete),
    /// Set how many replicas a workload has
    Scale(Scale),
    /// Follow, undo, pause, resume and restart rollouts
    #[command(subcommand)]
    Rollout(Rollout),
    /// Run a job once more
    Rerun(Rerun),
    /// Show what a secret says
    Decode(Decode),
    /// Wait until something holds of objects
    Wait(Wait),
    /// Print what a container has written
    Logs(Logs),
    /// Run a command in a container
    Exec(ExecIn),
    /// Join a container's own process
    Attach(Attach),
    /// Put a guest with a shell into a pod, or a pod that sees everything onto a node
    Debug(Debug),
    /// Copy files to a container or from one
    Cp(Copy),
    /// Reach a port of a pod from here
    #[command(name = "port-forward")]
    PortForward(PortForward),
    /// Keep new pods off a node
    Cordon(NodeName),
    /// Let new pods onto a node again
    Uncordon(NodeName),
    /// Empty a node: cordon it and evict its pods
    Drain(Drain),
    /// Show what happened, oldest first
    Events(Events),
    /// Show what nodes or pods use
    #[command(subcommand)]
    Top(Top),
    /// Say what a kind is, and what its fields are for
    Explain(Explain),
    /// Ask what one may do, and who one is
    #[command(subcommand)]
    Auth(Auth),
    /// List the kinds there are
    #[command(name = "api-resources")]
    ApiResources(ApiResources),
    /// List the versions there are
    #[command(name = "api-versions")]
    ApiVersions,
    /// Say which version this is, and which the cluster's
    Version(Version),
    /// Say where the control plane is
    #[command(name = "cluster-info")]
    ClusterInfo,
    /// Look at the kubeconfig file, and change it
    #[command(subcommand)]
    Config(Config),
    /// Serve the cluster's API on a local port
    Proxy(Proxy),
    /// Print what completes this command line in a shell
    Completion {
        /// Which shell
        #[arg(value_enum)]
        shell: Shell,
    },
    /// List the options that go with every command
    Options,
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
    /// A Go template; the one of `--template` when empty.
    GoTemplate(String),
    /// Headings and paths: `NAME:.metadata.name`.
    Columns(Vec<(String, String)>),
}

/// From `-o`.
pub(crate) fn output(text: &str) -> Result<Output, String> {
    match text {
        "wide" => Ok(Output::Wide),
        "json" => Ok(Output::Json),
        "yaml" => Ok(Output::Yaml),
        "name" => Ok(Output::Name),
        "go-template" => Ok(Output::GoTemplate(String::new())),
        _ => template(text),
    }
}

/// `-o` with something to go by, there or in a file.
fn template(text: &str) -> Result<Output, String> {
    const WANTED: &str = "expected wide, json, yaml, name, jsonpath=TEMPLATE, go-template=TEMPLATE or \
                          custom-columns=HEADING:PATH,… (or …-file=FILE)";
    let (how, given) = text.split_once('=').ok_or(WANTED)?;
    let (how, given) = match how.strip_suffix("-file") {
        Some(how) => (how, std::fs::read_to_string(given).map_err(|e| format!("{given}: {e}"))?),
        None => (how, given.to_owned()),
    };
    match how {
        "jsonpath" => shared_api::jsonpath::check(&given).map(|()| Output::JsonPath(given)),
        "go-template" => crate::print::template::check(&given).map(|()| Output::GoTemplate(given)),
        "custom-columns" => crate::print::columns::columns(&given).map(Output::Columns),
        _ => Err(WANTED.into()),
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

/// How something is written, and what is said of it.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Write {
    /// Say what would happen, change nothing
    #[arg(long, num_args = 0..=1, require_equals = true, default_value = "none", default_missing_value = "server", value_parser = dry_run, action = ArgAction::Set, global = true)]
    pub dry_run: bool,
    /// Print what was written: json, yaml, name or jsonpath=TEMPLATE
    #[arg(short, long, value_parser = output, global = true)]
    pub output: Option<Output>,
    /// Whose the fields are then; `dhow` when nothing is said
    #[arg(long, value_name = "NAME", global = true)]
    pub field_manager: Option<String>,
}

/// From `--dry-run`: whichever it is, the cluster decides and stores nothing.
fn dry_run(text: &str) -> Result<bool, String> {
    match text {
        "server" | "client" | "true" => Ok(true),
        "none" | "false" => Ok(false),
        _ => Err("expected server, client or none".into()),
    }
}
