//! What is asked without changing anything.

use super::{Output, Scope, Target, duration, output};
use crate::At;
use clap::Args;
use std::time::Duration;

/// A moment of the past, as far back as history reaches.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct When {
    /// As things were then: -5m, 2026-01-01T00:00:00Z, or a revision
    #[arg(long, value_name = "MOMENT", value_parser = crate::when::at, allow_hyphen_values = true)]
    pub at: Option<At>,
}

/// See [`Action::Path`](super::Action::Path).
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Path {
    /// Service
    #[arg(value_name = "NAME | svc/NAME")]
    pub service: String,
    /// Namespace
    #[arg(short, long, value_name = "NAME")]
    pub namespace: Option<String>,
}

/// See [`Action::Decode`](super::Action::Decode).
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Decode {
    /// Secret
    #[arg(value_name = "NAME | secret/NAME")]
    pub secret: String,
    /// Only this entry, byte for byte
    pub key: Option<String>,
    /// Namespace
    #[arg(short, long, value_name = "NAME")]
    pub namespace: Option<String>,
}

/// See [`Action::Get`](super::Action::Get).
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Get {
    /// Kind (or kinds, with commas), then names; or KIND/NAME
    #[arg(value_name = "KIND [NAME] | KIND/NAME", required_unless_present_any = ["raw", "files"])]
    pub words: Vec<String>,
    /// Objects of these files
    #[arg(short, long = "filename", value_name = "FILE", conflicts_with = "words")]
    pub files: Vec<String>,
    /// What the cluster answers to a path: /api/v1/namespaces
    #[arg(long, value_name = "PATH", conflicts_with_all = ["words", "files"])]
    pub raw: Option<String>,
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
    /// When
    #[command(flatten)]
    pub when: When,
    /// Labels, each as a column
    #[arg(short = 'L', long, value_name = "KEY", value_delimiter = ',')]
    pub label_columns: Vec<String>,
    /// In the order of what stands there: .metadata.creationTimestamp
    #[arg(long, value_name = "PATH")]
    pub sort_by: Option<String>,
    /// The template of -o go-template or -o jsonpath
    #[arg(long, value_name = "TEMPLATE")]
    pub template: Option<String>,
    /// An object that is not there is fine
    #[arg(long)]
    pub ignore_not_found: bool,
    /// How much is told of what is asked: from 6 on, each question
    #[arg(short, long = "v", value_name = "LEVEL", default_value_t = 0)]
    pub verbosity: u8,
}

/// See [`Action::Describe`](super::Action::Describe).
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Describe {
    /// Objects
    #[command(flatten)]
    pub target: Target,
    /// Where
    #[command(flatten)]
    pub scope: Scope,
    /// When
    #[command(flatten)]
    pub when: When,
}

/// See [`Action::Why`](super::Action::Why) and [`Action::Timeline`](super::Action::Timeline).
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Why {
    /// Objects
    #[command(flatten)]
    pub target: Target,
    /// Where
    #[command(flatten)]
    pub scope: Scope,
    /// When
    #[command(flatten)]
    pub when: When,
}

/// See [`Action::Capacity`](super::Action::Capacity).
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

/// See [`Action::Preview`](super::Action::Preview).
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Preview {
    /// The command
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true, value_name = "COMMAND")]
    pub words: Vec<String>,
}

/// See [`Action::Wait`](super::Action::Wait).
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

/// See [`Action::Events`](super::Action::Events).
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
