//! What this host permits: read once, from the kernel.

use crate::spec::{Device, Host};
use nix::sys::{
    resource::{Resource, getrlimit},
    stat::{major, minor},
};
use std::{
    fs,
    os::unix::fs::{FileTypeExt, MetadataExt},
    path::Path,
};

/// Most open files we ever give a process.
const OPEN_FILES: u64 = 1 << 20;

pub(super) fn look() -> Host {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let effective = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    let capabilities = effective.and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok()).unwrap_or(u64::MAX);
    // A higher limit than our own needs a capability we may lack.
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE).unwrap_or((1024, 4096));
    let mut devices = Vec::new();
    collect(Path::new("/dev"), &mut devices);
    devices.sort_by(|a, b| a.path.cmp(&b.path));
    Host {
        capabilities,
        open_files: most.min(OPEN_FILES),
        cgroup_v2: Path::new("/sys/fs/cgroup/cgroup.controllers").exists(),
        devices,
    }
}

/// The devices below a directory, without those every container has of its own.
fn collect(directory: &Path, into: &mut Vec<Device>) {
    const OWN: &[&str] = &["pts", "shm", "mqueue", "fd", "console", "ptmx", "lxc", ".lxc"];
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let Ok(metadata) = fs::symlink_metadata(&path) else { continue };
        if OWN.iter().any(|own| name == *own) {
            continue;
        }
        let kind = metadata.file_type();
        if kind.is_dir() {
            collect(&path, into);
        } else if kind.is_char_device() || kind.is_block_device() {
            into.push(Device {
                path: path.to_string_lossy().into_owned(),
                block: kind.is_block_device(),
                major: major(metadata.rdev()),
                minor: minor(metadata.rdev()),
            });
        }
    }
}
