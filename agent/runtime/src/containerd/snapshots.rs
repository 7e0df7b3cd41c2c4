//! Snapshots: an image's layers laid over each other, and a container's own on top.

use super::{
    Inner,
    client::{SNAPSHOTTER, found, made, unique},
    lease::Lease,
};
use crate::{Error, Result, registry::Descriptor, spec::user::Files};
use containerd_client::{
    services::v1::{
        ApplyRequest,
        snapshots::{
            CommitSnapshotRequest, MountsRequest, PrepareSnapshotRequest, RemoveSnapshotRequest,
            StatSnapshotRequest,
        },
    },
    types::{Descriptor as Blob, Mount},
};
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
};

/// The names of an image's snapshots, lowest first: each stands for a layer and all below it.
pub(super) fn chain_ids(diff_ids: &[String]) -> Vec<String> {
    let mut chain: Vec<String> = Vec::new();
    for diff in diff_ids {
        let id = match chain.last() {
            None => diff.clone(),
            Some(parent) => format!("sha256:{}", hex::encode(Sha256::digest(format!("{parent} {diff}")))),
        };
        chain.push(id);
    }
    chain
}

impl Inner {
    pub(super) async fn has_snapshot(&self, key: &str, lease: Option<&Lease>) -> Result<bool> {
        let message = StatSnapshotRequest { snapshotter: SNAPSHOTTER.into(), key: key.into() };
        let request = match lease {
            Some(lease) => lease.request(message),
            None => self.client.request(message),
        };
        let answer = found(self.client.snapshots().stat(request).await);
        Ok(answer.map_err(self.client.error("looking for a snapshot"))?.is_some())
    }

    /// Lays one layer over `parent` and names the result `chain`.
    pub(super) async fn unpack(
        &self,
        layer: &Descriptor,
        diff: &str,
        parent: &str,
        chain: &str,
        lease: &Lease,
    ) -> Result<()> {
        let key = unique(&format!("dhow-extract-{}", &chain[7..19.min(chain.len())]));
        let prepared = self.prepare(&key, parent, lease).await?;
        let done = self.apply(layer, diff, prepared, &key, chain, lease).await;
        if !matches!(done, Ok(true)) {
            self.remove_snapshot(&key).await?;
        }
        done.map(drop)
    }

    /// Whether the snapshot got its name; somebody else may have been faster.
    async fn apply(
        &self,
        layer: &Descriptor,
        diff: &str,
        mounts: Vec<Mount>,
        key: &str,
        chain: &str,
        lease: &Lease,
    ) -> Result<bool> {
        let blob = Blob {
            media_type: layer.media_type.clone(),
            digest: layer.digest.clone(),
            size: i64::try_from(layer.size).unwrap_or(i64::MAX),
            annotations: HashMap::new(),
        };
        let request = lease.request(ApplyRequest { diff: Some(blob), mounts, ..ApplyRequest::default() });
        let wrong = self.client.error("unpacking a layer");
        let applied = self.client.diff().apply(request).await.map_err(wrong)?.into_inner().applied;
        let found = applied.map(|blob| blob.digest).unwrap_or_default();
        if found != diff {
            let why = format!("layer {} holds {found}, its image promises {diff}", layer.digest);
            return Err(Error::Failed { what: "unpacking a layer", why });
        }
        let request = CommitSnapshotRequest {
            snapshotter: SNAPSHOTTER.into(),
            name: chain.into(),
            key: key.into(),
            labels: HashMap::new(),
        };
        let answer = made(self.client.snapshots().commit(lease.request(request)).await);
        Ok(answer.map_err(self.client.error("naming an unpacked layer"))?.is_some())
    }

    /// A writable snapshot over `parent`; the one there is if it was made before.
    pub(super) async fn prepare(&self, key: &str, parent: &str, lease: &Lease) -> Result<Vec<Mount>> {
        let request = PrepareSnapshotRequest {
            snapshotter: SNAPSHOTTER.into(),
            key: key.into(),
            parent: parent.into(),
            labels: HashMap::new(),
        };
        let answer = made(self.client.snapshots().prepare(lease.request(request)).await);
        match answer.map_err(self.client.error("making a root file system"))? {
            Some(prepared) => Ok(prepared.into_inner().mounts),
            None => self.mounts(key).await,
        }
    }

    pub(super) async fn mounts(&self, key: &str) -> Result<Vec<Mount>> {
        let request = MountsRequest { snapshotter: SNAPSHOTTER.into(), key: key.into() };
        let answer = self.client.snapshots().mounts(self.client.request(request)).await;
        Ok(answer.map_err(self.client.error("finding a root file system"))?.into_inner().mounts)
    }

    pub(super) async fn remove_snapshot(&self, key: &str) -> Result<()> {
        let request = RemoveSnapshotRequest { snapshotter: SNAPSHOTTER.into(), key: key.into() };
        let answer = found(self.client.snapshots().remove(self.client.request(request)).await);
        answer.map(drop).map_err(self.client.error("removing a root file system"))
    }
}

/// The files that name an image's users, read from the layers without mounting them.
pub(super) fn user_files(mounts: &[Mount]) -> io::Result<Files> {
    let lower = mounts.iter().flat_map(|mount| &mount.options).find_map(|it| it.strip_prefix("lowerdir="));
    let layers: Vec<PathBuf> = lower.unwrap_or_default().split(':').map(PathBuf::from).collect();
    Ok(Files { passwd: read(&layers, "etc/passwd")?, group: read(&layers, "etc/group")? })
}

/// Reads a file as it is seen through layers, topmost first; empty when there is none.
fn read(layers: &[PathBuf], name: &str) -> io::Result<String> {
    let mut name = PathBuf::from(name);
    for _ in 0..8 {
        let Some((path, metadata)) = layers.iter().find_map(|layer| {
            let path = layer.join(&name);
            fs::symlink_metadata(&path).ok().map(|metadata| (path, metadata))
        }) else {
            return Ok(String::new());
        };
        if metadata.is_file() {
            let bytes = fs::read(path)?;
            return Ok(String::from_utf8_lossy(&bytes).into_owned());
        }
        if !metadata.is_symlink() {
            // A device with number 0 marks a file that this layer deleted.
            return Ok(String::new());
        }
        name = within(&name, &fs::read_link(path)?);
    }
    Ok(String::new())
}

/// Where a link inside the image leads, inside the image.
fn within(link: &Path, target: &Path) -> PathBuf {
    use std::path::Component;
    let mut at = link.parent().unwrap_or(Path::new("")).to_owned();
    for part in target.components() {
        match part {
            Component::RootDir | Component::Prefix(_) => at = PathBuf::new(),
            Component::ParentDir => drop(at.pop()),
            Component::CurDir => {}
            Component::Normal(name) => at.push(name),
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_depend_on_all_below() {
        let layers = ["sha256:a".to_owned(), "sha256:b".to_owned()];
        let chain = chain_ids(&layers);
        assert_eq!(chain[0], "sha256:a");
        assert_eq!(chain[1], format!("sha256:{}", hex::encode(Sha256::digest("sha256:a sha256:b"))));
        assert!(chain_ids(&[]).is_empty());
    }

    #[test]
    fn users_are_read_through_layers_and_links() {
        let directory = tempfile::tempdir().unwrap();
        let (top, low) = (directory.path().join("top"), directory.path().join("low"));
        for layer in [&top, &low] {
            fs::create_dir_all(layer.join("etc")).unwrap();
        }
        fs::create_dir_all(low.join("store")).unwrap();
        fs::write(low.join("store/passwd"), "web:x:5:5::/:/x\n").unwrap();
        fs::write(low.join("etc/group"), "old").unwrap();
        fs::write(top.join("etc/group"), "new").unwrap();
        std::os::unix::fs::symlink("/../store/passwd", top.join("etc/passwd")).unwrap();
        let options = vec![format!("lowerdir={}:{}", top.display(), low.display())];
        let mount = Mount { options, ..Mount::default() };
        let files = user_files(&[mount]).unwrap();
        assert_eq!((files.passwd.as_str(), files.group.as_str()), ("web:x:5:5::/:/x\n", "new"));
    }
}
