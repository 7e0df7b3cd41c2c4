//! A cluster in memory, with the semantics of the real one.

mod deletion;
mod registry;
mod state;
mod subresources;
mod watching;

use async_trait::async_trait;
use futures::stream::BoxStream;
use registry::Mode;
use serde_json::Value;
use shared_api::{
    DeleteHow, Key, Object, Patch, PatchType, Query, Reason, Refusal, Revision, Timestamp, WriteHow,
};
use shared_client::{Cluster, Event, List, Result};
use state::State;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// A [`Cluster`] in memory. Its clock stands still until it is told otherwise; its revisions start at one.
pub struct FakeCluster(Arc<Shared>);

pub(crate) struct Shared {
    state: Mutex<State>,
    /// Moves whenever something happened; watchers look at the state then.
    moved: watch::Sender<()>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        let done = work(&mut self.lock());
        self.moved.send_replace(());
        done
    }
}

impl FakeCluster {
    /// An empty cluster.
    #[allow(clippy::new_ret_no_self)] // What everything takes is an `Arc`.
    pub fn new() -> Arc<Self> {
        Self::holding([])
    }

    /// A cluster that holds these objects as they are, status and uid included.
    pub fn holding(objects: impl IntoIterator<Item = Object>) -> Arc<Self> {
        let fake = Self(Arc::new(Shared { state: Mutex::default(), moved: watch::channel(()).0 }));
        for object in objects {
            fake.put(&object);
        }
        Arc::new(fake)
    }

    /// The same cluster as everything takes it.
    pub fn door(self: &Arc<Self>) -> Arc<dyn Cluster> {
        Arc::clone(self) as Arc<dyn Cluster>
    }

    /// Writes an object as it is, past every rule: for setting the scene.
    pub fn put(&self, object: &Object) -> Object {
        self.0.change(|s| s.put(object))
    }

    /// Every object there is, by key.
    pub fn objects(&self) -> Vec<Object> {
        self.0.lock().objects.values().cloned().collect()
    }

    /// The newest revision.
    pub fn revision(&self) -> Revision {
        self.0.lock().revision
    }

    /// Moves the clock that timestamps are read from.
    pub fn set_now(&self, now: Timestamp) {
        self.0.lock().now = now;
    }

    /// Ends every open watch, as a broken connection does.
    pub fn break_watches(&self) {
        self.0.change(|s| s.breaks += 1);
    }

    /// Forgets history, so that resuming from an older revision is refused as `Expired`.
    pub fn forget_history(&self) {
        self.0.change(State::forget_history);
    }

    /// Refuses the next call of any verb with `refusal`; several are refused in turn.
    pub fn refuse_next(&self, refusal: Refusal) {
        self.0.lock().refusals.push_back(refusal);
    }

    fn state(&self) -> Result<MutexGuard<'_, State>> {
        let mut state = self.0.lock();
        match state.refusals.pop_front() {
            Some(refusal) => Err(refusal),
            None => Ok(state),
        }
    }

    fn write<T>(&self, work: impl FnOnce(&mut State) -> Result<T>) -> Result<T> {
        let done = work(&mut *self.state()?);
        self.0.moved.send_replace(());
        done
    }
}

#[async_trait]
impl Cluster for FakeCluster {
    async fn get(&self, key: &Key) -> Result<Object> {
        self.state()?.get(key).cloned()
    }

    async fn list(&self, query: &Query) -> Result<List> {
        self.state()?.list(query)
    }

    async fn create(&self, object: Object, how: &WriteHow) -> Result<Object> {
        self.write(|s| s.create(&object, how))
    }

    async fn update(&self, object: Object, how: &WriteHow) -> Result<Object> {
        self.write(|s| s.update(&object, Mode::of(how)?, how))
    }

    async fn patch(&self, key: &Key, patch: &Patch, how: &WriteHow) -> Result<Object> {
        if patch.kind != PatchType::Merge {
            let why = format!("the in-memory cluster applies merge patches, not {:?} ones", patch.kind);
            return Err(Refusal::new(Reason::UnsupportedMediaType, why));
        }
        self.write(|s| {
            if how.subresource.as_deref() == Some("scale") {
                return s.patch_scale(key, &patch.body, how);
            }
            let mut value = s.get(key)?.value();
            registry::merge(&mut value, &patch.body);
            let object = Object::from_value(&value).map_err(|e| Refusal::bad_request(e.to_string()))?;
            if object.key() != *key {
                return Err(Refusal::bad_request("a patch may not change an object's name or kind"));
            }
            s.update(&object, Mode::of(how)?, how)
        })
    }

    async fn delete(&self, key: &Key, how: &DeleteHow) -> Result<Object> {
        self.write(|s| s.delete(key, how))
    }

    async fn subresource(
        &self,
        key: &Key,
        name: &str,
        body: Option<Value>,
        _how: &WriteHow,
    ) -> Result<Value> {
        self.write(|s| s.subresource(key, name, body))
    }

    async fn watch(
        &self,
        queries: &[Query],
        from: Option<Revision>,
    ) -> Result<BoxStream<'static, Result<Event>>> {
        let begun = self.state()?.begin_watch(queries, from)?;
        Ok(watching::stream(Arc::clone(&self.0), begun))
    }
}
