//! The versions a kind's objects have been written in: each owner's fields are named in one of them.

use super::place::Place;
use serde_json::Value;
use shared_api::{KindInfo, Served};
use std::borrow::Cow;

/// A kind and what its objects look like in each version.
#[derive(Clone, Copy)]
pub(crate) struct Versions {
    kind: &'static KindInfo,
    place: Place,
}

impl Versions {
    pub(crate) fn of(kind: &'static KindInfo) -> Self {
        Self { kind, place: Place::of(kind) }
    }

    /// What is known of an object. Older versions have the same fields, or unknown ones.
    pub(crate) fn place(&self) -> Place {
        self.place
    }

    /// A stored object as it is in a version; `None` when there is no such version.
    pub(crate) fn shown<'a>(&self, value: &'a Value, version: &str) -> Option<Cow<'a, Value>> {
        let served = self.served(version)?;
        Some(if served.is_stored() {
            Cow::Borrowed(value)
        } else {
            Cow::Owned(served.downgrade(value.clone()))
        })
    }

    /// An object of one version as it is in another; unchanged when there is no such version.
    pub(crate) fn turned(&self, value: &Value, from: &str, to: &str) -> Value {
        match (self.served(from), self.served(to)) {
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
