//! What changes objects.

use super::{Scope, Target, Write, duration};
use clap::{Args, Subcommand, ValueEnum};
use std::time::Duration;

/// See [`Action::Apply`](super::Action::Apply).
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Apply {
    /// Files or directories of manifests; `-` is standard input
    #[arg(short, long = "filename", value_name = "FILE", required = true)]
    pub files: Vec<String>,
    /// Namespace for manifests that name none
    #[arg(short, long, value_name = "NAME")]
    pub namespace: Option<String>,
    /// How it is written
    #[command(flatten)]
    pub write: Write,
    /// Take fields that a kind does not have and drop them, with a warning
    #[arg(long)]
    pub lenient: bool,
    /// Let the cluster merge, which then knows who owns which field
    #[arg(long)]
    pub server_side: bool,
    /// Take fields that others own and set otherwise
    #[arg(long, requires = "server_side")]
    pub force_conflicts: bool,
}

/// See [`Action::Diff`](super::Action::Diff).
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Diff {
    /// Kind, then names; or KIND/NAME
    #[arg(value_name = "KIND [NAME] | KIND/NAME", conflicts_with = "files")]
    pub words: Vec<String>,
    /// Files or directories of manifests; `-` is standard input
    #[arg(short, long = "filename", value_name = "FILE")]
    pub files: Vec<String>,
    /// Where
    #[command(flatten)]
    pub scope: Scope,
    /// Since when
    #[command(flatten)]
    pub when: super::When,
}

/// See [`Action::Rerun`](super::Action::Rerun).
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Rerun {
    /// Job
    #[arg(value_name = "NAME | job/NAME")]
    pub job: String,
    /// Namespace
    #[arg(short, long, value_name = "NAME")]
    pub namespace: Option<String>,
    /// How it is written
    #[command(flatten)]
    pub write: Write,
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

/// See [`Action::Delete`](super::Action::Delete).
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
    /// At once: a second is all the object gets
    #[arg(long, conflicts_with = "grace_period")]
    pub now: bool,
    /// Do not wait for the node to say that a pod has ended
    #[arg(long)]
    pub force: bool,
    /// Say what would happen, change nothing
    #[arg(long, num_args = 0..=1, require_equals = true, default_value = "none", default_missing_value = "server", value_parser = super::dry_run, action = clap::ArgAction::Set)]
    pub dry_run: bool,
}

/// See [`Action::Scale`](super::Action::Scale).
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Scale {
    /// Objects
    #[command(flatten)]
    pub target: Target,
    /// How many
    #[arg(long)]
    pub replicas: i32,
    /// Only when it has so many now
    #[arg(long, value_name = "REPLICAS")]
    pub current_replicas: Option<i32>,
    /// Namespace
    #[arg(short, long, value_name = "NAME")]
    pub namespace: Option<String>,
    /// How it is written
    #[command(flatten)]
    pub write: Write,
}

/// A node by name.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct NodeName {
    /// Node
    pub node: String,
    /// Say what would happen, change nothing
    #[arg(long, num_args = 0..=1, require_equals = true, default_value = "none", default_missing_value = "server", value_parser = super::dry_run, action = clap::ArgAction::Set)]
    pub dry_run: bool,
}

/// See [`Action::Rollout`](super::Action::Rollout).
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
    /// Show a rollout at one look: old pods and new ones, how far it is, what holds it up
    Show {
        /// Objects
        #[command(flatten)]
        target: Target,
        /// Namespace
        #[arg(short, long, value_name = "NAME")]
        namespace: Option<String>,
    },
    /// Show the revisions there were
    History {
        /// Objects
        #[command(flatten)]
        target: Target,
        /// Namespace
        #[arg(short, long, value_name = "NAME")]
        namespace: Option<String>,
        /// Show the pods of this revision
        #[arg(long, value_name = "NUMBER", default_value_t = 0)]
        revision: i64,
    },
    /// Go back to a revision that was there before
    Undo {
        /// Objects
        #[command(flatten)]
        target: Target,
        /// Where and how
        #[command(flatten)]
        roll: Roll,
        /// To this one; the one before when absent
        #[arg(long, value_name = "NUMBER", default_value_t = 0)]
        to_revision: i64,
    },
    /// Let changes of the template wait
    Pause {
        /// Objects
        #[command(flatten)]
        target: Target,
        /// Where and how
        #[command(flatten)]
        roll: Roll,
    },
    /// Let changes of the template take effect again
    Resume {
        /// Objects
        #[command(flatten)]
        target: Target,
        /// Where and how
        #[command(flatten)]
        roll: Roll,
    },
    /// Replace every pod, as after a change
    Restart {
        /// Objects
        #[command(flatten)]
        target: Target,
        /// Where and how
        #[command(flatten)]
        roll: Roll,
        /// Only objects with these labels
        #[arg(short = 'l', long, value_name = "SELECTOR")]
        selector: Option<String>,
    },
}

/// Where a rollout is changed, and how.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Roll {
    /// Namespace
    #[arg(short, long, value_name = "NAME")]
    pub namespace: Option<String>,
    /// How it is written
    #[command(flatten)]
    pub write: Write,
}

/// See [`Action::Label`](super::Action::Label) and [`Action::Annotate`](super::Action::Annotate).
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Marks {
    /// Objects, then KEY=VALUE to set and KEY- to remove
    #[arg(value_name = "KIND NAME | KIND/NAME … KEY=VALUE | KEY-", required = true)]
    pub words: Vec<String>,
    /// Objects of these files
    #[arg(short, long = "filename", value_name = "FILE")]
    pub files: Vec<String>,
    /// Where
    #[command(flatten)]
    pub scope: Scope,
    /// Every object of the kind
    #[arg(long)]
    pub all: bool,
    /// Set also what has another value
    #[arg(long)]
    pub overwrite: bool,
    /// Show them, change nothing
    #[arg(long)]
    pub list: bool,
    /// How it is written
    #[command(flatten)]
    pub write: Write,
}

/// See [`Action::Taint`](super::Action::Taint).
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Taint {
    /// Nodes, then KEY=VALUE:EFFECT to set and KEY:EFFECT- or KEY- to remove
    #[arg(value_name = "node NAME … KEY[=VALUE]:EFFECT[-]", required = true)]
    pub words: Vec<String>,
    /// Only nodes with these labels
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    pub selector: Option<String>,
    /// Every node
    #[arg(long)]
    pub all: bool,
    /// Set also what has another value
    #[arg(long)]
    pub overwrite: bool,
    /// How it is written
    #[command(flatten)]
    pub write: Write,
}

/// See [`Action::Set`](super::Action::Set).
#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum Set {
    /// Give containers other images: set image deployment/web web=nginx:1.27
    Image(SetImage),
}

/// See [`Set::Image`].
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct SetImage {
    /// Objects, then CONTAINER=IMAGE; `*` is every container
    #[arg(value_name = "KIND NAME | KIND/NAME … CONTAINER=IMAGE", required = true)]
    pub words: Vec<String>,
    /// Where
    #[command(flatten)]
    pub scope: Scope,
    /// Every object of the kind
    #[arg(long)]
    pub all: bool,
    /// How it is written
    #[command(flatten)]
    pub write: Write,
}

/// The language of a patch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// Lists of objects merge by key.
    #[default]
    Strategic,
    /// RFC 7386.
    Merge,
    /// RFC 6902.
    Json,
}

/// See [`Action::Patch`](super::Action::Patch).
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct PatchWith {
    /// Objects
    #[arg(value_name = "KIND NAME | KIND/NAME")]
    pub words: Vec<String>,
    /// Objects of these files
    #[arg(short, long = "filename", value_name = "FILE")]
    pub files: Vec<String>,
    /// The patch, as JSON or YAML
    #[arg(short, long, value_name = "TEXT", required_unless_present = "patch_file")]
    pub patch: Option<String>,
    /// The patch, as a file
    #[arg(long, value_name = "FILE", conflicts_with = "patch")]
    pub patch_file: Option<String>,
    /// Its language
    #[arg(long = "type", value_enum, default_value = "strategic")]
    pub language: Language,
    /// Only this part of the object: status or scale
    #[arg(long, value_name = "NAME")]
    pub subresource: Option<String>,
    /// Namespace
    #[arg(short, long, value_name = "NAME")]
    pub namespace: Option<String>,
    /// How it is written
    #[command(flatten)]
    pub write: Write,
}

/// See [`Action::Replace`](super::Action::Replace).
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Replace {
    /// Files or directories of manifests; `-` is standard input
    #[arg(short, long = "filename", value_name = "FILE", required = true)]
    pub files: Vec<String>,
    /// Namespace for manifests that name none
    #[arg(short, long, value_name = "NAME")]
    pub namespace: Option<String>,
    /// Delete each object and make it anew
    #[arg(long)]
    pub force: bool,
    /// Take fields that a kind does not have and drop them, with a warning
    #[arg(long)]
    pub lenient: bool,
    /// How it is written
    #[command(flatten)]
    pub write: Write,
}

/// See [`Action::Edit`](super::Action::Edit).
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Edit {
    /// Objects
    #[command(flatten)]
    pub target: Target,
    /// Where
    #[command(flatten)]
    pub scope: Scope,
    /// How it is written
    #[command(flatten)]
    pub write: Write,
}

/// See [`Action::Drain`](super::Action::Drain).
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Drain {
    /// Nodes
    #[arg(value_name = "NODE")]
    pub nodes: Vec<String>,
    /// Nodes with these labels
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    pub selector: Option<String>,
    /// Leave pods of daemon sets where they are
    #[arg(long)]
    pub ignore_daemonsets: bool,
    /// Evict also pods that lose what they keep on the node
    #[arg(long)]
    pub delete_emptydir_data: bool,
    /// Evict also pods that nobody will make anew
    #[arg(long)]
    pub force: bool,
    /// Delete pods without asking their disruption budgets
    #[arg(long)]
    pub disable_eviction: bool,
    /// Only pods with these labels
    #[arg(long, value_name = "SELECTOR")]
    pub pod_selector: Option<String>,
    /// Seconds a pod may take to end; its own when negative
    #[arg(long, value_name = "SECONDS", default_value_t = -1, allow_negative_numbers = true)]
    pub grace_period: i64,
    /// Give up after so long; 0s is never
    #[arg(long, value_parser = duration, default_value = "0s")]
    pub timeout: Duration,
    /// Say what would happen, change nothing
    #[arg(long, num_args = 0..=1, require_equals = true, default_value = "none", default_missing_value = "server", value_parser = super::dry_run, action = clap::ArgAction::Set)]
    pub dry_run: bool,
}
