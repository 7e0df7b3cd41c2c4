//! Who owns which field of an object, and what that means for those who write it.
//!
//! Every write makes its writer the owner of the fields it gives another value; who *applies* owns what
//! they apply, and is told when somebody else set it otherwise. All of it is pure: JSON and sets in, JSON and
//! sets out. How a type's values merge is known from `shared_api::schema`; of what is not known there, lists
//! are one thing and maps merge.

mod apply;
mod compare;
mod fresh;
mod managers;
mod merge;
mod place;
mod set;
mod step;
mod update;
mod versions;

#[cfg(test)]
mod tests;

pub(crate) use managers::{Managers, Operation};
pub(crate) use update::{LONGEST_NAME, Write, name_of};

use serde_json::{Map, Value};
use shared_api::{Draft, Object, meta::ManagedFieldsEntry};

/// What becomes of an object, and, where that is settled already, who then owns what.
pub(crate) struct Became {
    pub(crate) value: Value,
    pub(crate) managers: Option<Managers>,
}

impl From<Value> for Became {
    fn from(value: Value) -> Self {
        Self { value, managers: None }
    }
}

impl Write {
    /// `metadata.managedFields` of a new object. `sent` is what its author says about them.
    pub(crate) fn created(
        &self,
        draft: &dyn Draft,
        sent: Option<Vec<ManagedFieldsEntry>>,
    ) -> Option<Vec<u8>> {
        let before = sent.filter(|sent| !is_reset(sent)).and_then(|sent| Managers::read(&sent));
        let new = json_of(draft);
        match before {
            // A version of its own has fields of its own.
            None if self.versions.is_stored(&self.who.version) => self.fresh(&new),
            before => self.update(before.unwrap_or_default(), &Value::Object(Map::new()), &new).json(),
        }
    }

    /// `metadata.managedFields` of an object that changes; those it has when nothing does.
    pub(crate) fn changed(
        &self,
        old: &Object,
        draft: &dyn Draft,
        sent: Option<Vec<ManagedFieldsEntry>>,
    ) -> Option<Vec<u8>> {
        // A part of an object says nothing about who owns the rest.
        let said = match sent.filter(|_| self.who.part.is_empty()) {
            Some(sent) if is_reset(&sent) => Some(Managers::default()),
            Some(sent) => Managers::read(&sent).filter(|managers| !managers.0.is_empty()),
            None => None,
        };
        let (was, is) = (old.bare_value(), json_of(draft));
        let same = self.difference(&self.who.version, &was, &is).is_none_or(|it| it.is_empty());
        match said {
            None if same => old.managed().map(<[u8]>::to_vec),
            None => self.update(Managers::stored(old.managed()), &was, &is).json(),
            Some(before) => self.update(before, &was, &is).json(),
        }
    }
}

/// Whether somebody wants all owners forgotten: an empty list, or one entry that says nothing.
fn is_reset(sent: &[ManagedFieldsEntry]) -> bool {
    match sent {
        [] => true,
        [one] => *one == ManagedFieldsEntry::default(),
        _ => false,
    }
}

fn json_of(draft: &dyn Draft) -> Value {
    serde_json::from_slice(&draft.encode().json).unwrap_or_default()
}
