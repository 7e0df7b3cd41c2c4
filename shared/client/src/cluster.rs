use crate::Question;
use async_trait::async_trait;
use futures::stream::BoxStream;
use serde_json::Value;
use shared_api::{DeleteHow, Key, Object, Patch, Query, Refusal, Revision, WriteHow};
use std::sync::Arc;

/// Result of a call to the cluster.
pub type Result<T, E = Refusal> = std::result::Result<T, E>;

/// Something happened to an object, or to the watch itself.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The object exists: it was created, came to match, or was there when the watch began.
    Added(Object),
    /// The object changed.
    Modified(Object),
    /// The object is gone, or no longer matches; this is how it last looked.
    Deleted(Object),
    /// Nothing that matches is missing up to this revision.
    Bookmark {
        /// Complete up to here.
        revision: Revision,
        /// What was there when the watch began has now all been told.
        initial: bool,
        /// Whose history the revision belongs to; empty when the far end does not say.
        cluster: Arc<str>,
    },
}

impl Event {
    /// The object concerned, if one is.
    pub fn object(&self) -> Option<&Object> {
        match self {
            Self::Added(object) | Self::Modified(object) | Self::Deleted(object) => Some(object),
            Self::Bookmark { .. } => None,
        }
    }

    /// Where in history this happened.
    pub fn revision(&self) -> Revision {
        match self {
            Self::Added(object) | Self::Modified(object) | Self::Deleted(object) => object.revision(),
            Self::Bookmark { revision, .. } => *revision,
        }
    }
}

/// Objects as they were at one revision.
#[derive(Debug, Clone, PartialEq)]
pub struct List {
    /// The objects, by namespace and name.
    pub items: Vec<Object>,
    /// When this was true.
    pub revision: Revision,
    /// Where to go on when a limit cut the list.
    pub continue_from: Option<String>,
    /// How many were cut off, when that is known.
    pub remaining: Option<usize>,
}

/// The one door to the state of the cluster.
///
/// What every implementation keeps is written down as tests in `testkit::contract`.
#[async_trait]
pub trait Cluster: Send + Sync {
    /// Reads one object.
    async fn get(&self, key: &Key) -> Result<Object>;

    /// Every object that is meant.
    async fn list(&self, query: &Query) -> Result<List>;

    /// Adds an object and returns it as stored. Without a name, `metadata.generateName` makes one.
    async fn create(&self, object: Object, how: &WriteHow) -> Result<Object>;

    /// Replaces an object, refusing when it changed since it was read; without a
    /// `metadata.resourceVersion` it replaces whatever is there.
    async fn update(&self, object: Object, how: &WriteHow) -> Result<Object>;

    /// Changes an object relative to what is there.
    async fn patch(&self, key: &Key, patch: &Patch, how: &WriteHow) -> Result<Object>;

    /// Removes an object, or marks it for removal when it needs time or has finalizers; returns it
    /// as it then is.
    async fn delete(&self, key: &Key, how: &DeleteHow) -> Result<Object>;

    /// What else may be asked of an object: `binding`, `scale`, `eviction`, … `None` reads it.
    async fn subresource(&self, key: &Key, name: &str, body: Option<Value>, how: &WriteHow) -> Result<Value>;

    /// Everything that happens to what is meant: one stream, in revision order, over all kinds.
    ///
    /// Without `from`, first every object that is there, then a bookmark marked `initial`, then every
    /// change. With it, every change after that revision, or a refusal with reason `Expired` when
    /// history no longer reaches back so far. The stream ends with an error or by the far end's will;
    /// it never skips.
    async fn watch(
        &self,
        queries: &[Query],
        from: Option<Revision>,
    ) -> Result<BoxStream<'static, Result<Event>>>;

    /// What no object answers.
    async fn ask(&self, question: &Question) -> Result<Value> {
        let _ = question;
        Err(Refusal::bad_request("this cluster answers nothing but what is asked of its objects"))
    }
}
