//! Objects decoded once and shared: by readers, by writers, and by every watcher of a change.
//!
//! It is a cache and nothing else: what it holds is checked against the store's revision or bytes, so
//! forgetting is harmless. Two generations bound it: when the young one is full it becomes the old.

use crate::keys;
use bytes::Bytes;
use controlplane_store::{Change, Entry};
use shared_api::{KindInfo, Object, Refusal, Revision};
use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

/// Entries of one generation.
const ROOM: usize = 1024;

#[derive(Default)]
pub(crate) struct Cache {
    objects: Mutex<Generations<Bytes, Object>>,
    changes: Mutex<Generations<(Revision, Bytes), Arc<Seen>>>,
}

impl Cache {
    /// The object an entry holds.
    pub(crate) fn object(&self, entry: &Entry) -> Result<Object, Refusal> {
        if let Some(object) = self.known(&entry.key, &entry.value) {
            return Ok(object);
        }
        let object = decode(&entry.key, &entry.value)?;
        self.remember(entry.key.clone(), object.clone());
        Ok(object)
    }

    /// The object an entry holds, without making room for it: for lists, which pass by once.
    pub(crate) fn peek(&self, entry: &Entry) -> Result<Object, Refusal> {
        self.known(&entry.key, &entry.value).map_or_else(|| decode(&entry.key, &entry.value), Ok)
    }

    /// Takes note of an object that was just stored.
    pub(crate) fn remember(&self, key: Bytes, object: Object) {
        lock(&self.objects).insert(key, object);
    }

    /// A change, decoded once for all who see it.
    pub(crate) fn seen(&self, change: &Change) -> Result<Arc<Seen>, Refusal> {
        let id = (change.revision, change.key.clone());
        if let Some(seen) = lock(&self.changes).get(&id) {
            return Ok(seen);
        }
        let seen = Arc::new(self.decode_change(change)?);
        lock(&self.changes).insert(id, Arc::clone(&seen));
        Ok(seen)
    }

    fn decode_change(&self, change: &Change) -> Result<Seen, Refusal> {
        let known = |bytes: &Bytes| match self.known(&change.key, bytes) {
            Some(object) => Ok(object),
            None => decode(&change.key, bytes),
        };
        let previous = change.previous.as_ref().map(known).transpose()?;
        let object = known(&change.value)?;
        if !change.deleted && previous.as_ref().is_none_or(|p| p.revision() < object.revision()) {
            self.remember(change.key.clone(), object.clone());
        }
        Ok(Seen { object, previous, left: OnceLock::new() })
    }

    fn known(&self, key: &Bytes, bytes: &Bytes) -> Option<Object> {
        let object = lock(&self.objects).get(key)?;
        let same = object.bytes().len() == bytes.len()
            && (object.bytes().as_ptr() == bytes.as_ptr() || object.bytes() == bytes);
        same.then_some(object)
    }
}

/// A change, decoded.
pub(crate) struct Seen {
    /// What the object is now, or last was.
    pub(crate) object: Object,
    /// What it was before.
    pub(crate) previous: Option<Object>,
    left: OnceLock<Option<Object>>,
}

impl Seen {
    /// What is told to those whose selector no longer matches: the object as it matched, at the
    /// revision of the change.
    pub(crate) fn left(&self, kind: &KindInfo) -> Option<Object> {
        let make = || {
            let previous = self.previous.as_ref()?;
            restamp(kind, previous, self.object.revision())
        };
        self.left.get_or_init(make).clone()
    }
}

/// The object with another revision in the place where the encoder put its own.
fn restamp(kind: &KindInfo, object: &Object, revision: Revision) -> Option<Object> {
    // A defined kind may have been stored in another version before.
    let head = format!(
        r#"{{"apiVersion":"{}","kind":"{}","metadata":{{"resourceVersion":""#,
        object.api_version(),
        kind.kind
    );
    let rest = object.bytes().strip_prefix(head.as_bytes())?;
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    let json = [head.as_bytes(), revision.to_string().as_bytes(), &rest[digits..]].concat();
    Object::from_bytes(json).ok()
}

fn decode(key: &Bytes, bytes: &Bytes) -> Result<Object, Refusal> {
    Object::from_bytes(bytes.clone()).map_err(|e| {
        let what = keys::parse(key).map_or_else(
            || String::from_utf8_lossy(key).into_owned(),
            |(kind, namespace, name)| format!("{} {namespace}/{name}", kind.plural),
        );
        Refusal::internal(format!("what is stored as {what} cannot be decoded: {e}"))
    })
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Generations<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
}

impl<K, V> Default for Generations<K, V> {
    fn default() -> Self {
        Self { young: HashMap::new(), old: HashMap::new() }
    }
}

impl<K: Hash + Eq, V: Clone> Generations<K, V> {
    fn get(&mut self, key: &K) -> Option<V> {
        if let Some(value) = self.young.get(key) {
            return Some(value.clone());
        }
        let (key, value) = self.old.remove_entry(key)?;
        self.insert(key, value.clone());
        Some(value)
    }

    fn insert(&mut self, key: K, value: V) {
        if self.young.len() >= ROOM {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared_api::{Draft, core::ConfigMap};

    fn stored(label: &str, revision: Revision) -> Bytes {
        let mut map = ConfigMap::default();
        map.metadata.name = Some("a".into());
        map.metadata.labels = Some([("l".into(), label.into())].into());
        let mut encoded = map.encode();
        let hole = encoded.hole as usize;
        encoded.json.splice(hole..hole, revision.to_string().into_bytes());
        encoded.json.into()
    }

    #[test]
    fn a_change_is_decoded_once_and_remembers_what_left() {
        let kind = shared_api::find("configmaps").unwrap();
        let cache = Cache::default();
        let change = Change {
            revision: 12,
            key: keys::of(kind, "n", "a"),
            value: stored("new", 12),
            previous: Some(stored("old", 9)),
            deleted: false,
        };
        let (one, two) = (cache.seen(&change).unwrap(), cache.seen(&change).unwrap());
        assert!(Arc::ptr_eq(&one, &two));
        let left = one.left(kind).unwrap();
        assert_eq!(left.revision(), 12);
        assert_eq!(left.metadata().labels.as_ref().unwrap()["l"], "old");
    }

    #[test]
    fn a_cached_object_is_only_used_for_its_own_bytes() {
        let kind = shared_api::find("configmaps").unwrap();
        let cache = Cache::default();
        let entry =
            |revision| Entry { key: keys::of(kind, "n", "a"), value: stored("x", revision), revision };
        assert_eq!(cache.object(&entry(5)).unwrap().revision(), 5);
        assert_eq!(cache.object(&entry(6)).unwrap().revision(), 6);
        assert_eq!(cache.peek(&entry(5)).unwrap().revision(), 5);
    }
}
