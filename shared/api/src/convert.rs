//! Small steps that conversions between versions are made of.
//!
//! They work on JSON that nobody has checked yet: what is not of the shape they expect they leave alone.

use crate::Version;
use serde_json::{Map, Value};

/// A version on its way out whose fields are those of the stored one.
pub(crate) const fn alike(
    group: &'static str,
    version: &'static str,
    api_version: &'static str,
    warning: &'static str,
) -> Version {
    Version::alike(group, version, api_version, Some(warning))
}

/// What is at `path`, when something is.
pub(crate) fn get<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(value, |v, field| v.get(field)).filter(|v| !v.is_null())
}

/// The text at `path`; empty when there is none.
pub(crate) fn text<'a>(value: &'a Value, path: &[&str]) -> &'a str {
    get(value, path).and_then(Value::as_str).unwrap_or_default()
}

/// The object at `path`, when there is one.
pub(crate) fn object<'a>(value: &'a mut Value, path: &[&str]) -> Option<&'a mut Map<String, Value>> {
    path.iter().try_fold(value, |v, field| v.get_mut(field))?.as_object_mut()
}

/// Takes away what is at `path`.
pub(crate) fn take(value: &mut Value, path: &[&str]) -> Option<Value> {
    let (last, parents) = path.split_last()?;
    object(value, parents)?.remove(*last).filter(|v| !v.is_null())
}

/// Puts something at `path`, below objects that are made when they are missing.
pub(crate) fn put(value: &mut Value, path: &[&str], new: Value) {
    let Some((last, parents)) = path.split_last() else { return };
    let mut place = value;
    for field in parents {
        let Some(fields) = place.as_object_mut() else { return };
        place = fields.entry(*field).or_insert(Value::Null);
        if place.is_null() {
            *place = Value::Object(Map::new());
        }
    }
    if let Some(fields) = place.as_object_mut() {
        fields.insert((*last).into(), new);
    }
}

/// Puts something at `path` unless something is there. Objects without what `path` starts with, such as
/// the status alone, are left alone.
pub(crate) fn default(value: &mut Value, path: &[&str], usual: impl Into<Value>) {
    let whole = path.first().is_some_and(|first| get(value, &[first]).is_some());
    if whole && get(value, path).is_none_or(|there| there == "") {
        put(value, path, usual.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_there_stays_and_what_is_odd_is_left_alone() {
        let with = |mut value: Value| {
            default(&mut value, &["spec", "a", "b"], 1);
            value
        };
        assert_eq!(with(json!({"spec": {}})), json!({"spec": {"a": {"b": 1}}}));
        assert_eq!(with(json!({"spec": {"a": null}})), json!({"spec": {"a": {"b": 1}}}));
        for same in [
            json!({}),
            json!([]),
            json!({"spec": 1}),
            json!({"spec": {"a": [1]}}),
            json!({"spec": {"a": {"b": 2}}}),
        ] {
            assert_eq!(with(same.clone()), same);
        }
    }

    #[test]
    fn what_is_taken_is_gone() {
        let mut value = json!({"a": {"b": 1, "c": null}});
        assert_eq!(take(&mut value, &["a", "b"]), Some(json!(1)));
        assert_eq!(take(&mut value, &["a", "c"]), None);
        assert_eq!(take(&mut value, &["x", "y"]), None);
        assert_eq!(value, json!({"a": {}}));
    }
}
