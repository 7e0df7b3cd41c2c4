//! Creating and replacing objects: names, revisions, generations, and who may write which part.

use super::state::{State, kind_of};
use serde_json::{Map, Value};
use shared_api::{
    Draft, Invalid, Key, KindInfo, Object, Reason, Refusal, Time, Validation, WriteHow, valid_metadata,
};
use shared_client::Result;

/// Which part of an object a write means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Everything but the status.
    Main,
    /// Only the status.
    Status,
}

impl Mode {
    pub(crate) fn of(how: &WriteHow) -> Result<Self> {
        match how.subresource.as_deref() {
            None | Some("") => Ok(Self::Main),
            Some("status") => Ok(Self::Status),
            Some(other) => Err(Refusal::new(
                Reason::NotFound,
                format!("the in-memory cluster writes no {other:?}: use Cluster::subresource"),
            )),
        }
    }
}

impl State {
    pub(crate) fn create(&mut self, object: &Object, how: &WriteHow) -> Result<Object> {
        let mut key = object.key();
        let kind = kind_of(&key)?;
        let mut value = object.value();
        if object.metadata().resource_version.as_deref().is_some_and(|v| !v.is_empty()) {
            return Err(Refusal::bad_request("resourceVersion should not be set on objects to be created"));
        }
        // api-conventions: status is ignored on create. A node tells what it has when it registers.
        if kind.subresources.contains(&"status") && kind.kind != "Node" {
            remove(&mut value, "status");
        }
        let mut draft = decoded(kind, value, how)?;
        if key.name.is_empty()
            && let Some(prefix) = draft.meta().generate_name.clone().filter(|p| !p.is_empty())
        {
            key.name = self.fresh_name(&prefix);
            draft.meta_mut().name = Some(key.name.clone());
        }
        draft.meta_mut().uid = Some(self.fresh_uid());
        draft.begin();
        draft.complete();
        let has_spec = draft.object().value().get("spec").is_some();
        let meta = draft.meta_mut();
        meta.creation_timestamp = Some(Time(self.now));
        meta.generation = has_spec.then_some(1);
        meta.deletion_timestamp = None;
        meta.deletion_grace_period_seconds = None;
        checked(kind, &*draft, None)?;
        if self.objects.contains_key(&key) {
            return Err(Refusal::already_exists(&key));
        }
        let object = draft.object();
        Ok(if how.dry_run { object } else { self.commit(key, Some(&object)) })
    }

    pub(crate) fn update(&mut self, object: &Object, mode: Mode, how: &WriteHow) -> Result<Object> {
        let key = object.key();
        let kind = kind_of(&key)?;
        let old = self.get(&key)?.clone();
        let given = object.metadata().resource_version.as_deref().unwrap_or_default();
        if !given.is_empty() && given.parse() != Ok(old.revision()) {
            return Err(Refusal::changed(&key));
        }
        if !object.uid().is_empty() && object.uid() != old.uid() {
            let why = format!(
                "Precondition failed: UID in precondition: {}, UID in object meta: {}",
                object.uid(),
                old.uid()
            );
            return Err(Refusal::conflict(&key, &why));
        }
        let value = written(kind, mode, object.value(), &old.value())?;
        let mut draft = decoded(kind, value, how)?;
        draft.complete();
        keep_what_the_server_owns(&mut *draft, &old);
        let before = kind.draft(&old).map_err(Refusal::internal)?;
        checked(kind, &*draft, Some(&*before))?;
        let new = draft.object();
        if new.value() == old.value() || how.dry_run {
            return Ok(new);
        }
        Ok(self.store(key, &new))
    }

    /// Stores a changed object, which goes when it was only waiting for its last finalizer.
    pub(crate) fn store(&mut self, key: Key, object: &Object) -> Object {
        let stored = self.commit(key.clone(), Some(object));
        if super::deletion::is_over(&stored) { self.commit(key, None) } else { stored }
    }
}

/// RFC 7386.
pub(crate) fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(target) = target else { return };
    for (key, value) in patch {
        if value.is_null() {
            target.remove(key);
        } else {
            merge(target.entry(key).or_insert(Value::Null), value);
        }
    }
}

/// What a write makes of an object: spec writes keep the status, status writes keep all else.
fn written(kind: &KindInfo, mode: Mode, mut new: Value, old: &Value) -> Result<Value> {
    let split = kind.subresources.contains(&"status");
    match mode {
        Mode::Main if split => match old.get("status") {
            Some(status) => new["status"] = status.clone(),
            None => remove(&mut new, "status"),
        },
        Mode::Main => {}
        Mode::Status if split => {
            let (status, said) = (new.get("status").cloned(), new["metadata"].take());
            new = old.clone();
            // What is said about an object goes along with its status.
            for field in ["annotations", "finalizers", "labels", "ownerReferences"] {
                match &said[field] {
                    Value::Null => remove(&mut new["metadata"], field),
                    said => new["metadata"][field] = said.clone(),
                }
            }
            match status {
                Some(status) => new["status"] = status,
                None => remove(&mut new, "status"),
            }
        }
        Mode::Status => {
            let why = "the server could not find the requested resource";
            return Err(Refusal::new(Reason::NotFound, why));
        }
    }
    Ok(new)
}

fn keep_what_the_server_owns(draft: &mut dyn Draft, old: &Object) {
    let spec = |o: &Object| o.value().get("spec").cloned();
    let changed = spec(&draft.object()) != spec(old);
    let was = old.metadata();
    let meta = draft.meta_mut();
    meta.uid.clone_from(&was.uid);
    meta.resource_version.clone_from(&was.resource_version);
    meta.creation_timestamp.clone_from(&was.creation_timestamp);
    meta.deletion_timestamp.clone_from(&was.deletion_timestamp);
    meta.deletion_grace_period_seconds = was.deletion_grace_period_seconds;
    meta.generation = was.generation.map(|g| g + i64::from(changed));
}

fn decoded(kind: &KindInfo, value: Value, how: &WriteHow) -> Result<Box<dyn Draft>> {
    let decoded = kind.decode(value, kind.api_version)?;
    if how.validation == Validation::Strict && !decoded.unknown.is_empty() {
        let fields: Vec<_> = decoded.unknown.iter().map(|f| format!("unknown field {f:?}")).collect();
        return Err(Refusal::bad_request(format!("strict decoding error: {}", fields.join(", "))));
    }
    Ok(decoded.draft)
}

fn checked(kind: &KindInfo, draft: &dyn Draft, old: Option<&dyn Draft>) -> Result<()> {
    let mut invalid = Invalid::default();
    valid_metadata(draft.meta(), kind.namespaced, &mut invalid);
    draft.check(old, &mut invalid);
    let name = draft.meta().name.as_deref().unwrap_or_default();
    Refusal::invalid(&kind.group_kind(), name, &invalid).map_or(Ok(()), Err)
}

fn remove(value: &mut Value, field: &str) {
    if let Some(map) = value.as_object_mut() {
        map.remove(field);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_merge_patch_follows_the_rfc() {
        for (mut target, patch, expected) in [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
            (json!({"a": ["b"]}), json!({"a": [1]}), json!({"a": [1]})),
            (json!({"a": "c"}), json!({"a": {"b": null, "c": 1}}), json!({"a": {"c": 1}})),
            (json!({"a": {"b": 1}}), json!({"a": {"c": 2}}), json!({"a": {"b": 1, "c": 2}})),
        ] {
            merge(&mut target, &patch);
            assert_eq!(target, expected);
        }
    }
}
