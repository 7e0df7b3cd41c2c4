//! RFC 6902: a list of operations, all or none.

use serde_json::Value;
use shared_api::{Reason, Refusal};

/// Kubernetes takes no longer patches either.
const LONGEST: usize = 10_000;

pub(crate) fn apply(mut before: Value, body: &Value) -> Result<Value, Refusal> {
    let patch: json_patch::Patch = serde::Deserialize::deserialize(body)
        .map_err(|e| Refusal::bad_request(format!("error decoding the JSON patch: {e}")))?;
    if patch.0.len() > LONGEST {
        let why = format!("the JSON patch has {} operations, {LONGEST} are allowed", patch.0.len());
        return Err(Refusal::new(Reason::RequestEntityTooLarge, why));
    }
    // Upstream answers 422 for a test that fails as for an operation that cannot be done.
    json_patch::patch(&mut before, &patch)
        .map_err(|e| Refusal::new(Reason::Invalid, format!("the JSON patch cannot be applied: {e}")))?;
    Ok(before)
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
    fn a_failed_test_is_invalid_and_nonsense_a_bad_request() {
        let reason = |patch| apply(json!({"a": 1}), &patch).map_err(|r| r.reason);
        assert_eq!(reason(json!([{"op": "test", "path": "/a", "value": 2}])), Err(Reason::Invalid));
        assert_eq!(reason(json!([{"op": "remove", "path": "/b"}])), Err(Reason::Invalid));
        assert_eq!(reason(json!({"op": "remove"})), Err(Reason::BadRequest));
    }
}
