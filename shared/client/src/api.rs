use crate::{Cluster, Result};
use shared_api::{DeleteHow, Key, Kind, Object, Query, Refusal, WriteHow};
use std::{marker::PhantomData, sync::Arc};

/// A typed view of one kind.
pub struct Api<K> {
    cluster: Arc<dyn Cluster>,
    namespace: String,
    kind: PhantomData<K>,
}

impl<K: Kind> Api<K> {
    /// The objects of this kind in `namespace` (empty for cluster-scoped kinds).
    pub fn within(cluster: &Arc<dyn Cluster>, namespace: &str) -> Self {
        Self { cluster: Arc::clone(cluster), namespace: namespace.into(), kind: PhantomData }
    }

    /// Reads one object.
    pub async fn get(&self, name: &str) -> Result<Arc<K>> {
        typed(&self.cluster.get(&Key::of::<K>(&self.namespace, name)).await?)
    }

    /// Every object of the kind here.
    pub async fn list(&self) -> Result<Vec<Arc<K>>> {
        let query = Query::every::<K>();
        let query = if self.namespace.is_empty() { query } else { query.within(&self.namespace) };
        self.cluster.list(&query).await?.items.iter().map(typed).collect()
    }

    /// Adds an object and returns it as stored.
    pub async fn create(&self, object: &K) -> Result<Arc<K>> {
        typed(&self.cluster.create(self.here(object), &WriteHow::default()).await?)
    }

    /// Replaces an object.
    pub async fn update(&self, object: &K) -> Result<Arc<K>> {
        typed(&self.cluster.update(self.here(object), &WriteHow::default()).await?)
    }

    /// Replaces an object's status.
    pub async fn update_status(&self, object: &K) -> Result<Arc<K>> {
        typed(&self.cluster.update(self.here(object), &WriteHow::status()).await?)
    }

    /// Removes an object.
    pub async fn delete(&self, name: &str) -> Result<()> {
        self.cluster.delete(&Key::of::<K>(&self.namespace, name), &DeleteHow::default()).await.map(drop)
    }

    fn here(&self, object: &K) -> Object {
        let mut object = object.clone();
        if !self.namespace.is_empty() {
            object.metadata_mut().namespace = Some(self.namespace.clone());
        }
        Object::from_kind(&object)
    }
}

fn typed<K: Kind>(object: &Object) -> Result<Arc<K>> {
    object.to_kind().map_err(|e| Refusal::internal(format!("{} cannot be decoded: {e}", object.key())))
}
