//! What nobody should read over a shoulder, made unreadable. Pure.

use crate::{Action, apply::LAST_APPLIED, line};
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

/// A line as it may be shown: what it would make a Secret say is covered.
pub fn line_shown(action: &Action, text: &str) -> String {
    match action {
        Action::Patch(patch) if of_secret(&patch.words) => {
            let mut patch = patch.clone();
            patch.patch = patch.patch.as_deref().map(patch_shown);
            line::of(&Action::Patch(patch)).unwrap_or_else(|| "patch (of a secret)".into())
        }
        _ if crate::secret(action) => "(a secret was made)".into(),
        _ => text.to_owned(),
    }
}

/// Whether words such as `secrets/a` or `secret a` mean a Secret.
pub(crate) fn of_secret(words: &[String]) -> bool {
    let kind = words.first().map(|word| word.split_once('/').map_or(&**word, |(kind, _)| kind));
    kind.and_then(shared_api::find).is_some_and(|kind| kind.kind == "Secret")
}

fn patch_shown(text: &str) -> String {
    match serde_json::from_str(text) {
        Ok(Value::Array(mut steps)) => {
            for step in &mut steps {
                let path = step["path"].as_str().unwrap_or_default();
                let plain = path.starts_with("/metadata/") && !path.starts_with("/metadata/annotations");
                if let (false, Some(value)) = (plain, step.get_mut("value")) {
                    *value = covered(value);
                }
            }
            Value::Array(steps).to_string()
        }
        Ok(Value::Object(mut patch)) => {
            // It need not say its kind to be a patch of a Secret.
            patch.insert("kind".into(), "Secret".into());
            let mut shown = shown(Value::Object(patch));
            shown.as_object_mut().map(|fields| fields.remove("kind"));
            shown.to_string()
        }
        _ => "***".into(),
    }
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
