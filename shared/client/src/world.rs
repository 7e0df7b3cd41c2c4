use crate::Event;
use shared_api::{GroupKind, Key, Kind, Object, Revision, Timestamp};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::Bound,
    sync::Arc,
};

/// The watched kinds as they were at one revision.
///
/// Objects are decoded when first asked for and shared from then on; owners and nodes are indexed.
#[derive(Debug, Default, Clone)]
pub struct World {
    objects: BTreeMap<Key, Object>,
    owned: HashMap<String, BTreeSet<Key>>,
    on_node: HashMap<String, BTreeSet<Key>>,
    revision: Revision,
    now: Timestamp,
}

impl World {
    /// A picture holding exactly `objects`.
    pub fn of(objects: impl IntoIterator<Item = Object>) -> Self {
        let mut world = Self::default();
        for object in objects {
            world.observe(&Event::Added(object));
        }
        world
    }

    /// The same picture at another moment.
    #[must_use]
    pub fn at(mut self, now: Timestamp) -> Self {
        self.now = now;
        self
    }

    /// Sets the moment at which decisions are taken.
    pub fn tick(&mut self, now: Timestamp) {
        self.now = now;
    }

    /// The moment at which decisions are taken.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The newest revision this picture is known to include.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// Takes note of an event.
    pub fn observe(&mut self, event: &Event) {
        self.revision = self.revision.max(event.revision());
        match event {
            Event::Added(object) | Event::Modified(object) => {
                let key = object.key();
                self.forget(&key);
                if let Some(owner) = object.controller() {
                    self.owned.entry(owner.uid.clone()).or_default().insert(key.clone());
                }
                if let Some(node) = node_of(object) {
                    self.on_node.entry(node).or_default().insert(key.clone());
                }
                self.objects.insert(key, object.clone());
            }
            Event::Deleted(object) => self.forget(&object.key()),
            Event::Bookmark { .. } => {}
        }
    }

    fn forget(&mut self, key: &Key) {
        let Some(old) = self.objects.remove(key) else { return };
        let unlink = |index: &mut HashMap<String, BTreeSet<Key>>, name: &str| {
            if let Some(keys) = index.get_mut(name) {
                keys.remove(key);
                if keys.is_empty() {
                    index.remove(name);
                }
            }
        };
        if let Some(owner) = old.controller() {
            unlink(&mut self.owned, &owner.uid);
        }
        if let Some(node) = node_of(&old) {
            unlink(&mut self.on_node, &node);
        }
    }

    /// The object at `key`, if it is known.
    pub fn object(&self, key: &Key) -> Option<&Object> {
        self.objects.get(key)
    }

    /// The typed object at `key`, if it is known.
    pub fn get<K: Kind>(&self, key: &Key) -> Option<Arc<K>> {
        self.objects.get(key).and_then(|o| o.to_kind().ok())
    }

    /// The `K` called `name` in `namespace` (empty for cluster-scoped kinds).
    pub fn named<K: Kind>(&self, namespace: &str, name: &str) -> Option<Arc<K>> {
        self.get(&Key::of::<K>(namespace, name))
    }

    /// Every object there is.
    pub fn objects(&self) -> impl Iterator<Item = &Object> {
        self.objects.values()
    }

    /// Every object of a kind, by namespace and name.
    pub fn of_kind<'a>(&'a self, kind: &GroupKind) -> impl Iterator<Item = &'a Object> + use<'a> {
        self.starting(kind.clone(), "").map(|(_, object)| object)
    }

    fn starting<'a>(
        &'a self,
        kind: GroupKind,
        namespace: &str,
    ) -> impl Iterator<Item = (&'a Key, &'a Object)> + use<'a> {
        let first = Key { kind: kind.clone(), namespace: namespace.into(), name: String::new() };
        let range = self.objects.range((Bound::Included(first), Bound::Unbounded));
        range.take_while(move |(key, _)| key.kind == kind)
    }

    /// Every `K`.
    pub fn list<K: Kind>(&self) -> impl Iterator<Item = Arc<K>> {
        self.starting(GroupKind::of::<K>(), "").filter_map(|(_, o)| o.to_kind().ok())
    }

    /// Every `K` in `namespace`.
    pub fn within<K: Kind>(&self, namespace: &str) -> impl Iterator<Item = Arc<K>> {
        let here = namespace.to_owned();
        self.starting(GroupKind::of::<K>(), namespace)
            .take_while(move |(key, _)| key.namespace == here)
            .filter_map(|(_, o)| o.to_kind().ok())
    }

    /// The objects of kind `K` that `owner` controls.
    pub fn owned_by<K: Kind>(&self, owner: &impl Kind) -> impl Iterator<Item = Arc<K>> {
        let uid = owner.metadata().uid.as_deref().unwrap_or_default();
        self.keyed(self.owned.get(uid))
    }

    /// The objects of kind `K` bound to a node.
    pub fn on_node<K: Kind>(&self, node: &str) -> impl Iterator<Item = Arc<K>> {
        self.keyed(self.on_node.get(node))
    }

    fn keyed<K: Kind>(&self, keys: Option<&BTreeSet<Key>>) -> impl Iterator<Item = Arc<K>> {
        let kind = GroupKind::of::<K>();
        let keys: Vec<_> = keys.into_iter().flatten().filter(|k| k.kind == kind).cloned().collect();
        keys.into_iter().filter_map(|key| self.get(&key))
    }
}

/// The node a pod is bound to.
fn node_of(object: &Object) -> Option<String> {
    if object.kind() != "Pod" {
        return None;
    }
    let pod = object.to_kind::<shared_api::core::Pod>().ok()?;
    pod.spec.as_ref()?.node_name.clone().filter(|n| !n.is_empty())
}
