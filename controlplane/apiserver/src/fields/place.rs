//! What is known of the type of a value: whether it is one thing, and which of its items are the same.

use super::step::{Plain, Step};
use serde_json::Value;
use shared_api::{
    KindInfo,
    schema::{self, Keys, Shape, Type},
};

/// How a value merges with another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Merge {
    /// It is one thing: written, and owned, as a whole.
    Atomic,
    /// Field by field, entry by entry.
    Map,
    /// A list in which every value is there once.
    Set,
    /// A list of items that are the same when these fields are.
    Keyed(Keys),
}

/// What is known of the type of a value. Of what nobody knows, lists are one thing and maps are not.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    shape: Option<Shape>,
    known: Option<&'static Type>,
    merge: schema::Merge,
}

impl Place {
    const UNKNOWN: Self = Self { shape: None, known: None, merge: schema::Merge::Granular };

    /// An object of a kind.
    pub(crate) fn of(kind: &KindInfo) -> Self {
        Self { known: schema::of(kind.group, kind.version, kind.kind), ..Self::UNKNOWN }
    }

    /// An object of a type.
    pub(crate) fn of_type(of: &'static Type) -> Self {
        Self { known: Some(of), ..Self::UNKNOWN }
    }

    /// A field of a struct or an entry of a map.
    pub(crate) fn field(self, name: &str) -> Self {
        match (self.known, self.shape) {
            (Some(of), _) => {
                of.field(name).map_or(Self::UNKNOWN, |field| Self::shaped(field.shape, field.merge()))
            }
            (None, Some(Shape::Map(entry))) => Self::inner(*entry),
            _ => Self::UNKNOWN,
        }
    }

    /// An item of a list.
    pub(crate) fn item(self) -> Self {
        match self.shape {
            Some(Shape::List(item)) => Self::inner(*item),
            _ => Self::UNKNOWN,
        }
    }

    fn inner(shape: Shape) -> Self {
        let merge = match shape {
            Shape::Object(of) if !of.is_atomic() => schema::Merge::Granular,
            Shape::Object(_) | Shape::List(_) => schema::Merge::Atomic,
            _ => schema::Merge::Granular,
        };
        Self::shaped(shape, merge)
    }

    fn shaped(shape: Shape, merge: schema::Merge) -> Self {
        let known = if let Shape::Object(of) = shape { Some(of.get()) } else { None };
        Self { shape: Some(shape), known, merge }
    }

    /// Whether it is a struct that has this field.
    pub(crate) fn has(self, field: &str) -> bool {
        self.known.is_some_and(|of| of.field(field).is_some())
    }

    /// Whether it can have no other fields than those that are known.
    pub(crate) fn closed(self) -> bool {
        self.known.is_some_and(|of| !of.is_open())
    }

    /// How such a value merges.
    pub(crate) fn merge(self, value: &Value) -> Merge {
        match (value, self.merge) {
            (Value::Object(_), schema::Merge::Granular) if self.is_map() => Merge::Map,
            (Value::Array(_), schema::Merge::Set) => Merge::Set,
            (Value::Array(_), schema::Merge::Keys(keys)) => Merge::Keyed(keys),
            _ => Merge::Atomic,
        }
    }

    fn is_map(self) -> bool {
        matches!(self.shape, None | Some(Shape::Any | Shape::Object(_) | Shape::Map(_)))
    }

    /// The step to an item of this list; `None` when it has nothing that tells it from others.
    pub(crate) fn step(self, merge: Merge, item: &Value) -> Option<Step> {
        match merge {
            Merge::Set => (!item.is_object() && !item.is_array()).then(|| Step::Value(Plain(item.clone()))),
            Merge::Keyed(keys) => {
                let fields = item.as_object()?;
                let of = self.item().known;
                let default = |key: &str| serde_json::from_str(of?.field(key)?.default()?).ok();
                let value = |key: &str| match fields.get(key) {
                    None | Some(Value::Null) => default(key),
                    Some(value) => Some(value.clone()),
                };
                let values = keys.iter().filter_map(|key| Some((key.to_owned(), Plain(value(key)?))));
                let mut values: Vec<_> = values.collect();
                values.sort();
                values.iter().any(|(key, _)| fields.contains_key(key)).then_some(Step::Key(values))
            }
            Merge::Atomic | Merge::Map => None,
        }
    }

    /// The items of this list with the steps that lead to them.
    pub(crate) fn steps(self, merge: Merge, items: &[Value]) -> impl Iterator<Item = (Step, &Value)> {
        items.iter().enumerate().map(move |(at, item)| {
            let place = || Step::Index(at as u64);
            (self.step(merge, item).unwrap_or_else(place), item)
        })
    }
}
