//! Pod networks, service chains and names of one node. It knows no container: a sandbox is a network
//! namespace with a name.
//!
//! [`Bridge`] makes sandboxes; [`services::rules`] and [`routes::routes`] decide what the node's
//! kernel should hold, as plain functions of a world; [`Network`] follows a world and applies them.
//! Everything is in the network namespace of the thread that calls; what is there is read from the
//! kernel, so a restarted agent continues. No rule outside the chains `DHOW-*` is touched.

pub mod address;
mod conntrack;
pub mod dns;
pub mod iptables;
mod kernel;
mod namespace;
mod netlink;
mod path;
pub mod routes;
pub mod rules;
mod run;
mod sandbox;
pub mod services;

use async_trait::async_trait;
use std::{fmt::Display, net::Ipv4Addr, path::PathBuf};

pub use run::{Network, Options, READS};
pub use sandbox::Bridge;

/// A pod's network namespace, attached and held by a bind mount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sandbox {
    /// The pod's uid.
    pub id: String,
    /// The bind mount that holds the namespace.
    pub netns: PathBuf,
    /// The pod's address.
    pub ip: Ipv4Addr,
}

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The node has no addresses for pods (yet).
    #[error("the node has no pod address range yet; the control plane assigns spec.podCIDR")]
    NoRange,
    /// Every address is taken.
    #[error("every address of {0} is taken")]
    Exhausted(String),
    /// The kernel refused.
    #[error("{what}: {why}")]
    Failed {
        /// The attempt.
        what: String,
        /// What happened.
        why: String,
    },
}

/// Result of a call to the network.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Sandboxes on this node.
#[async_trait]
pub trait Sandboxes: Send + Sync {
    /// Makes the sandbox `id`, or finds it as it is.
    async fn create(&self, id: &str) -> Result<Sandbox>;
    /// Removes it and frees its address; fine when it is gone already.
    async fn remove(&self, id: &str) -> Result<()>;
    /// Where pods ask for names; nothing as long as nobody would answer.
    fn resolver(&self) -> Option<Ipv4Addr>;
    /// Every sandbox there is, as the kernel has them.
    async fn list(&self) -> Result<Vec<Sandbox>>;
}

/// Names the attempt that an error belongs to.
pub(crate) trait Attempt<T> {
    /// The error says that `what` failed.
    fn attempt(self, what: impl Display) -> Result<T>;
}

impl<T, E: Display> Attempt<T> for std::result::Result<T, E> {
    fn attempt(self, what: impl Display) -> Result<T> {
        self.map_err(|why| Error::Failed { what: what.to_string(), why: why.to_string() })
    }
}
