//! RFC 7386: an object laid over an object; null removes.

use serde_json::Value;
use shared_api::Refusal;

pub(crate) fn apply(mut before: Value, body: &Value) -> Result<Value, Refusal> {
    if !body.is_object() {
        return Err(Refusal::bad_request("a merge patch is a JSON object"));
    }
    json_patch::merge(&mut before, body);
    Ok(before)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn maps_merge_lists_are_replaced_null_removes() {
        for (before, patch, after) in [
            (
                json!({"a": {"b": 1, "c": 2}}),
                json!({"a": {"b": null, "d": 3}}),
                json!({"a": {"c": 2, "d": 3}}),
            ),
            (json!({"l": [1, 2]}), json!({"l": [3]}), json!({"l": [3]})),
            (json!({}), json!({"a": {"b": {"c": null}}}), json!({"a": {"b": {}}})),
        ] {
            assert_eq!(apply(before, &patch), Ok(after));
        }
        assert!(apply(json!({}), &json!([1])).is_err());
    }
}
