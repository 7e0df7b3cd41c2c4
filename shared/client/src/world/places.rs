use shared_api::{GroupKind, Key};
use std::collections::BTreeMap;

/// Something for each object, found by kind, then namespace, then name: each step compares one short text.
#[derive(Debug, Clone)]
pub(super) struct Places<V>(BTreeMap<GroupKind, BTreeMap<String, BTreeMap<String, V>>>);

impl<V> Default for Places<V> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<V> Places<V> {
    pub(super) fn get(&self, key: &Key) -> Option<&V> {
        self.find(&key.kind, &key.namespace, &key.name)
    }

    pub(super) fn find(&self, kind: &GroupKind, namespace: &str, name: &str) -> Option<&V> {
        self.0.get(kind)?.get(namespace)?.get(name)
    }

    /// Puts `value` there; what was there before.
    pub(super) fn insert(&mut self, key: &Key, value: V) -> Option<V> {
        if !self.0.contains_key(&key.kind) {
            self.0.insert(key.kind.clone(), BTreeMap::new());
        }
        let namespaces = self.0.get_mut(&key.kind)?;
        if !namespaces.contains_key(&key.namespace) {
            namespaces.insert(key.namespace.clone(), BTreeMap::new());
        }
        namespaces.get_mut(&key.namespace)?.insert(key.name.clone(), value)
    }

    pub(super) fn remove(&mut self, key: &Key) -> Option<V> {
        let namespaces = self.0.get_mut(&key.kind)?;
        let names = namespaces.get_mut(&key.namespace)?;
        let removed = names.remove(&key.name);
        if names.is_empty() {
            namespaces.remove(&key.namespace);
        }
        removed
    }

    /// Everything, by kind, namespace and name.
    pub(super) fn all(&self) -> impl Iterator<Item = &V> {
        self.0.values().flat_map(BTreeMap::values).flat_map(BTreeMap::values)
    }

    /// Everything of a kind, by namespace and name.
    pub(super) fn of_kind(&self, kind: &GroupKind) -> impl Iterator<Item = &V> + use<'_, V> {
        self.0.get(kind).into_iter().flat_map(BTreeMap::values).flat_map(BTreeMap::values)
    }

    /// Everything of a kind in a namespace, with its name.
    pub(super) fn within(
        &self,
        kind: &GroupKind,
        namespace: &str,
    ) -> impl Iterator<Item = (&String, &V)> + use<'_, V> {
        self.0.get(kind).and_then(|namespaces| namespaces.get(namespace)).into_iter().flatten()
    }
}
