//! Merge patches (RFC 7386), there and back: what undoes one where the object was known before.

use serde_json::{Map, Value};

/// `value` after the patch.
#[cfg(test)]
pub(crate) fn apply(value: &Value, patch: &Value) -> Value {
    let Value::Object(changes) = patch else { return patch.clone() };
    let mut fields = value.as_object().cloned().unwrap_or_default();
    for (name, change) in changes {
        if change.is_null() {
            fields.remove(name);
        } else {
            let there = fields.get(name).unwrap_or(&Value::Null);
            let after = apply(there, change);
            fields.insert(name.clone(), after);
        }
    }
    Value::Object(fields)
}

/// The patch that takes what `patch` made of `before` back to `before`.
pub(crate) fn inverse(before: &Value, patch: &Value) -> Value {
    let (Value::Object(before), Value::Object(changes)) = (before, patch) else { return before.clone() };
    let back = |(name, change): (&String, &Value)| {
        let there = before.get(name);
        let value = match (there, change) {
            (None, _) => Value::Null,
            (Some(there @ Value::Object(_)), Value::Object(_)) => inverse(there, change),
            (Some(there), _) => there.clone(),
        };
        (name.clone(), value)
    };
    Value::Object(changes.iter().map(back).collect::<Map<_, _>>())
}

/// The patch that makes `after` of `before`; `None` when they are the same.
pub(crate) fn between(before: &Value, after: &Value) -> Option<Value> {
    let (Value::Object(old), Value::Object(new)) = (before, after) else {
        return (before != after).then(|| after.clone());
    };
    let mut changes = Map::new();
    for (name, value) in new {
        let change = match old.get(name) {
            Some(there) => between(there, value),
            None => Some(value.clone()),
        };
        changes.extend(change.map(|change| (name.clone(), change)));
    }
    changes.extend(old.keys().filter(|name| !new.contains_key(*name)).map(|n| (n.clone(), Value::Null)));
    (!changes.is_empty()).then_some(Value::Object(changes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn a_patch_is_undone() {
        let before = json!({"a": {"b": 1, "c": [1]}, "d": "x"});
        let patch = json!({"a": {"b": null, "e": {"f": 1}}, "d": {"g": 1}, "h": 2});
        let back = inverse(&before, &patch);
        assert_eq!(back, json!({"a": {"b": 1, "e": null}, "d": "x", "h": null}));
        assert_eq!(apply(&apply(&before, &patch), &back), before);
        assert_eq!(between(&before, &apply(&before, &json!({"d": "y"}))), Some(json!({"d": "y"})));
        assert_eq!(between(&before, &before), None);
    }

    /// Objects as the API has them: no nulls inside.
    fn json_like(nulls: bool) -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<u8>().prop_map(|n| json!(n)),
            Just(if nulls { Value::Null } else { json!("text") }),
            Just(json!([1, 2])),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop::collection::btree_map("[a-c]", inner, 1..4).prop_map(|m| json!(m))
        })
    }

    fn objects(nulls: bool) -> impl Strategy<Value = Value> {
        prop::collection::btree_map("[a-c]", json_like(nulls), 0..4).prop_map(|m| json!(m))
    }

    proptest! {
        #[test]
        fn do_then_undo_is_nothing(before in objects(false), patch in objects(true)) {
            let after = apply(&before, &patch);
            prop_assert_eq!(apply(&after, &inverse(&before, &patch)), before);
        }

        #[test]
        fn what_lies_between_leads_there(before in objects(false), after in objects(false)) {
            let there = between(&before, &after).map_or(before.clone(), |p| apply(&before, &p));
            prop_assert_eq!(there, after);
        }
    }
}
