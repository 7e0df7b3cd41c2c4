//! RFC 6902: a list of operations, all or none.

use json_patch::PatchOperation;
use serde_json::Value;
use shared_api::{Reason, Refusal};
use std::slice;

/// Kubernetes takes no longer patches either.
const LONGEST: usize = 10_000;
/// What the copies of one patch may add up to; a few operations could double an object for ever.
const COPIED: usize = 3 * 1024 * 1024;
/// What all operations may look at and push aside; few of them could walk over an object for ever.
const WORK: usize = 256 * 1024 * 1024;
/// How deep the outcome may nest: no deeper than a body that is read.
const DEEPEST: usize = 120;

pub(crate) fn apply(mut before: Value, body: &Value) -> Result<Value, Refusal> {
    let patch: json_patch::Patch = serde::Deserialize::deserialize(body)
        .map_err(|e| Refusal::bad_request(format!("error decoding the JSON patch: {e}")))?;
    if patch.0.len() > LONGEST {
        let why = format!("the JSON patch has {} operations, {LONGEST} are allowed", patch.0.len());
        return Err(Refusal::new(Reason::RequestEntityTooLarge, why));
    }
    let (mut copied, mut work) = (0, 0_usize);
    for (place, operation) in patch.0.iter().enumerate() {
        let added = measured(&before, operation);
        copied += if matches!(operation, PatchOperation::Copy(_)) { added.bytes } else { 0 };
        work = work.saturating_add(added.bytes).saturating_add(pushed(&before, operation));
        if work > WORK {
            let why = format!("operation {place} of the JSON patch is more work than one patch may be");
            return Err(Refusal::new(Reason::RequestEntityTooLarge, why));
        }
        if copied > COPIED {
            let why = format!("the JSON patch copies more than {COPIED} bytes");
            return Err(Refusal::new(Reason::RequestEntityTooLarge, why));
        }
        if operation.path().count() + added.depth > DEEPEST {
            let why = format!("operation {place} of the JSON patch nests deeper than {DEEPEST} levels");
            return Err(Refusal::new(Reason::Invalid, why));
        }
        // Upstream answers 422 for a test that fails as for an operation that cannot be done.
        json_patch::patch_unsafe(&mut before, slice::from_ref(operation)).map_err(|mut e| {
            e.operation = place;
            Refusal::new(Reason::Invalid, format!("the JSON patch cannot be applied: {e}"))
        })?;
    }
    Ok(before)
}

/// How large a value is, about.
#[derive(Default)]
struct Size {
    depth: usize,
    bytes: usize,
}

/// What an operation puts somewhere; nothing when it only takes away or looks.
fn measured(before: &Value, operation: &PatchOperation) -> Size {
    let value = match operation {
        PatchOperation::Add(add) => Some(&add.value),
        PatchOperation::Replace(replace) => Some(&replace.value),
        PatchOperation::Move(moved) => before.pointer(moved.from.as_str()),
        PatchOperation::Copy(copy) => before.pointer(copy.from.as_str()),
        PatchOperation::Remove(_) | PatchOperation::Test(_) => None,
    };
    value.map(size).unwrap_or_default()
}

/// How much of the lists an operation changes it may have to push aside.
fn pushed(before: &Value, operation: &PatchOperation) -> usize {
    let of = |path: &str| {
        let list = path.rsplit_once('/').and_then(|(list, _)| before.pointer(list));
        list.and_then(Value::as_array).map_or(0, |list| list.len() * size_of::<Value>())
    };
    let from = match operation {
        PatchOperation::Move(moved) => of(moved.from.as_str()),
        _ => 0,
    };
    of(operation.path().as_str()) + from
}

fn size(value: &Value) -> Size {
    let under = |whole: Size, part: &Value, more: usize| {
        let part = size(part);
        Size { depth: whole.depth.max(part.depth + 1), bytes: whole.bytes + part.bytes + more }
    };
    let empty = Size { depth: 1, bytes: 8 };
    match value {
        Value::Object(map) => map.iter().fold(empty, |whole, (key, part)| under(whole, part, key.len())),
        Value::Array(list) => list.iter().fold(empty, |whole, part| under(whole, part, 0)),
        Value::String(text) => Size { depth: 0, bytes: 8 + text.len() },
        Value::Null | Value::Bool(_) | Value::Number(_) => Size { depth: 0, bytes: 8 },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn operations_happen_in_order() {
        let patch = json!([
            {"op": "test", "path": "/a", "value": 1},
            {"op": "add", "path": "/l/-", "value": 3},
            {"op": "remove", "path": "/a"},
        ]);
        assert_eq!(apply(json!({"a": 1, "l": [2]}), &patch), Ok(json!({"l": [2, 3]})));
    }

    #[test]
    fn a_patch_does_not_grow_an_object_without_bound() {
        let doubled = json!({"op": "copy", "from": "", "path": "/a"});
        let reason = |patch: Value| apply(json!({"a": "x".repeat(100)}), &patch).map_err(|r| r.reason);
        assert!(reason(vec![doubled.clone(); 4].into()).is_ok());
        assert_eq!(reason(vec![doubled; 200].into()), Err(Reason::Invalid), "too deep");
        let wide = json!([{"op": "add", "path": "/l", "value": [["x".repeat(1000)]]}]);
        let again = json!({"op": "copy", "from": "/l", "path": "/l/0/-"});
        let wide: Vec<_> = wide.as_array().into_iter().flatten().cloned().chain(vec![again; 30]).collect();
        assert_eq!(reason(wide.into()), Err(Reason::RequestEntityTooLarge), "too much");
        let deeper = [
            json!({"op": "add", "path": "/b", "value": {}}),
            json!({"op": "move", "from": "/a", "path": "/b/a"}),
            json!({"op": "move", "from": "/b", "path": "/a"}),
        ];
        let deeper: Vec<_> = deeper.iter().cycle().take(900).cloned().collect();
        assert_eq!(reason(deeper.into()), Err(Reason::Invalid), "too deep");
    }

    #[test]
    fn a_patch_does_not_work_without_bound() {
        let before = json!({"l": vec![0; 200_000], "m": {}});
        let pushing = json!({"op": "add", "path": "/l/0", "value": 0});
        let moving = [
            json!({"op": "move", "from": "/l", "path": "/m/l"}),
            json!({"op": "move", "from": "/m/l", "path": "/l"}),
        ];
        let moving: Vec<_> = moving.into_iter().cycle().take(LONGEST).collect();
        for patch in [vec![pushing; LONGEST], moving] {
            let refused = apply(before.clone(), &patch.into()).unwrap_err();
            assert!(refused.message.ends_with("is more work than one patch may be"), "{refused}");
        }
    }

    #[test]
    fn a_failed_test_is_invalid_and_nonsense_a_bad_request() {
        let reason = |patch| apply(json!({"a": 1}), &patch).map_err(|r| r.reason);
        assert_eq!(reason(json!([{"op": "test", "path": "/a", "value": 2}])), Err(Reason::Invalid));
        assert_eq!(reason(json!([{"op": "remove", "path": "/b"}])), Err(Reason::Invalid));
        assert_eq!(reason(json!({"op": "remove"})), Err(Reason::BadRequest));
    }
}
