//! Kubernetes' strategic merge: maps merge, and lists of objects merge by a key that their type
//! declares. `$patch`, `$retainKeys`, `$deleteFromPrimitiveList/…` and `$setElementOrder/…` direct it.

mod lists;
mod order;

use lists::List;
use serde_json::{Map, Value};
use shared_api::Refusal;

const DIRECTIVE: &str = "$patch";
const RETAIN: &str = "$retainKeys";
const DROP: &str = "$deleteFromPrimitiveList/";
const ORDER: &str = "$setElementOrder/";

pub(crate) fn apply(kind: &str, before: Value, body: &Value) -> Result<Value, Refusal> {
    let (Value::Object(mut before), Value::Object(body)) = (before, body) else {
        return Err(Refusal::bad_request("a strategic merge patch is a JSON object"));
    };
    merge_map(Place { kind, parent: "" }, &mut before, body)?;
    Ok(Value::Object(before))
}

/// Where a value stands: in which kind, under which field.
#[derive(Clone, Copy)]
struct Place<'a> {
    kind: &'a str,
    parent: &'a str,
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
            order::arrange(list, wanted, &before, lists::of(place.kind, place.parent, field));
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
    let below = Place { kind: place.kind, parent: key };
    match value {
        Value::Null => {
            into.remove(key);
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
            let list = lists::of(place.kind, place.parent, key);
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
