//! What the server is told when it is built.

use crate::{door::User, tokens::Tokens};
use shared_api::{Cidr, Timestamp};
use shared_pki::Issuer;
use std::{collections::HashMap, fmt, net::IpAddr, ops::RangeInclusive, sync::Arc};

/// Signs certificates for those who joined.
pub trait Signer: Send + Sync {
    /// A certificate (PEM) for the key of a certificate request, in this name and these groups.
    fn sign(&self, csr_der: &[u8], name: &str, groups: &[String]) -> Result<String, String>;
    /// The certificate (PEM) everybody trusts.
    fn ca(&self) -> String;
}

/// What the server is told when it is built.
#[derive(Clone)]
pub struct Options {
    /// Addresses for services: those between the lowest and the highest.
    pub services: Cidr,
    /// Ports that services may open on every node.
    pub node_ports: RangeInclusive<u16>,
    /// What time it is.
    pub clock: fn() -> Timestamp,
    /// Signs for those who join; without one nobody can.
    pub signer: Option<Arc<dyn Signer>>,
    /// Where the service `kubernetes` leads: the address and port that nodes reach the server at.
    pub advertise: Option<(IpAddr, u16)>,
    /// Signs the tokens of service accounts.
    pub tokens: Tokens,
    /// Certificates of the control plane, and when each ends: seconds since 1970.
    pub certificates: Vec<(String, i64)>,
    /// Tokens that an operator chose, and who shows them.
    pub known_tokens: Arc<HashMap<String, User>>,
}

impl Options {
    /// Kubernetes' own defaults: 10.96.0.0/16, ports 30000 to 32767. Tokens are signed with a key of this
    /// process; one that is to outlive it brings its own.
    pub fn new(clock: fn() -> Timestamp) -> Self {
        let issuer = Issuer::fresh().expect("a key can be made of random numbers");
        Self {
            services: Cidr::SERVICES,
            node_ports: 30_000..=32_767,
            clock,
            signer: None,
            advertise: None,
            tokens: Tokens::new(Arc::new(issuer)),
            certificates: Vec::new(),
            known_tokens: Arc::default(),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("services", &self.services)
            .field("node_ports", &self.node_ports)
            .field("advertise", &self.advertise)
            .field("tokens", &self.tokens)
            .finish_non_exhaustive()
    }
}
