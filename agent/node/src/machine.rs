//! What this machine is and has, as the kernel says it.

use std::{fs, path::Path};

/// What this machine is and has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Machine {
    pub(crate) cpus: u64,
    pub(crate) memory: u64,
    pub(crate) disk: u64,
    pub(crate) id: String,
    pub(crate) boot_id: String,
    pub(crate) kernel: String,
    pub(crate) os_image: String,
    pub(crate) architecture: String,
}

/// What is left of what it has, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Left {
    pub(crate) memory: u64,
    pub(crate) disk: u64,
}

impl Machine {
    /// Looks at this machine; `data_dir` says which disk counts.
    pub(crate) fn look(data_dir: &Path) -> Self {
        let text = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let cpus = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            cpus: cpus as u64,
            memory: kib(&text("/proc/meminfo"), "MemTotal").unwrap_or(0),
            disk: disk(data_dir).0,
            id: text("/etc/machine-id").trim().into(),
            boot_id: text("/proc/sys/kernel/random/boot_id").trim().into(),
            kernel: text("/proc/sys/kernel/osrelease").trim().into(),
            os_image: pretty_name(&text("/etc/os-release")).unwrap_or_else(|| "Linux".into()),
            architecture: match std::env::consts::ARCH {
                "x86_64" => "amd64",
                "aarch64" => "arm64",
                other => other,
            }
            .into(),
        }
    }

    /// What is left now.
    pub(crate) fn left(data_dir: &Path) -> Left {
        let meminfo = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        Left { memory: kib(&meminfo, "MemAvailable").unwrap_or(0), disk: disk(data_dir).1 }
    }
}

/// Size and free room of the file system of `path`, in bytes.
fn disk(path: &Path) -> (u64, u64) {
    let found = nix::sys::statvfs::statvfs(path);
    found.map_or((0, 0), |s| (s.blocks() * s.fragment_size(), s.blocks_available() * s.fragment_size()))
}

/// A line of /proc/meminfo, in bytes.
fn kib(meminfo: &str, name: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(':'))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|k| k * 1024)
}

fn pretty_name(os_release: &str) -> Option<String> {
    let line = os_release.lines().find_map(|l| l.strip_prefix("PRETTY_NAME="))?;
    Some(line.trim_matches('"').into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_words_are_read() {
        assert_eq!(kib("MemTotal:  2048 kB\nMemAvailable: 1 kB\n", "MemTotal"), Some(2_097_152));
        assert_eq!(kib("", "MemTotal"), None);
        assert_eq!(pretty_name("ID=x\nPRETTY_NAME=\"Debian 12\"\n").as_deref(), Some("Debian 12"));
    }

    #[test]
    fn this_machine_has_something() {
        let machine = Machine::look(Path::new("/"));
        assert!(machine.cpus > 0 && machine.memory > 0 && machine.disk > 0, "{machine:?}");
    }
}
