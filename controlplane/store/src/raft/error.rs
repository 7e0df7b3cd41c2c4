//! Why a data directory could not be opened or written, each with the way out.

use std::io;
use std::path::{Path, PathBuf};

/// What can go wrong with the data directory.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Somebody else has it.
    #[error(
        "the data directory {} is in use by another control plane: stop that one, or give this one a directory of its own",
        path.display()
    )]
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// The file system refused.
    #[error("cannot {attempt} {}: {source}", path.display())]
    Io {
        /// What was tried.
        attempt: &'static str,
        /// On which file or directory.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A file does not hold what was written into it.
    #[error(
        "{} is damaged at byte {offset}: {what}; restore the data directory from a copy, or start with an empty one",
        path.display()
    )]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// Where.
        offset: u64,
        /// What was found.
        what: String,
    },
    /// Files do not belong together.
    #[error("the data directory {} is incomplete: {what}; restore it from a copy, or start with an empty one", path.display())]
    Incomplete {
        /// The directory.
        path: PathBuf,
        /// What is missing.
        what: String,
    },
    /// Raft did not start.
    #[error("cannot start raft in {}: {reason}", path.display())]
    Raft {
        /// The directory.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
}

impl OpenError {
    /// For `map_err`: an I/O error with what was tried on which path.
    pub(crate) fn io(attempt: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { attempt, path, source }
    }

    pub(crate) fn damaged(path: &Path, offset: u64, what: impl Into<String>) -> Self {
        Self::Damaged { path: path.to_owned(), offset, what: what.into() }
    }
}

/// Ends the process: the disk refused a write, and whether earlier ones are safe is unknown. Nothing of it
/// was acknowledged. After a failed fsync the kernel drops the dirty pages, so trying again would lie.
pub(crate) fn die(error: &OpenError) -> ! {
    tracing::error!("{error}; stopping at once, because what is on disk is no longer certain");
    eprintln!("dhow: {error}; stopping at once, because what is on disk is no longer certain");
    std::process::abort()
}

/// A mutex whose holders cannot leave it half changed.
pub(crate) fn lock<T>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Makes the names in a directory durable.
pub(crate) fn sync_dir(dir: &Path) -> Result<(), OpenError> {
    std::fs::File::open(dir).and_then(|dir| dir.sync_all()).map_err(OpenError::io("sync the directory", dir))
}
