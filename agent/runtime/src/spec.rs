//! What runc is told: an OCI runtime specification made from a [`ContainerSpec`], the image's
//! configuration, the user looked up in the image, and what this host permits. Pure.
//!
//! It is written as plain JSON: runc's own documentation is its reference, and nothing is defaulted
//! behind our back (a typed builder's defaults gave "host name youki" and every device).

mod capabilities;
mod devices;
mod mounts;
mod process;
pub(crate) mod user;

pub(crate) use devices::Device;
pub(crate) use process::ImageConfig;

use crate::{ContainerSpec, Error, Processes, Result};
use serde_json::{Value, json};
use user::User;

/// What the host permits and has.
#[derive(Debug, Clone, Default)]
pub(crate) struct Host {
    /// Capabilities that may be given away, as the kernel's bit set.
    pub(crate) capabilities: u64,
    /// Most open files a process may be given.
    pub(crate) open_files: u64,
    /// One hierarchy of cgroups instead of one per controller.
    pub(crate) cgroup_v2: bool,
    /// Devices for privileged containers.
    pub(crate) devices: Vec<Device>,
}

/// `CAP_SYS_RESOURCE`, which alone may lower the likelihood of being killed for memory.
const SYS_RESOURCE: u64 = 1 << 24;

/// The specification; refuses what cannot be.
pub(crate) fn oci(spec: &ContainerSpec, image: &ImageConfig, user: &User, host: &Host) -> Result<Value> {
    if spec.security.run_as_non_root && user.uid == 0 {
        return Err(Error::Invalid(format!(
            "container has runAsNonRoot and image {} will run as root: set runAsUser",
            spec.image
        )));
    }
    let mut namespaces = match spec.processes {
        Processes::Own => vec![json!({"type": "pid"})],
        Processes::Node => Vec::new(),
        Processes::Of(pid) => vec![json!({"type": "pid", "path": format!("/proc/{pid}/ns/pid")})],
    };
    namespaces.push(json!({"type": "mount"}));
    if !spec.host_ipc {
        namespaces.push(json!({"type": "ipc"}));
    }
    if let Some(path) = &spec.netns {
        namespaces.push(json!({"type": "network", "path": path}));
        namespaces.push(json!({"type": "uts"}));
    } else if !spec.hostname.is_empty() {
        namespaces.push(json!({"type": "uts"}));
    }
    if host.cgroup_v2 {
        namespaces.push(json!({"type": "cgroup"}));
    }
    let privileged = spec.security.privileged;
    let mut linux = json!({
        "namespaces": namespaces,
        "cgroupsPath": spec.cgroup,
        "resources": resources(spec),
        "maskedPaths": if privileged { &[][..] } else { mounts::MASKED },
        "readonlyPaths": if privileged { &[][..] } else { mounts::READ_ONLY },
    });
    if !spec.sysctls.is_empty() {
        linux["sysctl"] = json!(spec.sysctls);
    }
    if privileged && !host.devices.is_empty() {
        linux["devices"] = host.devices.iter().map(Device::node).collect();
    }
    let mut oci = json!({
        "ociVersion": "1.0.2",
        "process": process::process(spec, image, user, host)?,
        "root": {"path": "rootfs", "readonly": spec.security.read_only_root},
        "mounts": mounts::mounts(spec),
        "linux": linux,
    });
    if !spec.hostname.is_empty() {
        oci["hostname"] = json!(spec.hostname);
    }
    if !spec.group.is_empty() {
        oci["annotations"] = json!({"io.containerd.runc.v2.group": spec.group});
    }
    Ok(oci)
}

/// runc turns the names of cgroup v1 into those of v2 where that is what the host has.
fn resources(spec: &ContainerSpec) -> Value {
    let asked = &spec.resources;
    let mut resources = json!({"devices": devices::rules(spec.security.privileged)});
    let mut cpu = json!({});
    if let Some(shares) = asked.cpu_shares {
        cpu["shares"] = json!(shares.clamp(2, 262_144));
    }
    if let Some(quota) = asked.cpu_quota {
        cpu["quota"] = json!(quota);
        cpu["period"] = json!(100_000);
    }
    if cpu != json!({}) {
        resources["cpu"] = cpu;
    }
    if let Some(limit) = asked.memory_limit {
        resources["memory"] = json!({"limit": limit});
    }
    resources
}

/// The likelihood of being killed for memory that may be asked for: runc fails the whole container
/// on one that the kernel refuses.
fn oom_score_adj(asked: Option<i64>, host: &Host) -> Option<i64> {
    let asked = asked?.clamp(-1000, 1000);
    (asked >= 0 || host.capabilities & SYS_RESOURCE != 0).then_some(asked)
}

#[cfg(test)]
mod tests;
