//! What a container uses, from its cgroup: one hierarchy (v2) or one for each controller (v1).

use crate::Usage;
use std::{
    fs, io,
    path::{Path, PathBuf},
};

const ROOT: &str = "/sys/fs/cgroup";

/// What the cgroup has used so far, and uses now.
pub(super) fn read(cgroup: &str, v2: bool) -> io::Result<Usage> {
    read_below(Path::new(ROOT), cgroup, v2)
}

/// The kernel killed something in the cgroup because its memory ran out.
pub(super) fn out_of_memory(cgroup: &str, v2: bool) -> bool {
    let name = if v2 { "memory.events" } else { "memory.oom_control" };
    fs::read_to_string(directory(Path::new(ROOT), cgroup, v2, "memory").join(name))
        .is_ok_and(|text| field(&text, "oom_kill").is_some_and(|kills| kills > 0))
}

fn read_below(root: &Path, cgroup: &str, v2: bool) -> io::Result<Usage> {
    let file =
        |controller: &str, name: &str| fs::read_to_string(directory(root, cgroup, v2, controller).join(name));
    let number = |text: String| text.trim().parse::<u64>().unwrap_or_default();
    let of = |text: &str, name: &str| field(text, name).unwrap_or_default();
    let (cpu_nanos, used, inactive) = if v2 {
        let cpu = of(&file("", "cpu.stat")?, "usage_usec").saturating_mul(1000);
        (cpu, number(file("", "memory.current")?), of(&file("", "memory.stat")?, "inactive_file"))
    } else {
        let memory = file("memory", "memory.stat")?;
        let used = number(file("memory", "memory.usage_in_bytes")?);
        (number(file("cpuacct", "cpuacct.usage")?), used, of(&memory, "total_inactive_file"))
    };
    Ok(Usage { cpu_nanos, memory_bytes: used.saturating_sub(inactive) })
}

fn directory(root: &Path, cgroup: &str, v2: bool, controller: &str) -> PathBuf {
    let base = if v2 { root.to_owned() } else { root.join(controller) };
    base.join(cgroup.trim_start_matches('/'))
}

fn field(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(v2: bool, files: &[(&str, &str)], expected: (u64, u64)) {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let usage = read_below(root.path(), "/dhow/c", v2).unwrap();
        assert_eq!((usage.cpu_nanos, usage.memory_bytes), expected);
    }

    #[test]
    fn reads_both_layouts() {
        check(
            false,
            &[
                ("cpuacct/dhow/c/cpuacct.usage", "1234\n"),
                ("memory/dhow/c/memory.usage_in_bytes", "100\n"),
                ("memory/dhow/c/memory.stat", "inactive_file 1\ntotal_inactive_file 30\n"),
            ],
            (1234, 70),
        );
        check(
            true,
            &[
                ("dhow/c/cpu.stat", "usage_usec 5\nuser_usec 1\n"),
                ("dhow/c/memory.current", "100\n"),
                ("dhow/c/memory.stat", "anon 5\ninactive_file 20\n"),
            ],
            (5000, 80),
        );
    }
}
