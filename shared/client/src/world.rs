use crate::Event;
use shared_api::{GroupKind, Key, Kind, Object, Revision, Timestamp, meta::ObjectMeta};
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
    seen: HashMap<Key, Timestamp>,
    /// By the uid of every owner; what nothing controls is also under the empty uid.
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
                for uid in owners_of(object) {
                    self.owned.entry(uid.into()).or_default().insert(key.clone());
                }
                if let Some(node) = node_of(object) {
                    self.on_node.entry(node).or_default().insert(key.clone());
                }
                self.seen.insert(key.clone(), self.now);
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
        for uid in owners_of(&old) {
            unlink(&mut self.owned, uid);
        }
        self.seen.remove(key);
        if let Some(node) = node_of(&old) {
            unlink(&mut self.on_node, &node);
        }
    }

    /// The object at `key`, if it is known.
    pub fn object(&self, key: &Key) -> Option<&Object> {
        self.objects.get(key)
    }

    /// When the object at `key` was last seen to change, by this process's own clock.
    pub fn seen(&self, key: &Key) -> Option<Timestamp> {
        self.seen.get(key).copied()
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

    /// Every object of a kind in `namespace`, by name.
    pub fn of_kind_within<'a>(
        &'a self,
        kind: &GroupKind,
        namespace: &'a str,
    ) -> impl Iterator<Item = &'a Object> + use<'a> {
        self.starting(kind.clone(), namespace)
            .take_while(move |(key, _)| key.namespace == namespace)
            .map(|(_, object)| object)
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
        let uid = uid.to_owned();
        self.keyed(self.owned.get(&uid))
            .filter(move |k: &Arc<K>| controller_uid(k.metadata()) == Some(uid.as_str()))
    }

    /// Every object that names the object with this uid among its owners.
    pub fn dependents(&self, uid: &str) -> impl Iterator<Item = &Object> {
        let keys = if uid.is_empty() { None } else { self.owned.get(uid) };
        keys.into_iter().flatten().filter_map(|key| self.objects.get(key))
    }

    /// Every `K` in `namespace` that nothing controls.
    pub fn uncontrolled<K: Kind>(&self, namespace: &str) -> impl Iterator<Item = Arc<K>> {
        let first = Key::of::<K>(namespace, "");
        let here = move |key: &&Key| key.kind == GroupKind::of::<K>() && key.namespace == namespace;
        let keys =
            self.owned.get("").into_iter().flat_map(move |keys| keys.range(first.clone()..).take_while(here));
        keys.filter_map(|key| self.get(key)).collect::<Vec<_>>().into_iter()
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

/// The uids an object is indexed under.
fn owners_of(object: &Object) -> impl Iterator<Item = &str> {
    let owners = object.metadata().owner_references.iter().flatten().map(|owner| owner.uid.as_str());
    // An owner without a uid is no owner, and would stand among the uncontrolled.
    owners.filter(|uid| !uid.is_empty()).chain(object.controller().is_none().then_some(""))
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
