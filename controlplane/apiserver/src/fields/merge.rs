//! What is applied, laid over what is there; and what is there, without some of its fields.

use super::{
    place::{Merge, Place},
    set::FieldSet,
    step::Step,
};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// `live` with what `applied` says. Of a list that merges, the items keep the order they are applied in,
/// and the others stay where they are between them.
pub(crate) fn merge(place: Place, live: &Value, applied: &Value) -> Value {
    match (place.merge(live), live, applied) {
        (Merge::Map, Value::Object(live), Value::Object(applied)) => {
            let mut merged = live.clone();
            for (name, value) in applied {
                let below = place.field(name);
                let value = live.get(name).map_or_else(|| value.clone(), |there| merge(below, there, value));
                merged.insert(name.clone(), value);
            }
            Value::Object(merged)
        }
        (how @ (Merge::Set | Merge::Keyed(_)), Value::Array(live), Value::Array(applied)) => {
            Value::Array(merge_lists(place, how, live, applied))
        }
        // Null over what has parts says nothing about them.
        (Merge::Map, Value::Object(there), Value::Null) if !there.is_empty() => live.clone(),
        (Merge::Set | Merge::Keyed(_), Value::Array(there), Value::Null) if !there.is_empty() => live.clone(),
        _ => applied.clone(),
    }
}

fn merge_lists(place: Place, how: Merge, live: &[Value], applied: &[Value]) -> Vec<Value> {
    let there: BTreeMap<Step, &Value> =
        live.iter().filter_map(|item| Some((place.step(how, item)?, item))).collect();
    let wanted: Vec<(Step, &Value)> = place.steps(how, applied).collect();
    let places: BTreeMap<&Step, usize> =
        wanted.iter().enumerate().map(|(at, (step, _))| (step, at)).collect();
    // The next place in the order of what is applied at which both have the item.
    let shared = |from: usize| {
        (from..wanted.len()).find(|at| there.contains_key(&wanted[*at].0)).unwrap_or(wanted.len())
    };
    let merged = |(step, item): &(Step, &Value)| {
        there.get(step).map_or_else(|| (*item).clone(), |there| merge(place.item(), there, item))
    };
    let (mut out, mut next) = (Vec::with_capacity(live.len() + applied.len()), 0);
    for item in live {
        match place.step(how, item).and_then(|step| places.get(&step).copied()) {
            None => out.push(item.clone()),
            Some(at) if at >= next && at == shared(next) => {
                out.extend(wanted[next..=at].iter().map(merged));
                next = at + 1;
            }
            // It comes later in the order of what is applied, or came already.
            Some(_) => {}
        }
    }
    out.extend(wanted[next..].iter().map(merged));
    out
}

/// `value` without the members of `fields`; `None` when nothing is left of it.
pub(crate) fn remove(place: Place, value: &Value, fields: &FieldSet) -> Option<Value> {
    if fields.is_empty() {
        return Some(value.clone());
    }
    // What is gone at a step, and what is left of the rest.
    let left = |step: &Step, below: Place, value: &Value| match fields.at(step) {
        None => Some(value.clone()),
        Some(gone) if gone.member => None,
        Some(gone) => remove(below, value, gone),
    };
    match (place.merge(value), value) {
        (Merge::Map, Value::Object(entries)) => {
            let kept = entries.iter().filter_map(|(name, value)| {
                Some((name.clone(), left(&Step::field(name), place.field(name), value)?))
            });
            let kept: Map<_, _> = kept.collect();
            (!kept.is_empty() || entries.is_empty()).then_some(Value::Object(kept))
        }
        (how @ (Merge::Set | Merge::Keyed(_)), Value::Array(items)) => {
            let kept: Vec<_> =
                place.steps(how, items).filter_map(|(step, item)| left(&step, place.item(), item)).collect();
            (!kept.is_empty() || items.is_empty()).then_some(Value::Array(kept))
        }
        _ => Some(value.clone()),
    }
}

/// Why what is applied cannot be: fields its type does not have, items that cannot be told apart. Each says where.
pub(crate) fn troubles(place: Place, applied: &Value, strict: bool) -> Vec<String> {
    let mut found = Vec::new();
    trouble(place, applied, strict, "", &mut found);
    found
}

fn trouble(place: Place, value: &Value, strict: bool, path: &str, found: &mut Vec<String>) {
    match (place.merge(value), value) {
        (Merge::Map, Value::Object(fields)) => {
            for (name, value) in fields {
                let path = format!("{path}.{name}");
                if strict && place.closed() && !place.has(name) {
                    found.push(format!("{path}: field not declared in schema"));
                } else {
                    trouble(place.field(name), value, strict, &path, found);
                }
            }
        }
        (how @ (Merge::Set | Merge::Keyed(_)), Value::Array(items)) => {
            let mut seen = BTreeSet::new();
            for (at, item) in items.iter().enumerate() {
                let Some(step) = place.step(how, item) else {
                    found.push(match how {
                        Merge::Keyed(keys) => format!(
                            "{path}: element {at}: associative list with keys has an element that omits key field {:?} (and doesn't have default value)",
                            keys.iter().next().unwrap_or_default()
                        ),
                        _ => format!("{path}: element {at}: associative list without keys has an element that's a map type"),
                    });
                    continue;
                };
                let below = format!("{path}{step}");
                if !seen.insert(step.clone()) {
                    found.push(format!("{path}: duplicate entries for key {step}"));
                }
                trouble(place.item(), item, strict, &below, found);
            }
        }
        _ => {}
    }
}
