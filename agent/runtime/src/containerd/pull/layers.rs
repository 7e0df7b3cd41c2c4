//! Layers: fetched a few at a time, resumed where a transfer broke, laid over each other in order.

use super::Remote;
use crate::{
    Error, Progress, Result,
    containerd::{
        Inner,
        content::{Ingest, Labels, is_mismatch, pull_error},
        lease::Lease,
    },
    registry::{Descriptor, Session},
};
use futures::{FutureExt, StreamExt, TryStreamExt, stream};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};
use tokio::sync::watch;

/// Transfers at a time, of one image.
const AT_A_TIME: usize = 3;
/// Times a layer's transfer is tried.
const TRIES: u32 = 5;
/// Bytes in one message to containerd.
const PIECE: usize = 1 << 20;

/// One turn for each layer: containerd refuses a second writer of a blob.
#[derive(Default)]
pub(super) struct Transfers(Mutex<HashMap<String, Weak<tokio::sync::Mutex<()>>>>);

impl Transfers {
    fn turn(&self, digest: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = turns.get(digest).and_then(Weak::upgrade) {
            return turn;
        }
        turns.retain(|_, turn| turn.strong_count() > 0);
        let turn = Arc::default();
        turns.insert(digest.to_owned(), Arc::downgrade(&turn));
        turn
    }
}

/// Why a transfer ended early.
enum Broken {
    /// Trying again may help.
    Again(String),
    /// It will not.
    Never(Error),
}

impl Inner {
    pub(super) async fn fetch_layers(
        &self,
        image: &str,
        session: &Session,
        remote: &Remote,
        chain: &[String],
        progress: &watch::Sender<Progress>,
        lease: &Lease,
    ) -> Result<()> {
        let layers = &remote.parsed.layers;
        let total = layers.iter().fold(0_u64, |sum, layer| sum.saturating_add(layer.size));
        let mut ready = chain.len();
        // From the top: the highest snapshot that is here has all below it.
        while ready > 0 && !self.has_snapshot(&chain[ready - 1], Some(lease)).await? {
            ready -= 1;
        }
        let done = layers[..ready].iter().map(|layer| layer.size).sum();
        progress.send_replace(Progress { total, done });
        let fetch = |layer| self.fetch(image, session, layer, progress, lease).boxed();
        let fetches: Vec<_> = layers[ready..].iter().map(fetch).collect();
        stream::iter(fetches).buffer_unordered(AT_A_TIME).try_collect::<()>().await?;
        for place in ready..chain.len() {
            let parent = if place == 0 { "" } else { &chain[place - 1] };
            let unpacked =
                self.unpack(&layers[place], &remote.diff_ids[place], parent, &chain[place], lease).await;
            unpacked.map_err(|error| match error {
                Error::Failed { .. } => pull_error(image, error.to_string()),
                other => other,
            })?;
        }
        Ok(())
    }

    async fn fetch(
        &self,
        image: &str,
        session: &Session,
        layer: &Descriptor,
        progress: &watch::Sender<Progress>,
        lease: &Lease,
    ) -> Result<()> {
        let turn = self.pulls.transfers.turn(&layer.digest);
        let _ours = turn.lock().await;
        let mut counted = 0;
        let mut count = |to: u64| {
            progress.send_modify(|progress| progress.done = (progress.done + to).saturating_sub(counted));
            counted = to;
        };
        let mut last = String::new();
        for attempt in 0..TRIES {
            if attempt > 0 {
                tokio::time::sleep(Duration::from_millis(100 << attempt)).await;
            }
            if self.has_content(&layer.digest, lease).await? {
                count(layer.size);
                return Ok(());
            }
            match self.transfer(session, layer, lease, &mut count).await {
                Ok(()) => return Ok(()),
                Err(Broken::Never(error)) => return Err(error),
                Err(Broken::Again(why)) => {
                    tracing::info!(image, layer = layer.digest, why, "layer transfer broke off");
                    last = why;
                }
            }
        }
        Err(pull_error(image, format!("layer {}: {last} (tried {TRIES} times)", layer.digest)))
    }

    async fn transfer(
        &self,
        session: &Session,
        layer: &Descriptor,
        lease: &Lease,
        count: &mut (dyn FnMut(u64) + Send),
    ) -> Result<(), Broken> {
        let wrong = self.client.error("writing a layer");
        let never = |status| Broken::Never(wrong(status));
        let name = format!("dhow-{}", layer.digest);
        let size = i64::try_from(layer.size).unwrap_or(i64::MAX);
        let opened = Ingest::open(self, &name, &layer.digest, size, lease).await;
        let Some(mut ingest) = opened.map_err(never)? else { return Ok(()) };
        let have = u64::try_from(ingest.offset).unwrap_or_default();
        count(have);
        if have < layer.size {
            let answer = session.blob(&layer.digest, have).await;
            let (mut response, mut skip) = answer.map_err(|problem| Broken::Again(problem.to_string()))?;
            let mut piece: Vec<u8> = Vec::with_capacity(PIECE);
            let mut came = have;
            loop {
                let chunk = response.chunk().await.map_err(|error| Broken::Again(innermost(&error)))?;
                let Some(mut chunk) = chunk else { break };
                let skipped = usize::try_from(skip).unwrap_or(usize::MAX).min(chunk.len());
                skip -= skipped as u64;
                let _ = chunk.split_to(skipped);
                came += chunk.len() as u64;
                if came > layer.size {
                    self.abort(&name).await;
                    let why = format!("digest mismatch: longer than the {} bytes promised", layer.size);
                    return Err(Broken::Again(why));
                }
                piece.extend_from_slice(&chunk);
                if piece.len() >= PIECE {
                    ingest
                        .write(std::mem::replace(&mut piece, Vec::with_capacity(PIECE)))
                        .await
                        .map_err(never)?;
                    count(came);
                }
            }
            ingest.write(piece).await.map_err(never)?;
            count(came);
            if came < layer.size {
                return Err(Broken::Again(format!("ended after {came} of {} bytes", layer.size)));
            }
        }
        match ingest.commit(Labels::new()).await {
            Ok(()) => Ok(()),
            Err(status) if is_mismatch(&status) => {
                // What came is spoilt: begin again, and not where this one ended.
                self.abort(&name).await;
                Err(Broken::Again(format!("digest mismatch: {}", status.message())))
            }
            Err(status) => Err(never(status)),
        }
    }
}

fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
