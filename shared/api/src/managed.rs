//! Where stored JSON says who manages its fields: right behind the revision, so that those who do not ask
//! need not decode it. It is longer than the rest of most objects, and of interest to the door alone.

use crate::Encoded;
use std::{borrow::Cow, ops::Range};

const REVISION: &[u8] = br#""metadata":{"resourceVersion":""#;
const MANAGED: &[u8] = br#"","managedFields":"#;
/// The head of an object has no more than this before its metadata.
const HEAD: usize = 512;

impl Encoded {
    /// The same with `metadata.managedFields`, which is JSON.
    #[must_use]
    pub fn with_managed(mut self, managed: Option<&[u8]>) -> Self {
        if let Some(managed) = managed {
            let at = self.hole as usize;
            let after = self.json.split_off(at + 1);
            self.json.truncate(at);
            self.json.extend_from_slice(MANAGED);
            self.json.extend_from_slice(managed);
            self.json.extend_from_slice(&after);
        }
        self
    }
}

/// `metadata.managedFields` of a stored object, as JSON.
pub(crate) fn managed(json: &[u8]) -> Option<&[u8]> {
    span(json).map(|span| &json[span.start + MANAGED.len()..span.end])
}

/// A stored object without `metadata.managedFields`.
pub(crate) fn bare(json: &[u8]) -> Cow<'_, [u8]> {
    match span(json) {
        None => Cow::Borrowed(json),
        Some(span) => Cow::Owned([&json[..=span.start], &json[span.end..]].concat()),
    }
}

/// From the quote behind the revision to the end of the managed fields.
fn span(json: &[u8]) -> Option<Range<usize>> {
    let head = &json[..json.len().min(HEAD)];
    let digits = head.windows(REVISION.len()).position(|part| part == REVISION)? + REVISION.len();
    let start = digits + json[digits..].iter().take_while(|b| b.is_ascii_digit()).count();
    let value = json[start..].strip_prefix(MANAGED)?;
    Some(start..start + MANAGED.len() + list(value)?)
}

/// How long the list is with which JSON begins.
fn list(json: &[u8]) -> Option<usize> {
    if json.first() != Some(&b'[') {
        return None;
    }
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, byte) in json.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => depth += 1,
            b']' | b'}' if !quoted => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Draft, Object, core::ConfigMap};
    use serde_json::{Value, json};

    fn stored(managed: Option<&str>, named: bool) -> Vec<u8> {
        let mut map = ConfigMap::default();
        map.metadata.name = named.then(|| "a".into());
        let Encoded { mut json, hole } = map.encode().with_managed(managed.map(str::as_bytes));
        json.splice(hole as usize..hole as usize, *b"42");
        json
    }

    #[test]
    fn what_is_put_behind_the_revision_is_found_there() {
        let text = r#"[{"manager":"a\"]}[","fieldsV1":{"f:x":{}}}]"#;
        for named in [true, false] {
            let json = stored(Some(text), named);
            assert_eq!(managed(&json), Some(text.as_bytes()));
            assert_eq!(bare(&json), stored(None, named));
            let value: Value = serde_json::from_slice(&json).unwrap();
            assert_eq!(value["metadata"]["managedFields"], serde_json::from_str::<Value>(text).unwrap());
            assert_eq!(value["metadata"]["resourceVersion"], "42");
        }
        assert_eq!((managed(&stored(None, true)), managed(b"{}"), managed(b"")), (None, None, None));
    }

    #[test]
    fn an_object_has_it_in_its_json_only() {
        let object = Object::from_bytes(stored(Some(r#"[{"manager":"a"}]"#), true)).unwrap();
        assert_eq!(object.value()["metadata"]["managedFields"], json!([{"manager": "a"}]));
        assert_eq!((object.metadata().managed_fields.as_ref(), object.revision()), (None, 42));
        assert_eq!(object.to_kind::<ConfigMap>().unwrap().metadata.managed_fields, None);
        let elsewhere = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"managedFields": [{"manager": "a"}]}});
        assert_eq!(Object::from_value(&elsewhere).unwrap().metadata().managed_fields, None);
    }
}
