//! What is: containers, their phase, images, and what they use.

use crate::Resources;
use std::collections::BTreeMap;

/// A container as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct ContainerState {
    /// Its id.
    pub id: String,
    /// As given in [`crate::ContainerSpec::labels`].
    pub labels: BTreeMap<String, String>,
    /// Image reference as given.
    pub image: String,
    /// Where it is in its life.
    pub phase: Phase,
    /// What it may use now; `None` when nobody wrote it down.
    pub resources: Option<Resources>,
    /// Why its program could not be started; it has then ended with 128 the moment it began.
    pub why: Option<String>,
    /// Process id on the node, while it runs.
    pub pid: Option<u32>,
    /// When it was created; seconds since 1970, UTC.
    pub created_at: i64,
}

/// Where a container is in its life. Times are nanoseconds since 1970, UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// Made but not started.
    Created,
    /// Running.
    Running {
        /// Since when.
        started_at: i64,
    },
    /// Ended.
    Exited {
        /// When it began, when known.
        started_at: i64,
        /// When it ended.
        finished_at: i64,
        /// Exit status; 128 + n when signal n ended it.
        code: i32,
        /// Memory ran out.
        oom: bool,
    },
}

/// An image that is present.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Digest of its configuration, `sha256:…`.
    pub id: String,
    /// Reference with digest, `docker.io/library/busybox@sha256:…`.
    pub digest: String,
    /// Bytes.
    pub size: u64,
    /// Every reference it is known by.
    pub names: Vec<String>,
    /// The user it asks to run as, when numeric.
    pub user: Option<i64>,
    /// It names a user that is not a number.
    pub user_name: Option<String>,
}

/// Name and password for a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Name.
    pub username: String,
    /// Password or token.
    pub password: String,
}

/// How far a pull is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Bytes of the image's layers.
    pub total: u64,
    /// Bytes here already.
    pub done: u64,
}

/// Called as a pull goes on.
pub type OnProgress = Box<dyn Fn(Progress) + Send + Sync>;

/// Something happened to a container; look at it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Which one.
    pub id: String,
}

/// What a container uses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Processor time so far, nanoseconds.
    pub cpu_nanos: u64,
    /// Memory that cannot be reclaimed, bytes.
    pub memory_bytes: u64,
}
