//! What the cluster in memory remembers: objects, and everything that happened to them.

use crate::fixtures::moment;
use shared_api::{Freshness, Key, KindInfo, Object, Query, Reason, Refusal, Revision, Timestamp};
use shared_client::{List, Result};
use std::{
    collections::{BTreeMap, VecDeque},
    ops::Bound,
};

/// Objects as they are, and what happened to them since history begins.
pub(crate) struct State {
    pub(crate) objects: BTreeMap<Key, Object>,
    pub(crate) history: Vec<Change>,
    pub(crate) revision: Revision,
    /// History begins after this revision.
    pub(crate) forgotten: Revision,
    pub(crate) now: Timestamp,
    pub(crate) breaks: u64,
    pub(crate) refusals: VecDeque<Refusal>,
    pub(crate) serial: u64,
}

/// One thing that happened to one object.
pub(crate) struct Change {
    pub(crate) before: Option<Object>,
    pub(crate) after: Option<Object>,
    pub(crate) revision: Revision,
}

impl Default for State {
    fn default() -> Self {
        Self {
            objects: BTreeMap::new(),
            history: Vec::new(),
            revision: 0,
            forgotten: 0,
            now: moment(),
            breaks: 0,
            refusals: VecDeque::new(),
            serial: 0,
        }
    }
}

impl State {
    pub(crate) fn get(&self, key: &Key) -> Result<&Object> {
        kind_of(key)?;
        self.objects.get(key).ok_or_else(|| Refusal::not_found(key))
    }

    pub(crate) fn list(&self, query: &Query) -> Result<List> {
        let kind = query_kind(query)?;
        match query.freshness {
            Freshness::AtLeast(asked) | Freshness::Exactly(asked) if asked > self.revision => {
                return Err(Refusal::too_large_version(asked, self.revision));
            }
            Freshness::Exactly(asked) if asked < self.revision => {
                let why = "The resourceVersion for the provided list is too old.";
                return Err(Refusal::new(Reason::Expired, why));
            }
            _ => {}
        }
        let first = match &query.continue_from {
            None => Bound::Unbounded,
            Some(token) => Bound::Excluded(
                serde_json::from_str::<Key>(token)
                    .map_err(|_| Refusal::bad_request("continue key is not valid"))?,
            ),
        };
        let range = self.objects.range((first, Bound::Unbounded)).map(|(_, o)| o);
        let mut items: Vec<_> = range.filter(|o| meant(kind, query, o)).cloned().collect();
        let remaining = (query.limit > 0 && items.len() > query.limit).then(|| items.len() - query.limit);
        if remaining.is_some() {
            items.truncate(query.limit);
        }
        let last = items.last().filter(|_| remaining.is_some());
        let continue_from = last.map(|o| serde_json::to_string(&o.key()).expect("a key can be encoded"));
        Ok(List { items, revision: self.revision, continue_from, remaining })
    }

    /// Stores an object, or its absence, as the next revision and returns it so stamped.
    pub(crate) fn commit(&mut self, key: Key, after: Option<&Object>) -> Object {
        self.revision += 1;
        let after = after.map(|o| stamped(o, self.revision));
        let before = match &after {
            Some(object) => self.objects.insert(key, object.clone()),
            None => self.objects.remove(&key),
        };
        let result = after.clone().or_else(|| before.as_ref().map(|o| stamped(o, self.revision)));
        self.history.push(Change { before, after, revision: self.revision });
        result.expect("only what is there is removed")
    }

    pub(crate) fn put(&mut self, object: &Object) -> Object {
        let mut value = object.value();
        if object.uid().is_empty() {
            value["metadata"]["uid"] = self.fresh_uid().into();
        }
        if object.metadata().creation_timestamp.is_none() {
            value["metadata"]["creationTimestamp"] = self.now.to_string().into();
        }
        let object = Object::from_value(&value).expect("an object with more metadata is still one");
        self.commit(object.key(), Some(&object))
    }

    pub(crate) fn forget_history(&mut self) {
        self.history.clear();
        self.forgotten = self.revision;
    }

    /// Unique, and the same in every run.
    pub(crate) fn fresh_uid(&mut self) -> String {
        self.serial += 1;
        format!("00000000-0000-4000-8000-{:012x}", self.serial)
    }

    /// `prefix` and five letters, none of which makes a word.
    pub(crate) fn fresh_name(&mut self, prefix: &str) -> String {
        const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
        self.serial += 1;
        let mut rest = self.serial.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 16;
        let mut name = String::from(&prefix[..prefix.floor_char_boundary(248)]);
        for _ in 0..5 {
            let at = usize::try_from(rest % LETTERS.len() as u64).unwrap_or_default();
            name.push(char::from(LETTERS[at]));
            rest /= LETTERS.len() as u64;
        }
        name
    }
}

/// The same object as written at `revision`.
pub(crate) fn stamped(object: &Object, revision: Revision) -> Object {
    let mut value = object.value();
    value["metadata"]["resourceVersion"] = revision.to_string().into();
    Object::from_value(&value).expect("an object with a revision is still one")
}

pub(crate) fn kind_of(key: &Key) -> Result<&'static KindInfo> {
    shared_api::of(&key.kind.group, &key.kind.kind)
        .ok_or_else(|| Refusal::new(Reason::NotFound, "the server could not find the requested resource"))
}

pub(crate) fn query_kind(query: &Query) -> Result<&'static KindInfo> {
    let kind = kind_of(&Key { kind: query.kind.clone(), namespace: String::new(), name: String::new() })?;
    query.selectors.fields.supported_by(kind)?;
    Ok(kind)
}

pub(crate) fn meant(kind: &KindInfo, query: &Query, object: &Object) -> bool {
    object.group_kind() == query.kind
        && query.namespace.as_deref().is_none_or(|n| n == object.namespace())
        && query.selectors.matches(kind, object)
}
