//! Images that are present: what they are, and what their containers need to know of them.

use super::{Inner, client::found, content::pull_error, snapshots::chain_ids};
use crate::{
    Error, Image, Result,
    registry::{Index, Manifest, Name, architecture, sound_digest},
    spec::ImageConfig,
};
use containerd_client::services::v1::{GetImageRequest, Image as Entry, ListImagesRequest};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

/// What is known of an image. It never changes: its name is the digest of all of it.
#[derive(Debug)]
pub(super) struct Known {
    /// Digest of the configuration.
    pub(super) id: String,
    /// The snapshot its containers stand on; `None` for an image without layers.
    pub(super) snapshot: Option<String>,
    /// How to run it.
    pub(super) config: ImageConfig,
    size: u64,
}

/// What was learned of images, by digest.
#[derive(Default)]
pub(super) struct Images(Mutex<HashMap<String, Arc<Known>>>);

/// Enough for the images of a node; forgetting costs a few reads.
const REMEMBERED: usize = 512;

/// An image's configuration.
#[derive(Debug, Deserialize)]
pub(super) struct Configuration {
    #[serde(default)]
    pub(super) os: String,
    #[serde(default)]
    pub(super) architecture: String,
    #[serde(default)]
    config: Option<ImageConfig>,
    #[serde(default)]
    pub(super) rootfs: RootFs,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct RootFs {
    #[serde(default)]
    pub(super) diff_ids: Vec<String>,
}

impl Inner {
    /// The image by any of its names, by digest, or by the digest of its configuration.
    pub(super) async fn image(&self, image: &str) -> Result<Option<Image>> {
        if sound_digest(image) || image.len() == 64 && sound_digest(&format!("sha256:{image}")) {
            return Ok(self.images().await?.into_iter().find(|it| it.id.ends_with(image)));
        }
        let Some((target, known)) = self.known(image).await? else { return Ok(None) };
        let name = Name::parse(image).map_err(|why| pull_error(image, why))?;
        Ok(Some(describe(&known, name.at(&target), vec![name.to_string()])))
    }

    pub(super) async fn images(&self) -> Result<Vec<Image>> {
        let request = self.client.request(ListImagesRequest::default());
        let answer = self.client.images().list(request).await;
        let entries = answer.map_err(self.client.error("listing images"))?.into_inner().images;
        let mut by_target: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for entry in entries {
            let target = entry.target.map(|target| target.digest).unwrap_or_default();
            by_target.entry(target).or_default().push(entry.name);
        }
        let mut all = Vec::new();
        for (target, names) in by_target {
            let Some(known) = self.learn(&target).await? else { continue };
            let digest = names.iter().find(|name| name.contains('@')).cloned();
            let digest = digest.unwrap_or_else(|| format!("{}@{target}", repository(&names[0])));
            all.push(describe(&known, digest, names));
        }
        Ok(all)
    }

    /// What is known of the image by that name, and its digest.
    pub(super) async fn known(&self, image: &str) -> Result<Option<(String, Arc<Known>)>> {
        let name = Name::parse(image).map_err(Error::Invalid)?;
        let Some(entry) = self.entry(&name.to_string()).await? else { return Ok(None) };
        let target = entry.target.map(|target| target.digest).unwrap_or_default();
        Ok(self.learn(&target).await?.map(|known| (target, known)))
    }

    pub(super) async fn entry(&self, name: &str) -> Result<Option<Entry>> {
        let request = self.client.request(GetImageRequest { name: name.into() });
        let answer = found(self.client.images().get(request).await);
        Ok(answer.map_err(self.client.error("looking for an image"))?.and_then(|it| it.into_inner().image))
    }

    /// Reads what an image is; `None` when some of it is not here.
    pub(super) async fn learn(&self, target: &str) -> Result<Option<Arc<Known>>> {
        let remembered =
            |known: &Images| known.0.lock().unwrap_or_else(PoisonError::into_inner).get(target).cloned();
        if let Some(known) = remembered(&self.images) {
            return Ok(Some(known));
        }
        let broken =
            |why: String| Error::Failed { what: "reading an image", why: format!("{target}: {why}") };
        let Some(mut document) = self.content(target).await? else { return Ok(None) };
        if let Some(index) = Index::parse(&document) {
            let chosen = index.choose(architecture()).map_err(broken)?;
            let Some(manifest) = self.content(&chosen.digest).await? else { return Ok(None) };
            document = manifest;
        }
        let manifest = Manifest::parse(&document).map_err(broken)?;
        let Some(config) = self.content(&manifest.config.digest).await? else { return Ok(None) };
        let configuration: Configuration =
            serde_json::from_slice(&config).map_err(|error| broken(error.to_string()))?;
        let known = Arc::new(Known {
            id: manifest.config.digest.clone(),
            snapshot: chain_ids(&configuration.rootfs.diff_ids).pop(),
            config: configuration.config.unwrap_or_default(),
            size: manifest.size(),
        });
        let mut images = self.images.0.lock().unwrap_or_else(PoisonError::into_inner);
        if images.len() >= REMEMBERED {
            images.clear();
        }
        images.insert(target.to_owned(), known.clone());
        Ok(Some(known))
    }
}

fn describe(known: &Known, digest: String, names: Vec<String>) -> Image {
    let name = known.config.user.as_deref().unwrap_or_default().split(':').next().unwrap_or_default();
    let user: Option<i64> = name.parse().ok();
    let user_name = (user.is_none() && !name.is_empty()).then(|| name.to_owned());
    Image { id: known.id.clone(), digest, size: known.size, names, user, user_name }
}

/// A name without its tag.
fn repository(name: &str) -> &str {
    match name.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => repository,
        _ => name,
    }
}
