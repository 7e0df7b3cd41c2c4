//! Why a volume cannot be had.

use std::path::{Path, PathBuf};

/// Why a volume cannot be had; each names the volume.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A kind of volume that this node cannot mount.
    #[error(
        "volume {volume:?} is of type {kind}, which this node cannot mount; use emptyDir, hostPath, configMap, \
         secret, projected or downwardAPI"
    )]
    Unsupported {
        /// The volume.
        volume: String,
        /// Its type, as the manifest spells it.
        kind: String,
    },
    /// What it is made of is not there, or not as asked.
    #[error("MountVolume.SetUp failed for volume {volume:?} : {why}")]
    SetUp {
        /// The volume.
        volume: String,
        /// What is missing.
        why: String,
    },
    /// A container mounts a volume that the pod does not have.
    #[error("container {container:?} mounts volume {volume:?}, which spec.volumes does not name")]
    NoVolume {
        /// The container.
        container: String,
        /// The volume.
        volume: String,
    },
    /// The node's file system refused.
    #[error("MountVolume.SetUp failed for volume {volume:?} : {what} {}: {source}", path.display())]
    Io {
        /// The volume.
        volume: String,
        /// The attempt.
        what: &'static str,
        /// Where.
        path: PathBuf,
        /// What the kernel said.
        source: std::io::Error,
    },
}

/// Result of handling volumes.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub(crate) fn io(volume: &str, what: &'static str, path: &Path, source: std::io::Error) -> Self {
        Self::Io { volume: volume.into(), what, path: path.into(), source }
    }

    pub(crate) fn set_up(volume: &str, why: impl Into<String>) -> Self {
        Self::SetUp { volume: volume.into(), why: why.into() }
    }
}
