//! What the runtime may answer instead of doing as asked.

/// What can go wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The image is not there and could not be had.
    #[error("pulling image {image:?}: {why}")]
    Pull {
        /// Reference as given.
        image: String,
        /// What happened, for a person.
        why: String,
    },
    /// There is no such container or image.
    #[error("{0} not found")]
    NotFound(String),
    /// The container cannot be made as asked: a bad command, user or mount.
    #[error("{0}")]
    Invalid(String),
    /// The container was made, but its program cannot be started: it stays as one that has ended.
    #[error("{0}")]
    Unstartable(String),
    /// containerd cannot be reached.
    #[error("containerd at {socket} does not answer: {why}")]
    Unreachable {
        /// Its socket.
        socket: String,
        /// What happened.
        why: String,
    },
    /// Anything else containerd refused.
    #[error("{what}: {why}")]
    Failed {
        /// The attempt.
        what: &'static str,
        /// What happened.
        why: String,
    },
}

/// Result of a call to the runtime.
pub type Result<T, E = Error> = std::result::Result<T, E>;
