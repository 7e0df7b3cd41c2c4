//! What nobody should read over a shoulder, made unreadable. Pure.

use crate::apply::LAST_APPLIED;
use serde_json::Value;
use std::hash::{DefaultHasher, Hash, Hasher};

/// An object as it may be shown: of a Secret, what it says is covered. The same words are covered alike, so that
/// one sees whether they differ.
pub(crate) fn shown(mut value: Value) -> Value {
    if value["kind"] != "Secret" {
        return value;
    }
    for section in ["data", "stringData"] {
        for (_, value) in value.get_mut(section).and_then(Value::as_object_mut).into_iter().flatten() {
            *value = covered(value);
        }
    }
    let annotations = value.get_mut("metadata").and_then(|meta| meta.get_mut("annotations"));
    if let Some(last) = annotations.and_then(|annotations| annotations.get_mut(LAST_APPLIED)) {
        *last = covered(last);
    }
    value
}

/// The same for the same value, and no way back.
fn covered(value: &Value) -> Value {
    let mut hasher = DefaultHasher::new();
    value.to_string().hash(&mut hasher);
    format!("*** ({:04x})", hasher.finish() & 0xffff).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_a_secret_says_is_covered_and_differs_when_it_did() {
        let secret = |word: &str| {
            let meta = json!({"name": "s", "annotations": {LAST_APPLIED: word, "a": "b"}});
            shown(json!({"kind": "Secret", "metadata": meta, "data": {"k": word}, "type": "Opaque"}))
        };
        assert_eq!(secret("hunter2"), secret("hunter2"));
        assert_ne!(secret("hunter2")["data"], secret("hunter3")["data"]);
        assert!(!secret("hunter2").to_string().contains("hunter"));
        assert_eq!(secret("x")["metadata"]["annotations"]["a"], "b");
        let bare = json!({"kind": "Secret", "metadata": {"name": "s"}});
        assert_eq!(shown(bare.clone()), bare);
        let map = json!({"kind": "ConfigMap", "data": {"k": "v"}});
        assert_eq!(shown(map.clone()), map);
    }
}
