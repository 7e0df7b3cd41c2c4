mod places;

use crate::Event;
use places::Places;
use shared_api::{GroupKind, Key, Kind, Object, Revision, Timestamp, meta::ObjectMeta};
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

/// The watched kinds as they were at one revision.
///
/// Objects are decoded when first asked for and shared from then on; owners and nodes are indexed.
#[derive(Debug, Default, Clone)]
pub struct World {
    objects: Places<Known>,
    /// What nothing controls.
    waifs: Places<()>,
    /// By the uid of every owner.
    owned: HashMap<String, BTreeSet<Key>>,
    on_node: HashMap<String, BTreeSet<Key>>,
    revision: Revision,
    now: Timestamp,
}

#[derive(Debug, Clone)]
struct Known {
    object: Object,
    /// When it was last seen to change.
    seen: Timestamp,
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
                let known = Known { object: object.clone(), seen: self.now };
                match self.objects.insert(&key, known) {
                    Some(old) if same_links(&old.object, object) => return,
                    Some(old) => self.unlink(&key, &old.object),
                    None => {}
                }
                self.link(key, object);
            }
            Event::Deleted(object) => {
                let key = object.key();
                if let Some(old) = self.objects.remove(&key) {
                    self.unlink(&key, &old.object);
                }
            }
            Event::Bookmark { .. } => {}
        }
    }

    fn link(&mut self, key: Key, object: &Object) {
        for uid in owners_of(object) {
            self.owned.entry(uid.into()).or_default().insert(key.clone());
        }
        if object.controller().is_none() {
            self.waifs.insert(&key, ());
        }
        if let Some(node) = node_of(object) {
            self.on_node.entry(node).or_default().insert(key);
        }
    }

    fn unlink(&mut self, key: &Key, object: &Object) {
        let unlink = |index: &mut HashMap<String, BTreeSet<Key>>, name: &str| {
            if let Some(keys) = index.get_mut(name) {
                keys.remove(key);
                if keys.is_empty() {
                    index.remove(name);
                }
            }
        };
        for uid in owners_of(object) {
            unlink(&mut self.owned, uid);
        }
        self.waifs.remove(key);
        if let Some(node) = node_of(object) {
            unlink(&mut self.on_node, &node);
        }
    }

    /// The object at `key`, if it is known.
    pub fn object(&self, key: &Key) -> Option<&Object> {
        self.objects.get(key).map(|known| &known.object)
    }

    /// When the object at `key` was last seen to change, by this process's own clock.
    pub fn seen(&self, key: &Key) -> Option<Timestamp> {
        self.objects.get(key).map(|known| known.seen)
    }

    /// The typed object at `key`, if it is known.
    pub fn get<K: Kind>(&self, key: &Key) -> Option<Arc<K>> {
        self.object(key).and_then(|o| o.to_kind().ok())
    }

    /// The `K` called `name` in `namespace` (empty for cluster-scoped kinds).
    pub fn named<K: Kind>(&self, namespace: &str, name: &str) -> Option<Arc<K>> {
        self.objects
            .find(&GroupKind::of::<K>(), namespace, name)
            .and_then(|known| known.object.to_kind().ok())
    }

    /// Every object there is.
    pub fn objects(&self) -> impl Iterator<Item = &Object> {
        self.objects.all().map(|known| &known.object)
    }

    /// Every object of a kind, by namespace and name.
    pub fn of_kind(&self, kind: &GroupKind) -> impl Iterator<Item = &Object> + use<'_> {
        self.objects.of_kind(kind).map(|known| &known.object)
    }

    /// Every object of a kind in `namespace`, by name.
    pub fn of_kind_within(
        &self,
        kind: &GroupKind,
        namespace: &str,
    ) -> impl Iterator<Item = &Object> + use<'_> {
        self.objects.within(kind, namespace).map(|(_, known)| &known.object)
    }

    /// Every `K`.
    pub fn list<K: Kind>(&self) -> impl Iterator<Item = Arc<K>> + use<'_, K> {
        self.of_kind(&GroupKind::of::<K>()).filter_map(|o| o.to_kind().ok())
    }

    /// Every `K` in `namespace`.
    pub fn within<K: Kind>(&self, namespace: &str) -> impl Iterator<Item = Arc<K>> + use<'_, K> {
        self.of_kind_within(&GroupKind::of::<K>(), namespace).filter_map(|o| o.to_kind().ok())
    }

    /// The objects of kind `K` that `owner` controls.
    pub fn owned_by<K: Kind>(&self, owner: &impl Kind) -> impl Iterator<Item = Arc<K>> {
        let uid = owner.metadata().uid.as_deref().unwrap_or_default();
        let uid = uid.to_owned();
        self.keyed(self.owned.get(&uid))
            .filter(move |k: &Arc<K>| controller_uid(k.metadata()) == Some(uid.as_str()))
    }

    /// Every object that names the object with this uid among its owners.
    pub fn dependents(&self, uid: &str) -> impl Iterator<Item = &Object> {
        self.owned.get(uid).into_iter().flatten().filter_map(|key| self.object(key))
    }

    /// Every `K` in `namespace` that nothing controls.
    pub fn uncontrolled<K: Kind>(&self, namespace: &str) -> impl Iterator<Item = Arc<K>> {
        let waifs = self.waifs.within(&GroupKind::of::<K>(), namespace);
        waifs.filter_map(move |(name, ())| self.named(namespace, name))
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

/// The uids of an object's owners.
fn owners_of(object: &Object) -> impl Iterator<Item = &str> {
    let owners = object.metadata().owner_references.iter().flatten().map(|owner| owner.uid.as_str());
    // An owner without a uid is no owner.
    owners.filter(|uid| !uid.is_empty())
}

/// Whether the indexes say the same of both.
fn same_links(old: &Object, new: &Object) -> bool {
    old.metadata().owner_references == new.metadata().owner_references && node_of(old) == node_of(new)
}

fn controller_uid(meta: &ObjectMeta) -> Option<&str> {
    meta.owner_references.iter().flatten().find(|r| r.controller == Some(true)).map(|r| r.uid.as_str())
}

/// The node a pod is bound to.
fn node_of(object: &Object) -> Option<String> {
    if object.kind() != "Pod" {
        return None;
    }
    let pod = object.to_kind::<shared_api::core::Pod>().ok()?;
    pod.spec.as_ref()?.node_name.clone().filter(|n| !n.is_empty())
}
