//! Pulling: manifest, configuration and layers into the content store, layers into snapshots, and
//! then the name. It can be broken off anywhere and goes on where it was; two pulls of one image at
//! one time are one.

mod layers;

use super::{
    Containerd, Inner,
    client::made,
    content::{Labels, pull_error},
    images::Configuration,
    lease::Lease,
    snapshots::chain_ids,
};
use crate::{
    Credentials, Image, OnProgress, Progress, Result,
    registry::{Document, Index, Manifest, Name, Session, architecture},
};
use containerd_client::{
    services::v1::{CreateImageRequest, Image as Entry, UpdateImageRequest},
    types::Descriptor as Blob,
};
use futures::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use layers::Transfers;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::watch;

type Key = (String, Option<(String, String)>);

/// Pulls under way. Those with different credentials are different: one may be let in, one not.
#[derive(Default)]
pub(super) struct Pulls {
    under_way: Mutex<HashMap<Key, Pull>>,
    transfers: Transfers,
}

#[derive(Clone)]
struct Pull {
    outcome: Shared<BoxFuture<'static, Result<Image>>>,
    progress: watch::Receiver<Progress>,
}

impl Containerd {
    pub(super) async fn joined_pull(
        &self,
        image: &str,
        credentials: Option<&Credentials>,
        tell: OnProgress,
    ) -> Result<Image> {
        let name = Name::parse(image).map_err(|why| pull_error(image, why))?;
        let key = (name.to_string(), credentials.map(|it| (it.username.clone(), it.password.clone())));
        let mut pull = self.join(&key, image, name, credentials);
        loop {
            tokio::select! {
                outcome = pull.outcome.clone() => {
                    tell(*pull.progress.borrow());
                    return outcome;
                }
                Ok(()) = pull.progress.changed() => tell(*pull.progress.borrow_and_update()),
            }
        }
    }

    fn join(&self, key: &Key, image: &str, name: Name, credentials: Option<&Credentials>) -> Pull {
        let mut under_way = self.0.pulls.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pull) = under_way.get(key) {
            return pull.clone();
        }
        let (inner, image, credentials) = (self.0.clone(), image.to_owned(), credentials.cloned());
        let (progress, seen) = watch::channel(Progress::default());
        let done = Done { inner: inner.clone(), key: key.clone() };
        // A task of its own: whoever asked first may lose interest while others wait.
        let task = tokio::spawn(async move {
            let _done = done;
            inner.pull(&image, &name, credentials.as_ref(), &progress).await
        });
        let named = key.0.clone();
        let outcome =
            async move { task.await.unwrap_or_else(|error| Err(pull_error(&named, error.to_string()))) };
        let pull = Pull { outcome: outcome.boxed().shared(), progress: seen };
        under_way.insert(key.clone(), pull.clone());
        pull
    }
}

/// Takes a pull off the list when it ends, however it does.
struct Done {
    inner: Arc<Inner>,
    key: Key,
}

impl Drop for Done {
    fn drop(&mut self) {
        self.inner.pulls.under_way.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

/// An image as its registry has it.
struct Remote {
    /// What the name stands for: an index, or the manifest itself.
    target: Document,
    manifest: Document,
    parsed: Manifest,
    config: Vec<u8>,
    diff_ids: Vec<String>,
}

impl Inner {
    async fn pull(
        &self,
        image: &str,
        name: &Name,
        credentials: Option<&Credentials>,
        progress: &watch::Sender<Progress>,
    ) -> Result<Image> {
        let (session, target) =
            self.registries.find(name, credentials).await.map_err(|why| pull_error(image, why))?;
        let lease = Lease::take(&self.client).await?;
        let remote = self.read_remote(&session, target).await.map_err(|why| pull_error(image, why))?;
        let chain = chain_ids(&remote.diff_ids);
        self.fetch_layers(image, &session, &remote, &chain, progress, &lease).await?;
        self.keep(&remote, chain.last(), &lease).await?;
        for known in [name.to_string(), name.at(&remote.target.digest)] {
            self.put_name(known, &remote.target).await?;
        }
        drop(lease);
        self.image(image).await?.ok_or_else(|| pull_error(image, "it was removed as soon as it was pulled"))
    }

    async fn read_remote(&self, session: &Session, target: Document) -> Result<Remote, String> {
        let manifest = match Index::parse(&target.bytes) {
            None => target.clone(),
            Some(index) => {
                let chosen = index.choose(architecture())?;
                session
                    .manifest(&chosen.digest)
                    .await
                    .map_err(|problem| format!("its manifest: {problem}"))?
            }
        };
        let parsed = Manifest::parse(&manifest.bytes)?;
        let config =
            session.small_blob(&parsed.config).await.map_err(|why| format!("its configuration: {why}"))?;
        let configuration: Configuration =
            serde_json::from_slice(&config).map_err(|error| format!("its configuration: {error}"))?;
        let Configuration { os, architecture: made_for, rootfs, .. } = configuration;
        if (os.as_str(), made_for.as_str()) != ("linux", architecture()) && !made_for.is_empty() {
            return Err(format!("it is for {os}/{made_for}, this node is linux/{}", architecture()));
        }
        if rootfs.diff_ids.len() != parsed.layers.len() {
            let (layers, diffs) = (parsed.layers.len(), rootfs.diff_ids.len());
            return Err(format!("its manifest has {layers} layers, its configuration {diffs}"));
        }
        Ok(Remote { target, manifest, parsed, config, diff_ids: rootfs.diff_ids })
    }

    /// Writes the documents, each referring to what it needs, which keeps all of it from being
    /// collected: the configuration holds the snapshot, the manifest holds configuration and layers.
    async fn keep(&self, remote: &Remote, snapshot: Option<&String>, lease: &Lease) -> Result<()> {
        let Remote { target, manifest, parsed, config, .. } = remote;
        let refer = |to: String, digest: &str| (format!("containerd.io/gc.ref.{to}"), digest.to_owned());
        let of_config = snapshot.map(|chain| refer("snapshot.overlayfs".into(), chain));
        self.put_content(&parsed.config.digest, config, of_config.into_iter().collect(), lease).await?;
        let mut of_manifest: Labels = [refer("content.config".into(), &parsed.config.digest)].into();
        for (place, layer) in parsed.layers.iter().enumerate() {
            of_manifest.extend([refer(format!("content.l.{place}"), &layer.digest)]);
        }
        self.put_content(&manifest.digest, &manifest.bytes, of_manifest, lease).await?;
        if target.digest != manifest.digest {
            let of_index = [refer("content.m.0".into(), &manifest.digest)].into();
            self.put_content(&target.digest, &target.bytes, of_index, lease).await?;
        }
        Ok(())
    }

    async fn put_name(&self, name: String, target: &Document) -> Result<()> {
        let wrong = self.client.error("naming an image");
        let blob = Blob {
            media_type: target.media_type.clone(),
            digest: target.digest.clone(),
            size: i64::try_from(target.bytes.len()).unwrap_or(i64::MAX),
            annotations: HashMap::new(),
        };
        let entry = Entry { name, target: Some(blob), ..Entry::default() };
        let create = CreateImageRequest { image: Some(entry.clone()), source_date_epoch: None };
        if made(self.client.images().create(self.client.request(create)).await).map_err(&wrong)?.is_none() {
            let update = UpdateImageRequest { image: Some(entry), ..UpdateImageRequest::default() };
            self.client.images().update(self.client.request(update)).await.map_err(&wrong)?;
        }
        Ok(())
    }
}
