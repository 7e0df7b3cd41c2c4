//! Server-side apply as a request: what is asked is checked, then an object that is there changes, and one
//! that is not is created.

use crate::{
    fields::{Became, Managers, Operation, Write},
    keys,
    local::Local,
    pipeline::{self, Target},
    registry,
};
use serde_json::{Value, json};
use shared_api::{Key, KindInfo, Object, Reason, Refusal, Served, WriteHow};
use shared_client::Result;

/// What is applied to.
pub(crate) struct Applied<'a> {
    pub(crate) served: Served,
    pub(crate) key: &'a Key,
    pub(crate) part: &'a str,
    pub(crate) force: bool,
}

/// How often an object may appear and disappear between two looks.
const TRIES: usize = 4;

/// Applies `body` and returns what then is there.
pub(crate) async fn applied(
    caller: &Local,
    to: &Applied<'_>,
    body: &Value,
    how: &WriteHow,
) -> Result<Object> {
    let Applied { served, key, part, force } = *to;
    let kind = served.kind;
    right(to, body, how)?;
    let how = &WriteHow { version: Some(served.api_version().into()), ..how.clone() };
    let write = caller.writes(kind, part, how, Operation::Apply);
    let target = Target { kind, key, verb: "patch", part, checked: true, patch: None, turns: write.turns() };
    for _ in 0..TRIES {
        let changed = pipeline::change(caller, &target, how, |old| become_(&write, served, old, body, force));
        match changed.await {
            Err(refusal)
                if refusal.reason == Reason::NotFound && part.is_empty() && !is_there(caller, key)? => {}
            other => return other,
        }
        match create(caller, to, &write, body, how).await {
            Err(refusal) if refusal.reason == Reason::AlreadyExists => {}
            made => {
                caller.made();
                return made;
            }
        }
    }
    Err(Refusal::changed(key))
}

fn is_there(caller: &Local, key: &Key) -> Result<bool> {
    let kind = keys::kind_of(key)?;
    Ok(caller.server.read(kind, &key.namespace, &key.name)?.is_some())
}

fn become_(write: &Write, served: Served, old: &Object, body: &Value, force: bool) -> Result<Became> {
    let kind = served.kind;
    let live = old.bare_value();
    let status = live.get("status").cloned();
    let stored = live.clone();
    let body = super::meant(body, &live);
    let done = write.apply(&served.downgrade(live), &Managers::stored(old.managed()), &body, force)?;
    let value = served.upgrade(done.value);
    let value = match write.who.part.as_str() {
        "" => registry::isolate(kind, value, status),
        "scale" => value,
        part => registry::only(kind, part, stored, value)?,
    };
    Ok(Became { value, managers: Some(done.managers) })
}

async fn create(
    caller: &Local,
    to: &Applied<'_>,
    write: &Write,
    body: &Value,
    how: &WriteHow,
) -> Result<Object> {
    let Applied { served, key, .. } = *to;
    let said = |field: &str| body["metadata"][field].as_str().filter(|text| !text.is_empty());
    if let Some(uid) = said("uid") {
        let why = format!(
            "uid mismatch: the provided object specified uid {uid}, and no existing object was found"
        );
        return Err(Refusal::conflict(key, &why));
    }
    if said("resourceVersion").is_some_and(|version| version != "0") {
        return Err(Refusal::changed(key));
    }
    let mut meta = json!({"name": key.name});
    if !key.namespace.is_empty() {
        meta["namespace"] = key.namespace.as_str().into();
    }
    let live = json!({"apiVersion": served.api_version(), "kind": served.kind.kind, "metadata": meta});
    let done = write.apply(&live, &Managers::default(), body, to.force)?;
    let object = Object::from_value(&served.upgrade(done.value))
        .map_err(|e| Refusal::bad_request(format!("what is applied is no {}: {e}", served.kind.kind)))?;
    pipeline::create(caller, &object, how, Some(&done.managers)).await
}

/// Refuses what cannot be applied, whatever is there.
fn right(to: &Applied<'_>, body: &Value, how: &WriteHow) -> Result<()> {
    let Applied { served, key, .. } = *to;
    let kind: &KindInfo = served.kind;
    if how.manager.as_deref().unwrap_or_default().is_empty() {
        return Err(Refusal::bad_request("fieldManager is required for apply patch"));
    }
    if !body.is_object() {
        return Err(Refusal::bad_request("error decoding YAML: what is applied is not an object"));
    }
    for field in ["apiVersion", "kind"] {
        if body[field].as_str().unwrap_or_default().is_empty() {
            return Err(Refusal::bad_request(format!("Object '{field}' is missing in what is applied")));
        }
    }
    let (asked, expected) = (&body["apiVersion"], served.api_version());
    if asked != expected {
        let why = "Incorrect version specified in apply patch. Specified patch version:";
        let asked = asked.as_str().unwrap_or_default();
        return Err(Refusal::bad_request(format!("{why} {asked}, expected: {expected}")));
    }
    if body["kind"] != kind.kind {
        let asked = body["kind"].as_str().unwrap_or_default();
        return Err(Refusal::bad_request(format!("{asked} in what is applied is not {}", kind.kind)));
    }
    let meta = &body["metadata"];
    if !meta.is_null() && !meta.is_object() {
        return Err(Refusal::bad_request("metadata: what is applied has no object there"));
    }
    if !meta["managedFields"].is_null() {
        return Err(Refusal::bad_request("metadata.managedFields must be nil"));
    }
    for (field, expected) in [("name", &key.name), ("namespace", &key.namespace)] {
        let found = meta[field].as_str().unwrap_or(expected);
        if !found.is_empty() && found != expected {
            let why =
                format!("metadata.{field}: {found:?} in the object does not match {expected:?} in the URL");
            return Err(Refusal::bad_request(why));
        }
    }
    Ok(())
}
