//! What `apply` changes: a merge patch from what was last applied, what is wanted and what is there.

use serde_json::{Map, Value};

/// Where `kubectl apply`, and we, remember what was last applied.
pub(crate) const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// `wanted` with the annotation that remembers it.
pub(crate) fn remembered(wanted: &Value) -> Value {
    let mut plain = wanted.clone();
    if let Some(annotations) = plain["metadata"]["annotations"].as_object_mut() {
        annotations.remove(LAST_APPLIED);
    }
    let mut marked = plain.clone();
    marked["metadata"]["annotations"][LAST_APPLIED] = format!("{plain}\n").into();
    marked
}

/// The merge patch (RFC 7386) that makes `live` as `wanted`, removing what `last` had and `wanted` has
/// not. `None` when nothing has to change.
pub(crate) fn patch(last: &Value, wanted: &Value, live: &Value) -> Option<Value> {
    let changed = diff(last, wanted, live)?;
    Some(changed)
}

fn diff(last: &Value, wanted: &Value, live: &Value) -> Option<Value> {
    match (wanted, live) {
        (Value::Object(wanted), Value::Object(live)) => {
            let mut found = Map::new();
            for (key, value) in wanted {
                let nothing = Value::Null;
                let change = match live.get(key) {
                    Some(there) => diff(last.get(key).unwrap_or(&nothing), value, there),
                    None if value.is_null() => None,
                    None => Some(value.clone()),
                };
                if let Some(change) = change {
                    found.insert(key.clone(), change);
                }
            }
            let gone = last.as_object().into_iter().flatten().map(|(key, _)| key);
            for key in gone.filter(|k| !wanted.contains_key(*k) && live.contains_key(*k)) {
                found.insert(key.clone(), Value::Null);
            }
            (!found.is_empty()).then_some(Value::Object(found))
        }
        (wanted, live) if covers(live, wanted) => None,
        (wanted, _) => Some(wanted.clone()),
    }
}

/// Whether `live` has everything that `wanted` says; the server may have completed it.
fn covers(live: &Value, wanted: &Value) -> bool {
    match (live, wanted) {
        (Value::Object(live), Value::Object(wanted)) => {
            wanted.iter().all(|(k, v)| v.is_null() || live.get(k).is_some_and(|l| covers(l, v)))
        }
        (Value::Array(live), Value::Array(wanted)) => {
            live.len() == wanted.len() && live.iter().zip(wanted).all(|(l, w)| covers(l, w))
        }
        (live, wanted) => live == wanted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[allow(clippy::needless_pass_by_value)] // so that the table below stays free of `&`
    fn check(last: Value, wanted: Value, live: Value, patched: Option<Value>) {
        assert_eq!(patch(&last, &wanted, &live), patched);
    }

    #[test]
    fn only_what_differs_is_sent() {
        check(json!({"a": 1}), json!({"a": 1}), json!({"a": 1, "b": 2}), None);
        check(json!({"a": 1}), json!({"a": 2}), json!({"a": 1, "b": 2}), Some(json!({"a": 2})));
        check(json!({"a": 1, "c": 1}), json!({"a": 1}), json!({"a": 1, "c": 1}), Some(json!({"c": null})));
        check(json!({}), json!({"x": {"y": 1}}), json!({"x": {"z": 2}}), Some(json!({"x": {"y": 1}})));
    }

    #[test]
    fn a_list_that_the_server_completed_is_unchanged() {
        let live = json!({"ports": [{"port": 80, "protocol": "TCP"}]});
        check(json!({}), json!({"ports": [{"port": 80}]}), live.clone(), None);
        check(json!({}), json!({"ports": [{"port": 81}]}), live, Some(json!({"ports": [{"port": 81}]})));
    }
}
