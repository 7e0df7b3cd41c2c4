//! Writing the part that is meant: the status is left alone by a write of the object, and the object
//! by a write of its status.

use super::status_of;
use serde_json::{Map, Value};
use shared_api::{KindInfo, Object, Refusal};

/// A write of the whole object, without what it says about parts written elsewhere. `status` is what
/// the object has now; one that nobody wrote is there and empty, as clients expect it.
pub(crate) fn isolate(kind: &KindInfo, mut new: Value, status: Option<Value>) -> Value {
    if kind.subresources.contains(&"status")
        && let Some(fields) = new.as_object_mut()
    {
        let usual = || kind.custom.is_none().then(|| Value::Object(Map::new()));
        // Of a defined kind nobody knows what an empty status looks like.
        match status.or_else(usual) {
            Some(status) => fields.insert("status".into(), status),
            None => fields.remove("status"),
        };
    }
    new
}

/// The same for what is there already: it keeps the parts that are written elsewhere as `old` has them.
pub(crate) fn whole(kind: &KindInfo, new: Value, old: &Object) -> Value {
    let mut new = isolate(kind, new, status_of(old.bytes()));
    if kind.subresources.contains(&"finalize") {
        put(&mut new, FINALIZERS, take(&mut old.value(), FINALIZERS));
    }
    new
}

/// What keeps a namespace until it is empty.
const FINALIZERS: &[&str] = &["spec", "finalizers"];

/// What of the metadata a write of a part may change as well.
const CARRIED: &[&str] = &["annotations", "finalizers", "labels", "ownerReferences"];

/// What of the metadata stays as it is when the status of a kind is written.
pub(crate) fn held(kind: &KindInfo) -> Option<&'static str> {
    match (kind.group, kind.kind) {
        // Agents of old wrote owners they had not understood.
        ("", "Pod") => Some("ownerReferences"),
        ("apps", "Deployment") => Some("labels"),
        _ => None,
    }
}

/// `old` with only one part taken from `new`, and with what `new` says about which state it was made for. What
/// is said about the object besides goes along with its status, as it does in Kubernetes.
pub(crate) fn only(kind: &KindInfo, part: &str, mut old: Value, mut new: Value) -> Result<Value, Refusal> {
    if !kind.subresources.contains(&part) {
        return Err(no_part(kind, part));
    }
    let path: &[&str] = match part {
        "status" => &["status"],
        "ephemeralcontainers" => &["spec", "ephemeralContainers"],
        "approval" => &["status", "conditions"],
        "finalize" => FINALIZERS,
        _ => return Err(no_part(kind, part)),
    };
    put(&mut old, path, take(&mut new, path));
    if part != "ephemeralcontainers" && kind.custom.is_none() {
        let held = held(kind).filter(|_| part == "status");
        for field in CARRIED.iter().filter(|field| Some(**field) != held) {
            put(&mut old, &["metadata", field], take(&mut new, &["metadata", field]));
        }
    }
    for field in ["resourceVersion", "uid"] {
        put(&mut old, &["metadata", field], take(&mut new, &["metadata", field]));
    }
    Ok(old)
}

/// The kind has no such part.
pub(crate) fn no_part(kind: &KindInfo, part: &str) -> Refusal {
    let why = format!("the server could not find the requested resource: {} have no {part:?}", kind.plural);
    Refusal::new(shared_api::Reason::NotFound, why)
}

fn take(value: &mut Value, path: &[&str]) -> Option<Value> {
    let (last, parents) = path.split_last()?;
    let parent = parents.iter().try_fold(value, |v, field| v.get_mut(field))?;
    parent.as_object_mut()?.remove(*last)
}

fn put(value: &mut Value, path: &[&str], new: Option<Value>) {
    let Some((last, parents)) = path.split_last() else { return };
    let mut place = value;
    for field in parents {
        let Some(fields) = place.as_object_mut() else { return };
        place = fields.entry(*field).or_insert_with(|| Value::Object(Map::new()));
    }
    let Some(fields) = place.as_object_mut() else { return };
    match new {
        Some(new) => fields.insert((*last).into(), new),
        None => fields.remove(*last),
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use shared_api::{Kind, apps::Deployment, core::ConfigMap};

    fn isolated<K: Kind>(status: Option<Value>) -> Value {
        isolate(
            shared_api::of(K::GROUP, K::KIND).unwrap(),
            json!({"spec": 1, "status": {"theirs": true}}),
            status,
        )
    }

    #[test]
    fn what_is_said_about_an_object_goes_along_with_its_status() {
        let status_of = |group: &str, name: &str| {
            let old = json!({"metadata": {"name": "a", "labels": {"a": "1"}}, "spec": 1, "status": 1});
            let meta = json!({"name": "b", "labels": {"a": "2"}, "annotations": {"b": "3"}, "uid": "u"});
            let new = json!({"metadata": meta, "spec": 2, "status": 2});
            only(shared_api::of(group, name).unwrap(), "status", old, new).unwrap()
        };
        let labelled = |value: &str| {
            let meta = json!({"name": "a", "labels": {"a": value}, "annotations": {"b": "3"}, "uid": "u"});
            json!({"metadata": meta, "spec": 1, "status": 2})
        };
        assert_eq!(status_of("", "Service"), labelled("2"));
        assert_eq!(status_of("apps", "Deployment"), labelled("1"));
    }

    #[test]
    fn what_keeps_a_namespace_is_not_the_authors() {
        let old = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"},
            "spec": {"finalizers": ["kubernetes", "a/b"]}});
        let new = json!({"spec": {"finalizers": []}});
        let kept = whole(shared_api::of("", "Namespace").unwrap(), new, &Object::from_value(&old).unwrap());
        assert_eq!(kept, json!({"spec": old["spec"], "status": {}}));
    }

    #[test]
    fn the_status_is_not_the_authors() {
        assert_eq!(isolated::<Deployment>(None), json!({"spec": 1, "status": {}}));
        assert_eq!(isolated::<Deployment>(Some(json!(2))), json!({"spec": 1, "status": 2}));
        assert_eq!(isolated::<ConfigMap>(None), json!({"spec": 1, "status": {"theirs": true}}));
    }
}
