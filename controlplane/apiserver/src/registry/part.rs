//! Writing the part that is meant: the status is left alone by a write of the object, and the object
//! by a write of its status.

use serde_json::{Map, Value};
use shared_api::{KindInfo, Refusal};

/// A write of the whole object, without what it says about parts written elsewhere. `status` is what
/// the object has now.
pub(crate) fn isolate(kind: &KindInfo, mut new: Value, status: Option<Value>) -> Value {
    if kind.subresources.contains(&"status")
        && let Some(fields) = new.as_object_mut()
    {
        match status {
            Some(status) => fields.insert("status".into(), status),
            None => fields.remove("status"),
        };
    }
    new
}

/// `old` with only one part taken from `new`, and with what `new` says about which state it was made for.
pub(crate) fn only(kind: &KindInfo, part: &str, mut old: Value, mut new: Value) -> Result<Value, Refusal> {
    if !kind.subresources.contains(&part) {
        return Err(no_part(kind, part));
    }
    let path: &[&str] = match part {
        "status" => &["status"],
        "ephemeralcontainers" => &["spec", "ephemeralContainers"],
        "approval" => &["status", "conditions"],
        "finalize" => &["spec", "finalizers"],
        _ => return Err(no_part(kind, part)),
    };
    put(&mut old, path, take(&mut new, path));
    for field in ["resourceVersion", "uid"] {
        put(&mut old, &["metadata", field], take(&mut new, &["metadata", field]));
    }
    Ok(old)
}

/// The kind has no such part.
pub(crate) fn no_part(kind: &KindInfo, part: &str) -> Refusal {
    let why = format!("the server could not find the requested resource: {} have no {part:?}", kind.plural);
    Refusal::new(shared_api::Reason::NotFound, why)
}

fn take(value: &mut Value, path: &[&str]) -> Option<Value> {
    let (last, parents) = path.split_last()?;
    let parent = parents.iter().try_fold(value, |v, field| v.get_mut(field))?;
    parent.as_object_mut()?.remove(*last)
}

fn put(value: &mut Value, path: &[&str], new: Option<Value>) {
    let Some((last, parents)) = path.split_last() else { return };
    let mut place = value;
    for field in parents {
        let Some(fields) = place.as_object_mut() else { return };
        place = fields.entry(*field).or_insert_with(|| Value::Object(Map::new()));
    }
    let Some(fields) = place.as_object_mut() else { return };
    match new {
        Some(new) => fields.insert((*last).into(), new),
        None => fields.remove(*last),
    };
}
