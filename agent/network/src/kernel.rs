//! Kernel settings of the namespace of this thread.

use crate::{Attempt, Result};
use std::{fs, io::ErrorKind};

/// Sets `/proc/sys/net/<key>` unless it says so already. False when the kernel has no such setting.
pub(crate) fn set(key: &str, value: &str) -> Result<bool> {
    let path = format!("/proc/sys/net/{key}");
    match fs::read_to_string(&path) {
        Ok(now) if now.trim() == value => return Ok(true),
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(false),
        _ => {}
    }
    fs::write(&path, value).attempt(format_args!("setting {path} to {value}"))?;
    Ok(true)
}

/// What a node needs to carry the traffic of pods over `bridge`.
pub(crate) fn forward(bridge: &str) -> Result<()> {
    set("ipv4/ip_forward", "1")?;
    // A pod reaches its neighbours through the bridge's address. A redirect would send it around the
    // node, and with it around the service rules. The kernel asks both settings.
    set("ipv4/conf/all/send_redirects", "0")?;
    set(&format!("ipv4/conf/{bridge}/send_redirects"), "0")?;
    // Loose: an answer may leave over another interface than the question came in by.
    set(&format!("ipv4/conf/{bridge}/rp_filter"), "2")?;
    // Frames between two pods pass the node's rules too. Without br_netfilter they need not: every
    // packet of a pod is routed, because its address is a /32.
    set("bridge/bridge-nf-call-iptables", "1")?;
    Ok(())
}

/// What a pod needs: it believes no redirect, for the same reason.
pub(crate) fn settle_pod() -> Result<()> {
    set("ipv4/conf/all/accept_redirects", "0")?;
    set("ipv4/conf/eth0/accept_redirects", "0")?;
    // A pod may be nobody's root and still answer on port 80 or be pinged, as in other runtimes.
    set("ipv4/ip_unprivileged_port_start", "0")?;
    set("ipv4/ping_group_range", "0 2147483647")?;
    Ok(())
}
