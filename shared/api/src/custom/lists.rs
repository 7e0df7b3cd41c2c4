//! Lists whose items are told apart: no two of them are the same.

use super::{
    check::Place,
    schema::{Lists, Schema},
};
use crate::Invalid;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

impl Lists {
    /// What tells an item from the others; `None` when nothing does.
    pub(super) fn key(&self, item: &Value, of: Option<&Schema>) -> Option<Value> {
        match self {
            Self::Atomic => None,
            Self::Set => Some(item.clone()),
            Self::Map(keys) => {
                let fields = item.as_object()?;
                let usual = |key: &str| of?.properties.get(key)?.default.as_ref();
                let value = |key: &String| Some((key.clone(), fields.get(key).or(usual(key))?.clone()));
                Some(Value::Object(keys.iter().filter_map(value).collect::<Map<_, _>>()))
            }
        }
    }

    /// Records items that are there twice.
    pub(super) fn check(
        &self,
        items: &[Value],
        of: Option<&Schema>,
        place: &Place<'_>,
        invalid: &mut Invalid,
    ) {
        let mut seen = BTreeSet::new();
        for (index, item) in items.iter().enumerate() {
            let Some(key) = self.key(item, of) else { continue };
            if !seen.insert(key.to_string()) {
                invalid.duplicate(format!("{}[{index}]", place.path()), &key);
            }
        }
    }
}
