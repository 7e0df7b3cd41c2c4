//! Kubernetes' strategic merge: maps merge, and lists of objects merge by a key that their type
//! declares. `$patch`, `$retainKeys`, `$deleteFromPrimitiveList/…` and `$setElementOrder/…` direct it.

mod order;

use serde_json::{Map, Value};
use shared_api::{
    Refusal,
    schema::{Field, Patch, Shape, Type},
};

const DIRECTIVE: &str = "$patch";
const RETAIN: &str = "$retainKeys";
const DROP: &str = "$deleteFromPrimitiveList/";
const ORDER: &str = "$setElementOrder/";

/// Without a type every list is taken as a whole.
pub(crate) fn apply(of: Option<&'static Type>, before: Value, body: &Value) -> Result<Value, Refusal> {
    let (Value::Object(mut before), Value::Object(body)) = (before, body) else {
        return Err(Refusal::bad_request("a strategic merge patch is a JSON object"));
    };
    merge_map(Place { of, parent: "" }, &mut before, body)?;
    Ok(Value::Object(before))
}

/// Where a value stands: what type it is of, and the field it is under.
#[derive(Clone, Copy)]
struct Place<'a> {
    of: Option<&'static Type>,
    parent: &'a str,
}

/// How a list merges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum List {
    /// The patch's list replaces it.
    Atomic,
    /// A set of plain values.
    Set,
    /// Items are the same when this field is.
    Keyed(&'static str),
}

impl Place<'_> {
    /// What stands under a field.
    fn below<'a>(&self, field: &'a str) -> Place<'a> {
        let shape = self.of.and_then(|of| of.field(field)).map(|field| &field.shape);
        Place { of: shape.and_then(inner), parent: field }
    }

    fn patch(&self, field: &str) -> Patch {
        self.of.and_then(|of| of.field(field)).map(Field::patch).unwrap_or_default()
    }

    fn list(&self, field: &str) -> List {
        let patch = self.patch(field);
        match patch.key {
            _ if !patch.merge => List::Atomic,
            Some(key) => List::Keyed(key),
            None => List::Set,
        }
    }

    /// Whether the patch's value takes the place of the old one, whatever it is.
    fn replaces(&self, field: &str) -> bool {
        self.patch(field).strategy == Some("replace")
    }
}

/// The type of the objects in a value, however they are gathered.
fn inner(shape: &Shape) -> Option<&'static Type> {
    match shape {
        Shape::Object(of) => Some(of.get()),
        Shape::List(item) | Shape::Map(item) => inner(item),
        _ => None,
    }
}

fn merge_map(
    place: Place<'_>,
    into: &mut Map<String, Value>,
    patch: &Map<String, Value>,
) -> Result<(), Refusal> {
    match patch.get(DIRECTIVE).map(|d| d.as_str().unwrap_or_default()) {
        None | Some("merge") => {}
        Some("replace") => {
            *into =
                patch.iter().filter(|(k, _)| *k != DIRECTIVE).map(|(k, v)| (k.clone(), v.clone())).collect();
            return Ok(());
        }
        Some("delete") => {
            into.clear();
            return Ok(());
        }
        Some(other) => return Err(unknown(other)),
    }
    if let Some(retained) = patch.get(RETAIN) {
        let retained = retained.as_array().ok_or_else(|| not_a_list(RETAIN))?;
        into.retain(|key, _| retained.iter().any(|r| r == key));
    }
    for (key, value) in patch {
        if let Some(field) = key.strip_prefix(DROP) {
            let dropped = value.as_array().ok_or_else(|| not_a_list(key))?;
            if let Some(Value::Array(list)) = into.get_mut(field) {
                list.retain(|item| !dropped.contains(item));
            }
        }
    }
    for (key, value) in patch.iter().filter(|(k, _)| !k.starts_with('$')) {
        merge_field(place, into, key, value, patch)?;
    }
    // An order may be given for a list that is otherwise left alone.
    for (key, value) in patch {
        let Some(field) = key.strip_prefix(ORDER) else { continue };
        let wanted = value.as_array().ok_or_else(|| not_a_list(key))?;
        if !patch.contains_key(field)
            && let Some(Value::Array(list)) = into.get_mut(field)
        {
            let before = list.clone();
            order::arrange(list, wanted, &before, place.list(field));
        }
    }
    Ok(())
}

fn merge_field(
    place: Place<'_>,
    into: &mut Map<String, Value>,
    key: &str,
    value: &Value,
    patch: &Map<String, Value>,
) -> Result<(), Refusal> {
    let below = place.below(key);
    match value {
        Value::Null => {
            into.remove(key);
        }
        Value::Object(_) if place.replaces(key) => {
            into.insert(key.into(), value.clone());
        }
        Value::Object(value) => {
            let slot = into.entry(key).or_insert_with(|| Value::Object(Map::new()));
            if !slot.is_object() {
                *slot = Value::Object(Map::new());
            }
            if value.get(DIRECTIVE).and_then(Value::as_str) == Some("delete") {
                into.remove(key);
            } else if let Value::Object(slot) = slot {
                merge_map(below, slot, value)?;
            }
        }
        Value::Array(value) => {
            let list = place.list(key);
            let before = match into.remove(key) {
                Some(Value::Array(before)) => before,
                _ => Vec::new(),
            };
            let mut merged = merge_list(below, list, before.clone(), value)?;
            if let Some(Value::Array(wanted)) = patch.get(&format!("{ORDER}{key}")) {
                order::arrange(&mut merged, wanted, &before, list);
            }
            into.insert(key.into(), Value::Array(merged));
        }
        Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            into.insert(key.into(), value.clone());
        }
    }
    Ok(())
}

fn merge_list(
    place: Place<'_>,
    list: List,
    mut into: Vec<Value>,
    patch: &[Value],
) -> Result<Vec<Value>, Refusal> {
    let says = |item: &Value, word: &str| item.get(DIRECTIVE).and_then(Value::as_str) == Some(word);
    let bare = |item: &Value| item.as_object().is_some_and(|o| o.len() == 1);
    if list == List::Atomic || patch.iter().any(|i| says(i, "replace") && bare(i)) {
        return Ok(patch.iter().filter(|item| item.get(DIRECTIVE).is_none()).cloned().collect());
    }
    let List::Keyed(key) = list else {
        for item in patch {
            if !into.contains(item) {
                into.push(item.clone());
            }
        }
        return Ok(into);
    };
    for item in patch {
        let (Some(fields), Some(id)) = (item.as_object(), item.get(key)) else {
            let why = format!("an item of {:?} does not contain its merge key {key:?}: {item}", place.parent);
            return Err(Refusal::bad_request(why));
        };
        if says(item, "delete") {
            into.retain(|there| there.get(key) != Some(id));
            continue;
        }
        let there = into.iter_mut().find(|there| there.get(key) == Some(id));
        if let Some(Value::Object(there)) = there {
            merge_map(place, there, fields)?;
        } else {
            let mut new = Map::new();
            merge_map(place, &mut new, fields)?;
            into.push(Value::Object(new));
        }
    }
    Ok(into)
}

fn unknown(directive: &str) -> Refusal {
    Refusal::bad_request(format!(
        "{DIRECTIVE}: {directive:?} is neither \"merge\", \"replace\" nor \"delete\""
    ))
}

fn not_a_list(directive: &str) -> Refusal {
    Refusal::bad_request(format!("{directive} takes a list"))
}

#[cfg(test)]
mod tests;
