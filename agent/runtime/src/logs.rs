//! Container logs, as they lie on the disk and as they are read.
//!
//! A log is written by its own small process (see [`crate::logger`]) in CRI's format, one record a
//! line: `2006-01-02T15:04:05.000000000Z stdout F text`, with `P` where the text goes on in the next
//! record of that stream. `0.log` is the newest file, `0.log.1` the one before it, up to [`KEPT`].
//!
//! The writer holds a lock on the newest file for as long as it lives, so a reader that follows knows
//! by itself when the log has ended: the lock is free and everything was read.

mod follow;
pub(crate) mod line;
mod read;
pub(crate) mod time;

pub(crate) use read::from_now;
pub use read::{Chunk, LogQuery, Source, read};

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

/// Bytes after which a new file is begun.
pub const ROTATE_AT: u64 = 10 << 20;

/// Files kept, the newest one included.
pub const KEPT: usize = 5;

/// The `age`-th file of a log; the newest has age 0.
pub(crate) fn file(log: &Path, age: usize) -> PathBuf {
    if age == 0 {
        return log.to_owned();
    }
    let mut name: OsString = log.as_os_str().to_owned();
    name.push(format!(".{age}"));
    name.into()
}
