//! Names of services and pods, answered on every node from what its agent already watches.
//!
//! Each agent listens on the address of its own bridge, and its pods are told that address. No packet
//! of a question is translated or leaves the node, so an answer needs neither a rule nor another node
//! nor the control plane: what was last known is answered. The service `kube-dns`, whose address many
//! programs have written down, leads to the same server (`services`). Names outside the cluster are
//! asked of the node's own resolvers.
//!
//! [`answer`] decides, as a plain function of a world; [`message`] is the form on the wire; [`Server`]
//! has the sockets. The names are those of the Kubernetes specification, version 1.1.0.

mod answer;
mod message;
mod resolvers;
mod server;
mod zone;

use std::net::IpAddr;

pub use answer::answer;
pub use resolvers::resolvers;
pub use server::Server;

/// The cluster's own domain.
pub const DOMAIN: &str = "cluster.local";
/// Namespace and name of the service that leads to the server.
pub(crate) const SERVICE: (&str, &str) = ("kube-system", "kube-dns");
/// The port of every name server.
pub(crate) const PORT: u16 = 53;

/// What is asked about a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// Its IPv4 addresses.
    A,
    /// Its IPv6 addresses.
    Aaaa,
    /// What other name it stands for.
    Cname,
    /// Where a service of that name is: host and port.
    Srv,
    /// Whose address it is.
    Ptr,
    /// What is said about it.
    Txt,
    /// Who is the authority for it.
    Soa,
    /// Which servers know it.
    Ns,
    /// All there is.
    Any,
    /// Anything else: no name here has it.
    Other,
}

/// A question: the name is in lower case, without the final dot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The name.
    pub name: String,
    /// What is asked about it.
    pub about: About,
}

/// One record: a name and what it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The name.
    pub name: String,
    /// What it has.
    pub data: Data,
}

/// What a name has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Data {
    /// An address of either family.
    Address(IpAddr),
    /// Another name for the same.
    Cname(String),
    /// The name of an address.
    Ptr(String),
    /// Where something is served.
    Srv {
        /// Its share among those of one name.
        weight: u16,
        /// The port.
        port: u16,
        /// The host.
        target: String,
    },
    /// Words.
    Txt(String),
    /// The zone's authority; the number moves with the zone.
    Soa(u32),
    /// A server that knows the zone.
    Ns(String),
}

/// What is said to a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The name is not of this cluster.
    Elsewhere,
    /// It is.
    Ours(Found),
}

/// What the cluster knows of a name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// The name exists, perhaps without what was asked for.
    pub exists: bool,
    /// What was asked for.
    pub records: Vec<Record>,
    /// What will be asked next: addresses of hosts that `records` name.
    pub beside: Vec<Record>,
    /// Who says so, when there is nothing else to say.
    pub authority: Option<Record>,
    /// The last of `records` stands for this name outside the cluster.
    pub follow: Option<String>,
}
