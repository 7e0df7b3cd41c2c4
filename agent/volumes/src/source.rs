//! What a volume is made of.

use crate::{Error, Result};
use shared_api::core::{
    ConfigMapVolumeSource, DownwardAPIVolumeSource, EmptyDirVolumeSource, HostPathVolumeSource,
    ProjectedVolumeSource, SecretVolumeSource, Volume,
};

/// What a volume is made of; one file of this crate each.
pub(crate) enum Source<'a> {
    EmptyDir(&'a EmptyDirVolumeSource),
    HostPath(&'a HostPathVolumeSource),
    ConfigMap(&'a ConfigMapVolumeSource),
    Secret(&'a SecretVolumeSource),
    DownwardApi(&'a DownwardAPIVolumeSource),
    Projected(&'a ProjectedVolumeSource),
}

impl<'a> Source<'a> {
    pub(crate) fn of(volume: &'a Volume) -> Result<Self> {
        let found = None
            .or(volume.empty_dir.as_ref().map(Self::EmptyDir))
            .or(volume.host_path.as_ref().map(Self::HostPath))
            .or(volume.config_map.as_ref().map(Self::ConfigMap))
            .or(volume.secret.as_ref().map(Self::Secret))
            .or(volume.downward_api.as_ref().map(Self::DownwardApi))
            .or(volume.projected.as_ref().map(Self::Projected));
        found.ok_or_else(|| Error::Unsupported { volume: volume.name.clone(), kind: kind_of(volume) })
    }

    /// Kubelet's name of the folder, which tools that look into a node know.
    pub(crate) fn folder(&self) -> &'static str {
        match self {
            Self::EmptyDir(_) => "kubernetes.io~empty-dir",
            Self::HostPath(_) => "kubernetes.io~host-path",
            Self::ConfigMap(_) => "kubernetes.io~configmap",
            Self::Secret(_) => "kubernetes.io~secret",
            Self::DownwardApi(_) => "kubernetes.io~downward-api",
            Self::Projected(_) => "kubernetes.io~projected",
        }
    }

    /// Whether it may hold secrets, so that it is kept off the disk.
    pub(crate) fn secret(&self) -> bool {
        matches!(self, Self::Secret(_) | Self::Projected(_))
    }

    /// Whether containers may only ever read it: what is published is replaced from outside.
    pub(crate) fn read_only(&self) -> bool {
        match self {
            Self::EmptyDir(_) | Self::HostPath(_) => false,
            Self::ConfigMap(_) | Self::Secret(_) | Self::DownwardApi(_) | Self::Projected(_) => true,
        }
    }
}

/// The type as the manifest spells it: the one field besides the name.
fn kind_of(volume: &Volume) -> String {
    let value = serde_json::to_value(volume).unwrap_or_default();
    let mut keys = value.as_object().into_iter().flat_map(|o| o.keys()).filter(|k| *k != "name");
    keys.next().cloned().unwrap_or_else(|| "none".into())
}
