//! Directories in memory: the only place of this crate that mounts.

use crate::{Error, Result};
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use shared_api::Amount;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Mounts a tmpfs of at most `size` on `dir` unless one is there; tells whether it did.
pub(crate) fn ensure(volume: &str, dir: &Path, size: Option<Amount>) -> Result<bool> {
    fs::create_dir_all(dir).map_err(|e| Error::io(volume, "making", dir, e))?;
    if below(dir)?.iter().any(|m| m == dir) {
        return Ok(false);
    }
    let size = size.map(|s| format!("size={},mode=0755", s.as_whole()));
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(Some("tmpfs"), dir, Some("tmpfs"), flags, Some(size.as_deref().unwrap_or("mode=0755")))
        .map_err(|e| Error::io(volume, "mounting a tmpfs on", dir, e.into()))?;
    Ok(true)
}

/// Unmounts everything mounted at or below `dir`, deepest first.
pub(crate) fn unmount_below(dir: &Path) -> Result<()> {
    let mut mounts = below(dir)?;
    mounts.sort_by_key(|m| std::cmp::Reverse(m.components().count()));
    for at in mounts {
        // Detached: somebody looking at it keeps what it sees and nobody waits.
        umount2(&at, MntFlags::MNT_DETACH).map_err(|e| Error::io("", "unmounting", &at, e.into()))?;
    }
    Ok(())
}

/// What is mounted at or below `dir`.
fn below(dir: &Path) -> Result<Vec<PathBuf>> {
    let table = Path::new("/proc/self/mountinfo");
    let text = fs::read_to_string(table).map_err(|e| Error::io("", "reading", table, e))?;
    // A link on the way, such as /var/run, is not in the kernel's table.
    let dir = dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
    let places = text.lines().filter_map(|line| line.split(' ').nth(4)).map(|p| PathBuf::from(unescaped(p)));
    Ok(places.filter(|p| p.starts_with(&dir)).collect())
}

/// The kernel writes blanks and backslashes as `\040` and the like.
fn unescaped(text: &str) -> String {
    ["\\040", "\\011", "\\012", "\\134"]
        .iter()
        .zip([" ", "\t", "\n", "\\"])
        .fold(text.to_owned(), |t, (from, to)| t.replace(from, to))
}
