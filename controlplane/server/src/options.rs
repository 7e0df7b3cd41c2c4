//! What an operator may choose. Everything is looked at before anything is started.

use controlplane_controllers::NODE_BITS;
use shared_api::{Cidr, InvalidCidr};
use std::{
    net::{IpAddr, SocketAddr, ToSocketAddrs},
    path::PathBuf,
};

/// What an operator may choose about a control plane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Where its state is kept.
    pub data_dir: PathBuf,
    /// Where it listens.
    pub listen: SocketAddr,
    /// How nodes and users reach it, `HOST:PORT`; found out when absent.
    pub advertise: Option<String>,
    /// Addresses for services, such as `10.96.0.0/16`.
    pub service_cidr: String,
    /// Addresses for pods, such as `10.244.0.0/16`; each node gets a /24 of it.
    pub cluster_cidr: String,
    /// Where the administrator's kubeconfig is written besides the data directory.
    pub kubeconfig: Option<PathBuf>,
    /// Tokens that users may show, `token,user,uid,"groups"` a line.
    pub token_auth_file: Option<PathBuf>,
}

/// A choice that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("--{flag} {value:?}: {why}")]
pub struct Problem {
    /// The flag.
    pub flag: &'static str,
    /// What it was given.
    pub value: String,
    /// What is wrong with it.
    pub why: String,
}

impl Options {
    /// The address that others reach this control plane at: its text, and as nodes dial it.
    pub(crate) fn advertised(&self) -> Result<(String, IpAddr, u16), Problem> {
        if let Some(text) = &self.advertise {
            let problem = |why: String| Problem { flag: "advertise", value: text.clone(), why };
            let mut found =
                text.to_socket_addrs().map_err(|e| problem(format!("expected HOST:PORT ({e})")))?;
            let address = found.next().ok_or_else(|| problem("it names no address".into()))?;
            return Ok((text.clone(), address.ip(), address.port()));
        }
        let ip = if self.listen.ip().is_unspecified() { own_address() } else { self.listen.ip() };
        Ok((SocketAddr::new(ip, self.listen.port()).to_string(), ip, self.listen.port()))
    }

    /// Where services get their addresses from.
    pub(crate) fn services(&self) -> Result<Cidr, Problem> {
        let why = "it has no address to hand out; choose a prefix of at most 30 bits";
        range("service-cidr", &self.service_cidr, |range| range.between() > 0, why)
    }

    /// Where nodes get the addresses of their pods from.
    pub(crate) fn pods(&self) -> Result<Cidr, Problem> {
        let why = format!("it has no room for nodes: each takes a /{NODE_BITS}");
        range("cluster-cidr", &self.cluster_cidr, |range| range.prefix() <= NODE_BITS, &why)
    }
}

/// The range a flag names, if it is large enough.
fn range(flag: &'static str, value: &str, large: fn(Cidr) -> bool, why: &str) -> Result<Cidr, Problem> {
    let problem = |why: String| Problem { flag, value: value.into(), why };
    let range: Cidr = value.parse().map_err(|e: InvalidCidr| problem(e.to_string()))?;
    if large(range) { Ok(range) } else { Err(problem(why.into())) }
}

/// The address this machine would use towards the world; no packet is sent.
fn own_address() -> IpAddr {
    let local = IpAddr::from([127, 0, 0, 1]);
    let socket = std::net::UdpSocket::bind("0.0.0.0:0");
    let connected = socket.and_then(|s| s.connect("192.0.2.1:9").and_then(|()| s.local_addr()));
    connected.map_or(local, |a| a.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_that_are_too_small_are_refused() {
        let options = |services: &str, pods: &str| Options {
            data_dir: PathBuf::new(),
            listen: ([127, 0, 0, 1], 6443).into(),
            advertise: None,
            service_cidr: services.into(),
            cluster_cidr: pods.into(),
            kubeconfig: None,
            token_auth_file: None,
        };
        let good = options("10.96.0.0/16", "10.244.0.0/16");
        assert_eq!((good.services(), good.pods()), (Ok(Cidr::SERVICES), Ok(Cidr::PODS)));
        for (value, word) in [("10.0.0.0", "not an IPv4 range"), ("10.0.0.0/31", "no address")] {
            let problem = options(value, "10.244.0.0/16").services().unwrap_err().to_string();
            assert!(problem.starts_with("--service-cidr") && problem.contains(word), "{problem}");
        }
        for (value, word) in [("x/16", "not an IPv4 range"), ("10.0.0.0/25", "no room for nodes")] {
            let problem = options("10.96.0.0/16", value).pods().unwrap_err().to_string();
            assert!(problem.starts_with("--cluster-cidr") && problem.contains(word), "{problem}");
        }
    }
}
