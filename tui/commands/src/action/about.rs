//! What is asked about the cluster, its API and this side of it.

use super::Scope;
use clap::{Args, Subcommand, ValueEnum};

/// See [`Action::Top`](super::Action::Top).
#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum Top {
    /// What nodes use
    #[command(alias = "nodes", alias = "no")]
    Node {
        /// Only this one
        name: Option<String>,
        /// Where
        #[command(flatten)]
        scope: Scope,
        /// The largest first: cpu or memory
        #[arg(long, value_name = "cpu|memory")]
        sort_by: Option<String>,
        /// Leave out the line of headings
        #[arg(long)]
        no_headers: bool,
    },
    /// What pods use
    #[command(alias = "pods", alias = "po")]
    Pod {
        /// Only this one
        name: Option<String>,
        /// Where
        #[command(flatten)]
        scope: Scope,
        /// The largest first: cpu or memory
        #[arg(long, value_name = "cpu|memory")]
        sort_by: Option<String>,
        /// A line for each container
        #[arg(long)]
        containers: bool,
        /// Leave out the line of headings
        #[arg(long)]
        no_headers: bool,
    },
}

/// See [`Action::Explain`](super::Action::Explain).
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Explain {
    /// A kind, or a field of one: pods, deployment.spec.strategy
    #[arg(value_name = "KIND[.FIELD…]")]
    pub path: String,
    /// Every field below it
    #[arg(long)]
    pub recursive: bool,
    /// In this version: apps/v1
    #[arg(long, value_name = "GROUP/VERSION")]
    pub api_version: Option<String>,
}

/// See [`Action::Auth`](super::Action::Auth).
#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum Auth {
    /// Whether one may: auth can-i delete pods
    #[command(name = "can-i")]
    CanI {
        /// get, list, watch, create, update, patch, delete …
        #[arg(required_unless_present = "list")]
        verb: Option<String>,
        /// A kind, KIND/NAME, or a path such as /healthz
        #[arg(required_unless_present = "list")]
        what: Option<String>,
        /// All that one may
        #[arg(long, conflicts_with = "verb")]
        list: bool,
        /// A part of it, such as log
        #[arg(long, value_name = "NAME")]
        subresource: Option<String>,
        /// Where
        #[command(flatten)]
        scope: Scope,
        /// Say nothing, only end so
        #[arg(short, long)]
        quiet: bool,
    },
    /// Who one is to the cluster
    Whoami,
}

/// See [`Action::ApiResources`](super::Action::ApiResources).
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct ApiResources {
    /// Only of this group
    #[arg(long, value_name = "GROUP")]
    pub api_group: Option<String>,
    /// Only those that live in a namespace, or only those that do not
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub namespaced: Option<bool>,
    /// Only those that allow all of these
    #[arg(long, value_delimiter = ',')]
    pub verbs: Vec<String>,
    /// name: only the names; wide: with verbs and categories
    #[arg(short, long, value_parser = ["name", "wide"])]
    pub output: Option<String>,
    /// Leave out the line of headings
    #[arg(long)]
    pub no_headers: bool,
}

/// See [`Action::Version`](super::Action::Version).
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Version {
    /// Only this program's own
    #[arg(long)]
    pub client: bool,
}

/// See [`Action::Proxy`](super::Action::Proxy).
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Proxy {
    /// The local port; 0 is any free one
    #[arg(short, long, default_value_t = 8001)]
    pub port: u16,
    /// The local address
    #[arg(long, default_value = "127.0.0.1")]
    pub address: String,
}

/// A shell that can complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum Shell {
    Bash,
    Zsh,
    Fish,
}

/// See [`Action::Config`](super::Action::Config).
#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum Config {
    /// Show the file, its secrets left out
    View {
        /// Only what the current context uses
        #[arg(long)]
        minify: bool,
        /// With its secrets
        #[arg(long)]
        raw: bool,
    },
    /// Show the current context
    CurrentContext,
    /// List the contexts
    GetContexts,
    /// Make a context the current one
    UseContext {
        /// Name
        name: String,
    },
    /// Set a cluster, or some of it
    SetCluster {
        /// Name
        name: String,
        /// Where it is: <https://host:6443>
        #[arg(long)]
        server: Option<String>,
        /// Its authority, a file
        #[arg(long, value_name = "FILE")]
        certificate_authority: Option<String>,
        /// Put what the file says into the kubeconfig
        #[arg(long, num_args = 0..=1, require_equals = true, default_value = "false", default_missing_value = "true", action = clap::ArgAction::Set)]
        embed_certs: bool,
    },
    /// Set a user, or some of it
    SetCredentials {
        /// Name
        name: String,
        /// User name, for servers that take one
        #[arg(long)]
        username: Option<String>,
        /// Password, for servers that take one
        #[arg(long)]
        password: Option<String>,
        /// Bearer token
        #[arg(long)]
        token: Option<String>,
        /// Certificate, a file
        #[arg(long, value_name = "FILE")]
        client_certificate: Option<String>,
        /// Key, a file
        #[arg(long, value_name = "FILE")]
        client_key: Option<String>,
        /// Put what the files say into the kubeconfig
        #[arg(long, num_args = 0..=1, require_equals = true, default_value = "false", default_missing_value = "true", action = clap::ArgAction::Set)]
        embed_certs: bool,
    },
    /// Set a context, or some of it
    SetContext {
        /// Name
        #[arg(required_unless_present = "current")]
        name: Option<String>,
        /// The current one
        #[arg(long, conflicts_with = "name")]
        current: bool,
        /// Its cluster
        #[arg(long)]
        cluster: Option<String>,
        /// Its user
        #[arg(long)]
        user: Option<String>,
        /// The namespace meant when none is named
        #[arg(short, long)]
        namespace: Option<String>,
    },
    /// Delete a context
    DeleteContext {
        /// Name
        name: String,
    },
    /// Delete a cluster
    DeleteCluster {
        /// Name
        name: String,
    },
    /// Delete a user
    DeleteUser {
        /// Name
        name: String,
    },
}
