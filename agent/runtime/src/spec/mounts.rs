//! What is mounted inside: the kernel's file systems, then what was asked for.

use crate::ContainerSpec;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Hidden, because they tell of the host or change it.
pub(super) const MASKED: &[&str] = &[
    "/proc/acpi",
    "/proc/asound",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/sys/firmware",
    "/sys/devices/virtual/powercap",
];

/// Seen, but not written.
pub(super) const READ_ONLY: &[&str] =
    &["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

/// Every mount, in the order they are made.
pub(super) fn mounts(spec: &ContainerSpec) -> Vec<Value> {
    let ours = |target: &str| spec.mounts.iter().any(|mount| mount.target == Path::new(target));
    let mut all: Vec<Value> = kernel(spec.security.privileged, spec.host_ipc)
        .into_iter()
        .filter(|mount| !ours(mount["destination"].as_str().unwrap_or_default()))
        .collect();
    let mut asked: Vec<_> = spec.mounts.iter().collect();
    // A directory before what lies in it, or the inner one would be covered.
    asked.sort_by_key(|mount| mount.target.components().count());
    for mount in asked {
        let access = if mount.read_only { "ro" } else { "rw" };
        all.push(json!({
            "destination": absolute(&mount.target),
            "type": "bind",
            "source": mount.source,
            "options": ["rbind", "rprivate", access],
        }));
    }
    all
}

fn absolute(target: &Path) -> PathBuf {
    Path::new("/").join(target)
}

fn kernel(privileged: bool, host_ipc: bool) -> Vec<Value> {
    let access = if privileged { "rw" } else { "ro" };
    let shared_memory = if host_ipc {
        json!({"destination": "/dev/shm", "type": "bind", "source": "/dev/shm",
               "options": ["rbind", "rprivate", "rw"]})
    } else {
        json!({"destination": "/dev/shm", "type": "tmpfs", "source": "shm",
               "options": ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]})
    };
    vec![
        json!({"destination": "/proc", "type": "proc", "source": "proc",
               "options": ["nosuid", "noexec", "nodev"]}),
        json!({"destination": "/dev", "type": "tmpfs", "source": "tmpfs",
               "options": ["nosuid", "strictatime", "mode=755", "size=65536k"]}),
        json!({"destination": "/dev/pts", "type": "devpts", "source": "devpts",
               "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]}),
        shared_memory,
        json!({"destination": "/dev/mqueue", "type": "mqueue", "source": "mqueue",
               "options": ["nosuid", "noexec", "nodev"]}),
        json!({"destination": "/sys", "type": "sysfs", "source": "sysfs",
               "options": ["nosuid", "noexec", "nodev", access]}),
        json!({"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup",
               "options": ["nosuid", "noexec", "nodev", "relatime", access]}),
    ]
}
