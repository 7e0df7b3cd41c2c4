//! What the kernel says about a process.

use std::{fs, time::Duration};

/// Resident memory in KiB: all of it, and the part that no file backs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resident {
    /// `VmRSS`.
    pub all: u64,
    /// `RssAnon`.
    pub anonymous: u64,
}

/// The resident memory of a process.
pub fn resident(pid: u32) -> Result<Resident, String> {
    let path = format!("/proc/{pid}/status");
    let text = fs::read_to_string(&path).map_err(|e| format!("reading {path}: {e}"))?;
    let field = |name: &str| {
        let line = text.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(':'));
        let number = line.and_then(|l| l.split_whitespace().next()?.parse().ok());
        number.ok_or_else(|| format!("{path} has no {name}"))
    };
    Ok(Resident { all: field("VmRSS")?, anonymous: field("RssAnon")? })
}

/// A tick of the kernel's accounting: `USER_HZ` is 100 on every Linux this runs on.
const TICK: Duration = Duration::from_millis(10);

/// The processor time a process has used, user and system.
pub fn cpu(pid: u32) -> Result<Duration, String> {
    let path = format!("/proc/{pid}/stat");
    let text = fs::read_to_string(&path).map_err(|e| format!("reading {path}: {e}"))?;
    // The name stands in parentheses and may hold anything; user and system time are fields 14 and 15.
    let fields = text.rsplit_once(") ").map(|(_, rest)| rest.split(' ').collect::<Vec<_>>());
    let ticks = |at: usize| fields.as_ref().and_then(|f| f.get(at)?.parse::<u32>().ok());
    let (user, system) = ticks(11).zip(ticks(12)).ok_or_else(|| format!("{path} has no times"))?;
    Ok(TICK * (user + system))
}

/// The words a process was started with; none when it is gone.
pub fn words(pid: u32) -> Vec<String> {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    line.split(|b| *b == 0).map(|word| String::from_utf8_lossy(word).into_owned()).collect()
}

/// Every process.
pub fn every() -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|e| e.file_name().to_str()?.parse().ok()).collect()
}
