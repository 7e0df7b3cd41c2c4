//! What the kernel says of this process.

use super::text::Text;
use std::{fs, io};

/// Clock ticks a second and bytes a page, as Linux has them wherever this runs.
const TICKS: f64 = 100.0;
const PAGE: u64 = 4096;

/// Writes what can be read; a number that cannot is left out.
pub(super) fn write(text: &mut Text) {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let boot = fs::read_to_string("/proc/stat").unwrap_or_default();
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let open = fs::read_dir("/proc/self/fd").map(Iterator::count);
    for (name, of, help, value) in numbers(&stat, &boot, &limits, open) {
        if let Some(value) = value {
            text.head(name, of, help);
            text.line(name, "", value);
        }
    }
}

type Number = (&'static str, &'static str, &'static str, Option<f64>);

#[allow(clippy::cast_precision_loss, reason = "a count of bytes or files is far below 2^53")]
fn numbers(stat: &str, boot: &str, limits: &str, open: io::Result<usize>) -> [Number; 6] {
    // The name of the program stands in parentheses, and may hold anything.
    let fields: Vec<&str> = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
    let field = |at: usize| fields.get(at)?.parse::<u64>().ok().map(|n| n as f64);
    let begun = boot.lines().find_map(|line| line.strip_prefix("btime ")?.trim().parse::<f64>().ok());
    let most = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let most = most.and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
    [
        (
            "process_cpu_seconds_total",
            "counter",
            "Total user and system CPU time spent in seconds.",
            field(11).zip(field(12)).map(|(user, system)| (user + system) / TICKS),
        ),
        ("process_max_fds", "gauge", "Maximum number of open file descriptors.", most),
        ("process_open_fds", "gauge", "Number of open file descriptors.", open.ok().map(|n| n as f64)),
        (
            "process_resident_memory_bytes",
            "gauge",
            "Resident memory size in bytes.",
            field(21).map(|pages| pages * PAGE as f64),
        ),
        (
            "process_start_time_seconds",
            "gauge",
            "Start time of the process since unix epoch in seconds.",
            begun.zip(field(19)).map(|(begun, ticks)| begun + ticks / TICKS),
        ),
        ("process_virtual_memory_bytes", "gauge", "Virtual memory size in bytes.", field(20)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_are_counted_behind_the_name() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 1 0 0 0 250 50 0 0 20 0 5 0 1000 8192000 300 184467";
        let limits = "Limit  Soft Limit  Hard Limit  Units\nMax open files            1024                 4096                 files\n";
        let found = numbers(stat, "cpu 1\nbtime 1000000\n", limits, Ok(12));
        let values: Vec<_> = found.iter().map(|(.., value)| value.unwrap()).collect();
        assert_eq!(values, [3.0, 1024.0, 12.0, 1_228_800.0, 1_000_010.0, 8_192_000.0]);
        assert!(numbers("", "", "", Err(io::ErrorKind::NotFound.into())).iter().all(|(.., v)| v.is_none()));
    }
}
