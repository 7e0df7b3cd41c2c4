//! The versions a kind's objects have been written in: each owner's fields are named in one of them.

use super::place::Place;
use crate::conversion::Turns;
use serde_json::Value;
use shared_api::{KindInfo, Served, schema};
use std::{borrow::Cow, sync::Arc};

/// A kind and what its objects look like in each version.
#[derive(Clone)]
pub(crate) struct Versions {
    kind: &'static KindInfo,
    place: Place,
    /// What is known of other versions, where somebody else has to be asked.
    turns: Option<Arc<Turns>>,
}

impl Versions {
    pub(crate) fn of(kind: &'static KindInfo) -> Self {
        Self { kind, place: Place::of(kind), turns: kind.converts().then(Arc::default) }
    }

    /// Whose versions they are.
    pub(super) fn kind(&self) -> &'static KindInfo {
        self.kind
    }

    /// What is to be known of other versions; `None` when nobody has to be asked.
    pub(super) fn turns(&self) -> Option<&Turns> {
        self.turns.as_deref()
    }

    /// What is known of an object in a version: of one whose type nobody knows, that it has the stored one's
    /// fields, or unknown ones.
    pub(crate) fn place(&self, version: &str) -> Place {
        if self.is_stored(version) { self.place } else { self.other(version).unwrap_or(self.place) }
    }

    /// Whether every field of a version is known.
    pub(crate) fn knows(&self, version: &str) -> bool {
        self.is_stored(version) || self.other(version).is_some()
    }

    fn other(&self, version: &str) -> Option<Place> {
        let (group, version) = version.split_once('/').unwrap_or(("", version));
        schema::of(group, version, self.kind.kind).map(Place::of_type)
    }

    /// A stored object as it is in a version; `None` when there is no such version.
    pub(crate) fn shown<'a>(&self, value: &'a Value, version: &str) -> Option<Cow<'a, Value>> {
        let served = self.served(version)?;
        if let Some(turns) = self.turns().filter(|_| !self.is_stored(version)) {
            return Some(Cow::Owned(turns.look(value, self.kind.api_version, version)));
        }
        Some(if served.is_stored() {
            Cow::Borrowed(value)
        } else {
            Cow::Owned(served.downgrade(value.clone()))
        })
    }

    /// An object of one version as it is in another; unchanged when there is no such version.
    pub(crate) fn turned(&self, value: &Value, from: &str, to: &str) -> Value {
        match (self.served(from), self.served(to)) {
            (Some(_), Some(_)) if self.turns.is_some() => {
                self.turns().map_or_else(|| value.clone(), |turns| turns.look(value, from, to))
            }
            (Some(one), Some(other)) if from != to => other.downgrade(one.upgrade(value.clone())),
            _ => value.clone(),
        }
    }

    /// Whether objects are stored in this version.
    pub(crate) fn is_stored(&self, version: &str) -> bool {
        version == self.kind.api_version
    }

    fn served(&self, version: &str) -> Option<Served> {
        if version == self.kind.api_version {
            return Some(Served::stored(self.kind));
        }
        shared_api::serving(version, self.kind.kind)
    }
}
