//! What an operator may choose. Everything is looked at before anything is started.

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

    /// A range of addresses.
    pub(crate) fn cidr<T: std::str::FromStr<Err: std::fmt::Display>>(
        flag: &'static str,
        value: &str,
    ) -> Result<T, Problem> {
        value.parse().map_err(|e: T::Err| Problem { flag, value: value.into(), why: e.to_string() })
    }
}

/// The address this machine would use towards the world; no packet is sent.
fn own_address() -> IpAddr {
    let local = IpAddr::from([127, 0, 0, 1]);
    let socket = std::net::UdpSocket::bind("0.0.0.0:0");
    let connected = socket.and_then(|s| s.connect("192.0.2.1:9").and_then(|()| s.local_addr()));
    connected.map_or(local, |a| a.ip())
}
