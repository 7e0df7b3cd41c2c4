//! What a command may end with.

use shared_api::{Reason, Refusal};

/// How a command ended, as its process says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: done.
    Done,
    /// 1: the cluster refused, or something failed.
    Failed,
    /// 2: the command line makes no sense; nothing was done.
    Usage,
    /// 3: an object that was named does not exist.
    NotFound,
    /// 4: what was waited for did not happen in time.
    TimedOut,
    /// 5: the cluster cannot be reached.
    Unreachable,
    /// Whatever the command run by `exec` ended with.
    Code(u8),
}

impl Exit {
    /// The process exit status.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::NotFound => 3,
            Self::TimedOut => 4,
            Self::Unreachable => 5,
            Self::Code(code) => code,
        }
    }
}

/// Why a command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The line makes no sense.
    #[error("{0}")]
    Usage(String),
    /// `--help` was asked for; this is it.
    #[error("{0}")]
    Help(String),
    /// The cluster refused.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// The cluster refused one object of a file.
    #[error("{file}: {source}")]
    Manifest {
        /// Which file.
        file: String,
        /// Why.
        #[source]
        source: Refusal,
    },
    /// A file cannot be read or written.
    #[error("{file}: {source}")]
    File {
        /// Which file.
        file: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// It did not happen in time.
    #[error("timed out {0}")]
    TimedOut(String),
    /// A command in a container ended with this status.
    #[error("command terminated with exit code {0}")]
    Command(u8),
    /// A local port cannot be listened on.
    #[error("listening on {address}: {source}")]
    Listen {
        /// Where.
        address: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// Output cannot be written.
    #[error("writing the answer: {0}")]
    Write(#[source] std::io::Error),
}

impl Error {
    /// The exit that stands for it.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Usage(_) => Exit::Usage,
            Self::Help(_) => Exit::Done,
            Self::Refused(refusal) | Self::Manifest { source: refusal, .. } => match refusal.reason {
                Reason::NotFound => Exit::NotFound,
                Reason::ServiceUnavailable => Exit::Unreachable,
                _ => Exit::Failed,
            },
            Self::TimedOut(_) => Exit::TimedOut,
            Self::Command(code) => Exit::Code(*code),
            Self::File { .. } | Self::Listen { .. } | Self::Write(_) => Exit::Failed,
        }
    }
}
