//! A door that remembers what was written through it, beside how that was before: what takes it back is decided from
//! that.

use crate::{Action, inverse};
use async_trait::async_trait;
use futures::stream::BoxStream;
use serde_json::Value;
use shared_api::{DeleteHow, Key, Object, Patch, Query, Revision, WriteHow};
use shared_client::{Cluster, Event, List, Question, Result};
use std::sync::{Arc, Mutex, PoisonError};

/// The cluster, as somebody sees it whose writes may be taken back.
pub(crate) struct Recorder {
    cluster: Arc<dyn Cluster>,
    written: Mutex<Vec<Written>>,
}

/// An object that was made, or changed when there was one before.
#[derive(Debug, Clone)]
struct Written {
    before: Option<Object>,
    after: Object,
}

impl Recorder {
    pub(crate) fn over(cluster: Arc<dyn Cluster>) -> Self {
        Self { cluster, written: Mutex::default() }
    }

    /// What takes everything back, the last write first, each with the object as it was written.
    pub(crate) fn back(&self) -> Vec<(Action, Object)> {
        let written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let back = |w: &Written| Some((inverse::back(w.before.as_ref(), &w.after)?, w.after.clone()));
        written.iter().rev().filter_map(back).collect()
    }

    fn note(&self, before: Option<Object>, after: &Object) {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        written.push(Written { before, after: after.clone() });
    }

    /// How the object is that is about to be changed, when that is written for good.
    async fn before(&self, key: &Key, how: &WriteHow) -> Option<Object> {
        let whole = !how.dry_run && how.subresource.is_none();
        if whole { self.cluster.get(key).await.ok() } else { None }
    }
}

#[async_trait]
impl Cluster for Recorder {
    async fn get(&self, key: &Key) -> Result<Object> {
        self.cluster.get(key).await
    }

    async fn list(&self, query: &Query) -> Result<List> {
        self.cluster.list(query).await
    }

    async fn create(&self, object: Object, how: &WriteHow) -> Result<Object> {
        let made = self.cluster.create(object, how).await?;
        if !how.dry_run {
            self.note(None, &made);
        }
        Ok(made)
    }

    async fn update(&self, object: Object, how: &WriteHow) -> Result<Object> {
        let before = self.before(&object.key(), how).await;
        let after = self.cluster.update(object, how).await?;
        if before.is_some() {
            self.note(before, &after);
        }
        Ok(after)
    }

    async fn patch(&self, key: &Key, patch: &Patch, how: &WriteHow) -> Result<Object> {
        let before = self.before(key, how).await;
        let after = self.cluster.patch(key, patch, how).await?;
        // Server-side apply makes what is not there.
        if !how.dry_run && how.subresource.is_none() {
            self.note(before, &after);
        }
        Ok(after)
    }

    async fn delete(&self, key: &Key, how: &DeleteHow) -> Result<Object> {
        self.cluster.delete(key, how).await
    }

    async fn subresource(&self, key: &Key, name: &str, body: Option<Value>, how: &WriteHow) -> Result<Value> {
        self.cluster.subresource(key, name, body, how).await
    }

    async fn watch(
        &self,
        queries: &[Query],
        from: Option<Revision>,
    ) -> Result<BoxStream<'static, Result<Event>>> {
        self.cluster.watch(queries, from).await
    }

    async fn ask(&self, question: &Question) -> Result<Value> {
        self.cluster.ask(question).await
    }
}
