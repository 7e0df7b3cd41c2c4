//! Ways to try the rules of a kind on JSON.

use crate::{Invalid, Kind};
use serde_json::{Value, json};

/// The object with these fields, called `a` unless they say otherwise, decoded and completed.
pub(crate) fn object<K: Kind>(mut fields: Value) -> K {
    fields["apiVersion"] = json!(K::API_VERSION);
    fields["kind"] = json!(K::KIND);
    if fields.get("metadata").is_none() {
        fields["metadata"] = json!({"name": "a"});
    }
    let mut object: K = serde_json::from_value(fields).unwrap();
    object.begin();
    object.set_defaults();
    let once = object.clone();
    object.set_defaults();
    assert_eq!(object, once, "completing twice changes nothing");
    object
}

/// The completed object as JSON.
pub(crate) fn completed<K: Kind>(fields: Value) -> Value {
    serde_json::to_value(object::<K>(fields)).unwrap()
}

/// What is wrong with a new object.
pub(crate) fn findings<K: Kind>(fields: Value) -> Vec<String> {
    let mut invalid = Invalid::default();
    object::<K>(fields).validate(None, &mut invalid);
    invalid.lines()
}

/// What is wrong with a change.
pub(crate) fn changed<K: Kind>(old: Value, new: Value) -> Vec<String> {
    let mut invalid = Invalid::default();
    object::<K>(new).validate(Some(&object::<K>(old)), &mut invalid);
    invalid.lines()
}

/// The cells of the object's row, a minute after it was made if `at` says when.
pub(crate) fn row<K: Kind>(fields: Value) -> Vec<String> {
    let now = "2026-01-01T00:01:00Z".parse().unwrap();
    let object = object::<K>(fields);
    K::COLUMNS.iter().map(|c| (c.cell)(&object, now)).collect()
}
