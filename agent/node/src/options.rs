//! What an operator may choose about an agent.

use std::{collections::BTreeMap, net::Ipv4Addr, path::PathBuf};

/// What an operator may choose about an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The control plane, `HOST:PORT`.
    pub server: String,
    /// Join token; needed on the first start only.
    pub token: Option<String>,
    /// The node's name; the host name when absent.
    pub node: Option<String>,
    /// The node's address; the one used towards the control plane when absent.
    pub node_ip: Option<Ipv4Addr>,
    /// Where state is kept that outlives the agent.
    pub data_dir: PathBuf,
    /// Where state is kept that ends with the machine.
    pub run_dir: PathBuf,
    /// Where the logs of pods are kept.
    pub log_dir: PathBuf,
    /// containerd's socket.
    pub containerd: PathBuf,
    /// Where images come from: registry host (or `*`) and the base URLs tried before it.
    pub mirrors: Vec<(String, String)>,
    /// Labels of the node, besides the usual ones.
    pub labels: BTreeMap<String, String>,
    /// Range of all pods, where it is not simply every node's own.
    pub cluster_cidr: Option<String>,
}

impl Options {
    /// The node's name.
    pub(crate) fn name(&self) -> anyhow::Result<String> {
        if let Some(name) = &self.node {
            return Ok(name.clone());
        }
        let name = nix::unistd::gethostname()?.to_string_lossy().to_lowercase();
        anyhow::ensure!(!name.is_empty(), "this machine has no host name; name the node with --node");
        Ok(name)
    }
}
