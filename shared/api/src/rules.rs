//! What a kind knows of its objects: of those that are compiled in, by their type.

use crate::{Draft, Heading, Kind, Object, Refusal, Timestamp, draft};
use serde_json::Value;
use std::{any::Any, fmt::Debug, marker::PhantomData, sync::Arc};

/// An `Arc<K>`, its type erased.
pub(crate) type Typed = Box<dyn Any + Send + Sync>;

/// What a kind knows of its objects.
pub(crate) trait Rules: Debug + Send + Sync {
    /// Decodes a manifest that was written in a version; names the field on failure, and lists unknown fields.
    fn decode(&self, value: Value, written: &str) -> Result<draft::Decoded, Refusal>;
    /// The typed form of a stored object, to compare a draft with.
    fn draft(&self, object: &Object) -> Result<Box<dyn Draft>, serde_json::Error>;
    /// Heads of the table's columns after the name.
    fn headings(&self, version: &str) -> Vec<Heading>;
    /// What a table shows as the name.
    fn name(&self, object: &Object) -> String {
        object.name().into()
    }
    /// Cells of one table row after the name, at a moment.
    fn row(&self, object: &Object, version: &str, now: Timestamp) -> Vec<String>;
    /// A selectable field of an object besides its name and its namespace.
    fn field(&self, object: &Object, path: &str) -> Option<String>;
    /// Every selectable field besides the name and the namespace.
    fn fields(&self) -> Vec<&'static str>;
    /// The typed form of an object's bytes, an `Arc<K>`, of a kind that has one.
    fn typed(&self, _bytes: &[u8]) -> serde_json::Result<Typed> {
        Err(serde::de::Error::custom("custom kinds have no type"))
    }
    /// The bytes of a typed object, a `&K`.
    fn bytes(&self, _object: &dyn Any) -> Vec<u8> {
        Vec::new()
    }
}

/// The rules of a kind that has a type.
#[derive(Debug)]
pub(crate) struct Compiled<K>(PhantomData<fn() -> K>);

impl<K: Kind> Compiled<K> {
    pub(crate) const RULES: &'static dyn Rules = &Self(PhantomData);
}

impl<K: Kind> Rules for Compiled<K> {
    fn decode(&self, value: Value, _written: &str) -> Result<draft::Decoded, Refusal> {
        draft::decode::<K>(value)
    }

    fn draft(&self, object: &Object) -> Result<Box<dyn Draft>, serde_json::Error> {
        Ok(Box::new((*object.to_kind::<K>()?).clone()))
    }

    fn headings(&self, _version: &str) -> Vec<Heading> {
        K::COLUMNS.iter().map(|c| c.heading).collect()
    }

    fn name(&self, object: &Object) -> String {
        let typed = K::NAME.and_then(|name| Some(name(&*object.to_kind::<K>().ok()?)));
        typed.unwrap_or_else(|| object.name().into())
    }

    fn row(&self, object: &Object, _version: &str, now: Timestamp) -> Vec<String> {
        let cells = |k: &K| K::COLUMNS.iter().map(|c| (c.cell)(k, now)).collect();
        object.to_kind::<K>().map_or_else(|_| vec!["<undecodable>".into(); K::COLUMNS.len()], |k| cells(&k))
    }

    fn field(&self, object: &Object, path: &str) -> Option<String> {
        let field = K::FIELDS.iter().find(|f| f.path == path)?;
        object.to_kind::<K>().ok().map(|k| (field.get)(&k))
    }

    fn fields(&self) -> Vec<&'static str> {
        K::FIELDS.iter().map(|f| f.path).collect()
    }

    fn typed(&self, bytes: &[u8]) -> serde_json::Result<Typed> {
        Ok(Box::new(Arc::new(serde_json::from_slice::<K>(bytes)?)))
    }

    fn bytes(&self, object: &dyn Any) -> Vec<u8> {
        let object = object.downcast_ref::<K>().expect("the kind was found by its own name");
        serde_json::to_vec(object).expect("a kind can be encoded")
    }
}
