//! A patch that makes of an object what its kind cannot be: refused as invalid, with the patch as the culprit.

use serde_json::Value;
use shared_api::{GroupKind, Invalid, Patch, PatchType, Refusal};
use std::fmt::Write;

/// The refusal. A strategic patch is told as it was sent, others by what they make of the object.
pub(crate) fn unfit(patch: &Patch, becomes: &Value, why: &Refusal) -> Refusal {
    let told = if patch.kind == PatchType::Strategic {
        plain(&patch.body)
    } else {
        let mut becomes = becomes.clone();
        if let Some(meta) = becomes.get_mut("metadata").and_then(Value::as_object_mut) {
            meta.remove("managedFields");
        }
        becomes.to_string()
    };
    let mut invalid = Invalid::default();
    invalid.value("patch", told, &why.message);
    let nothing = GroupKind { group: "".into(), kind: "".into() };
    Refusal::invalid(&nothing, "", &invalid).expect("one finding was recorded")
}

/// A value as Go prints it.
fn plain(value: &Value) -> String {
    let mut out = String::new();
    print(value, &mut out);
    out
}

fn print(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("<nil>"),
        Value::String(text) => out.push_str(text),
        Value::Array(items) => {
            out.push('[');
            for (n, item) in items.iter().enumerate() {
                out.push_str(if n > 0 { " " } else { "" });
                print(item, out);
            }
            out.push(']');
        }
        Value::Object(fields) => {
            let mut names: Vec<_> = fields.keys().collect();
            names.sort();
            out.push_str("map[");
            for (n, name) in names.into_iter().enumerate() {
                _ = write!(out, "{}{name}:", if n > 0 { " " } else { "" });
                print(&fields[name], out);
            }
            out.push(']');
        }
        other => _ = write!(out, "{other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_strategic_patch_is_told_as_it_was_sent() {
        let body = json!({"spec": {"replicas": "x", "a": [1, null, {"b": true}]}});
        let patch = Patch { kind: PatchType::Strategic, body };
        let refusal = unfit(&patch, &Value::Null, &Refusal::bad_request("no number"));
        assert_eq!(
            refusal.message,
            " \"\" is invalid: patch: Invalid value: \"map[spec:map[a:[1 <nil> map[b:true]] replicas:x]]\": no number"
        );
        assert_eq!(refusal.code(), 422);
    }
}
