//! What a pod mounts; one file a source. It knows no container and no network.
//!
//! [`Volumes::mount`] brings every volume of a pod into being below the data root,
//! [`Volumes::binds`] says what one container sees of them, [`Volumes::unmount`] takes all of it
//! away again. Each is fine to repeat. `ConfigMap`s, `Secret`s and tokens come through [`Lookup`].

mod config_map;
mod content;
pub mod downward;
mod downward_api;
mod empty_dir;
mod error;
mod host_path;
mod projected;
mod publish;
mod secret;
mod source;
mod sub_path;
mod tmpfs;

pub use downward::{Allocatable, Place};
pub use error::{Error, Result};

use async_trait::async_trait;
use content::Content;
use shared_api::core::{ConfigMap, Container, Pod, Secret, ServiceAccountTokenProjection, Volume};
use source::Source;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// Where `ConfigMap`s, `Secret`s and tokens are read. `Ok(None)` says that there is none of that name; the
/// error is for a person.
#[async_trait]
pub trait Lookup: Send + Sync {
    /// The `ConfigMap` called `name`.
    async fn config_map(&self, namespace: &str, name: &str) -> Result<Option<Arc<ConfigMap>>, String>;
    /// The `Secret` called `name`.
    async fn secret(&self, namespace: &str, name: &str) -> Result<Option<Arc<Secret>>, String>;
    /// A token of the account that `pod` runs as, good for a while yet.
    async fn token(&self, pod: &Pod, wanted: &ServiceAccountTokenProjection) -> Result<String, String>;
}

/// A file or directory of the node that is seen inside a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bind {
    /// On the node.
    pub source: PathBuf,
    /// Inside.
    pub target: PathBuf,
    /// May not be written.
    pub read_only: bool,
}

/// Every pod's volumes on this node, as directories `ROOT/<pod uid>/volumes/<source>/<name>`.
#[derive(Debug, Clone)]
pub struct Volumes {
    root: PathBuf,
    node: Allocatable,
    tmpfs: bool,
}

impl Volumes {
    /// Volumes below `root`, usually `/var/lib/dhow/pods`, on a node with that much to give.
    pub fn new(root: impl Into<PathBuf>, node: Allocatable) -> Self {
        Self { root: root.into(), node, tmpfs: true }
    }

    /// Keeps on disk what belongs in memory, for places where nothing may be mounted.
    #[must_use]
    pub fn on_disk(mut self) -> Self {
        self.tmpfs = false;
        self
    }

    /// Everything this node keeps about one pod.
    pub fn pod_dir(&self, uid: &str) -> PathBuf {
        self.root.join(uid)
    }

    /// Makes every volume of the pod, or brings it up to date.
    pub async fn mount(&self, pod: &Pod, lookup: &dyn Lookup) -> Result<()> {
        for volume in volumes(pod) {
            self.mount_one(pod, volume, lookup).await?;
        }
        Ok(())
    }

    /// Whether the pod mounts something that may change while it runs.
    pub fn changing(pod: &Pod) -> bool {
        volumes(pod).any(|v| {
            v.config_map.is_some() || v.secret.is_some() || v.projected.is_some() || v.downward_api.is_some()
        })
    }

    /// What `container` sees, in the order of its mounts. `expand` resolves `$(VAR)` in `subPathExpr`.
    pub fn binds(
        &self,
        pod: &Pod,
        container: &Container,
        expand: &(dyn Fn(&str) -> String + Sync),
    ) -> Result<Vec<Bind>> {
        let mut binds = Vec::new();
        for mount in container.volume_mounts.iter().flatten() {
            let Some(volume) = volumes(pod).find(|v| v.name == mount.name) else {
                return Err(Error::NoVolume {
                    container: container.name.clone(),
                    volume: mount.name.clone(),
                });
            };
            let source = Source::of(volume)?;
            let base = self.place(pod, volume, &source);
            let sub = match (&mount.sub_path, &mount.sub_path_expr) {
                (Some(path), _) if !path.is_empty() => Some(path.clone()),
                (_, Some(expr)) if !expr.is_empty() => Some(expand(expr)),
                _ => None,
            };
            let source_path = match sub {
                Some(sub) => sub_path::resolve(&volume.name, &base, &sub)?,
                None => base,
            };
            binds.push(Bind {
                source: source_path,
                target: PathBuf::from(&mount.mount_path),
                read_only: mount.read_only.unwrap_or(false) || source.read_only(),
            });
        }
        Ok(binds)
    }

    /// Takes away everything the pod mounted and wrote there; fine when nothing is left.
    pub fn unmount(&self, uid: &str) -> Result<()> {
        let dir = self.pod_dir(uid).join("volumes");
        tmpfs::unmount_below(&dir)?;
        remove_tree(&dir)
    }

    /// Whether anything of the pod's volumes is there.
    pub fn held(&self, uid: &str) -> bool {
        self.pod_dir(uid).join("volumes").exists()
    }

    async fn mount_one(&self, pod: &Pod, volume: &Volume, lookup: &dyn Lookup) -> Result<()> {
        let source = Source::of(volume)?;
        let dir = self.place(pod, volume, &source);
        let group = pod.spec.as_ref().and_then(|s| s.security_context.as_ref()).and_then(|s| s.fs_group);
        let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
        let name = volume.name.as_str();
        let content = match &source {
            Source::EmptyDir(from) => return empty_dir::make(name, &dir, from, group, self.tmpfs),
            Source::HostPath(from) => return host_path::check(name, from),
            Source::ConfigMap(from) => config_map::read(name, namespace, from, lookup).await?,
            Source::Secret(from) => secret::read(name, namespace, from, lookup).await?,
            Source::DownwardApi(from) => downward_api::read(name, pod, from, self.node)?,
            Source::Projected(from) => projected::read(name, pod, from, self.node, lookup).await?,
        };
        if self.tmpfs && source.secret() {
            tmpfs::ensure(name, &dir, None)?;
        }
        publish::publish(name, &dir, &content, group)
    }

    /// Where a volume is on the node.
    fn place(&self, pod: &Pod, volume: &Volume, source: &Source<'_>) -> PathBuf {
        if let Source::HostPath(from) = source {
            return PathBuf::from(&from.path);
        }
        let uid = pod.metadata.uid.as_deref().unwrap_or_default();
        self.pod_dir(uid).join("volumes").join(source.folder()).join(&volume.name)
    }
}

fn volumes(pod: &Pod) -> impl Iterator<Item = &Volume> {
    pod.spec.iter().flat_map(|s| s.volumes.iter().flatten())
}

/// Removes a tree; fine when it is gone.
fn remove_tree(dir: &Path) -> Result<()> {
    match std::fs::remove_dir_all(dir) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(Error::io("", "removing", dir, e)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
