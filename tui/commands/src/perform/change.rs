//! The verbs that write whole objects or one number: `apply`, `delete`, `scale`, `cordon`.

use super::{
    Doors, Out,
    each::{how, named, told},
    files, say, select,
};
use crate::{
    Apply, Delete, Error, Exit, Scale, Scope,
    action::{Cascade, Write},
    apply::{LAST_APPLIED, patch, remembered},
};
use futures::StreamExt;
use serde_json::{Value, json};
use shared_api::{
    DeleteHow, FieldSelector, Key, KindInfo, Object, Patch, PatchType, Propagation, Query, Reason, Refusal,
    Selectors, Validation, WriteHow, core::Node,
};
use shared_client::Event;

pub(super) async fn apply(apply: &Apply, doors: &Doors, out: Out<'_>) -> Result<Exit, Error> {
    let namespace = apply.namespace.as_deref();
    let found = files::read_in_turn(&apply.files, namespace, doors, out).await?;
    let mut failed = None;
    for found in found {
        if let (files::Found::Later { value, definition, .. }, true) = (&found, apply.write.dry_run) {
            let (kind, name) = (&value["kind"], &value["metadata"]["name"]);
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            out.note(&format!("{} {}: only {definition} defines what it is", text(kind), text(name)));
            continue;
        }
        match apply_found(found, apply, doors, out).await {
            Ok(()) => {}
            // Nobody is there to be asked for the others.
            Err(error) if error.exit() == Exit::Unreachable => return Err(error),
            // The others are not held up by one that is refused.
            Err(error) => {
                if let Some(before) = failed.replace(error) {
                    out.note(&format!("Error: {before}"));
                }
            }
        }
    }
    failed.map_or(Ok(Exit::Done), Err)
}

async fn apply_found(found: files::Found, apply: &Apply, doors: &Doors, out: Out<'_>) -> Result<(), Error> {
    let manifest = found.manifest(apply.namespace.as_deref(), doors).await?;
    let done = apply_manifest(&manifest, apply, doors).await;
    let (done, object) = done.map_err(|source| Error::Manifest { file: manifest.file, source })?;
    told(&object, done, &apply.write, out)
}

/// Applies one manifest as was asked.
pub(super) async fn apply_manifest(
    manifest: &files::Manifest,
    apply: &Apply,
    doors: &Doors,
) -> Result<(&'static str, Object), Refusal> {
    let validation = if apply.lenient { Validation::Warn } else { Validation::Strict };
    let how = how(&apply.write, validation);
    // What only a webhook can turn into another version cannot be compared with what is there.
    if apply.server_side || manifest.object.api_version() != manifest.kind.api_version {
        apply_there(manifest, apply.force_conflicts, &how, doors).await
    } else {
        apply_one(manifest, &how, doors).await
    }
}

/// Lets the cluster merge a manifest into what is there.
async fn apply_there(
    manifest: &files::Manifest,
    force: bool,
    how: &WriteHow,
    doors: &Doors,
) -> Result<(&'static str, Object), Refusal> {
    let patch = Patch { kind: PatchType::Apply { force }, body: manifest.value.clone() };
    let how = WriteHow { version: Some(manifest.object.api_version().into()), ..how.clone() };
    let after = doors.cluster.patch(&nameable(manifest)?, &patch, &how).await?;
    Ok(("serverside-applied", after))
}

/// The key of a manifest, when it has a name.
fn nameable(manifest: &files::Manifest) -> Result<Key, Refusal> {
    let key = manifest.object.key();
    if key.name.is_empty() {
        return Err(Refusal::bad_request("apply needs metadata.name; use create for metadata.generateName"));
    }
    Ok(key)
}

async fn apply_one(
    manifest: &files::Manifest,
    how: &WriteHow,
    doors: &Doors,
) -> Result<(&'static str, Object), Refusal> {
    let wanted = remembered(&manifest.value);
    let key = nameable(manifest)?;
    let there = match doors.cluster.get(&key).await {
        Ok(there) => there,
        Err(refusal) if refusal.reason == Reason::NotFound => {
            let object = Object::from_value(&wanted).map_err(Refusal::internal)?;
            return Ok(("created", doors.cluster.create(object, how).await?));
        }
        Err(refusal) => return Err(refusal),
    };
    let live = there.value();
    let last = live["metadata"]["annotations"][LAST_APPLIED].as_str();
    let last: Value = last.and_then(|t| serde_json::from_str(t).ok()).unwrap_or_else(|| json!({}));
    let Some(body) = patch(&last, &wanted, &live) else { return Ok(("unchanged", there)) };
    let after = doors.cluster.patch(&key, &Patch { kind: PatchType::Merge, body }, how).await?;
    Ok(("configured", after))
}

pub(super) async fn delete(delete: &Delete, doors: &Doors, out: Out<'_>) -> Result<Exit, Error> {
    let keys = doomed(delete, doors, out).await?;
    let how = DeleteHow {
        grace_seconds: grace(delete),
        propagation: delete.cascade.map(|c| match c {
            Cascade::Background => Propagation::Background,
            Cascade::Foreground => Propagation::Foreground,
            Cascade::Orphan => Propagation::Orphan,
        }),
        dry_run: delete.dry_run,
        ..DeleteHow::default()
    };
    let note = if delete.dry_run { " (dry run)" } else { "" };
    let (mut exit, mut going) = (Exit::Done, Vec::new());
    for (kind, key) in keys {
        match doors.cluster.delete(&key, &how).await {
            Ok(last) => {
                say(out, &format!("{} deleted{note}\n", named(kind, &key.name)))?;
                going.push((key, last.uid().to_owned()));
            }
            Err(refusal) if refusal.reason == Reason::NotFound => {
                if !delete.ignore_not_found {
                    out.note(&format!("Error: {refusal}"));
                    exit = Exit::NotFound;
                }
            }
            Err(refusal) => return Err(refusal.into()),
        }
    }
    if !delete.no_wait && !delete.dry_run {
        for (key, uid) in going {
            gone(&key, &uid, doors).await?;
        }
    }
    Ok(exit)
}

/// Seconds the objects get: none with --force alone, as kubectl has it.
fn grace(delete: &Delete) -> Option<i64> {
    match delete.grace_period {
        Some(seconds) => Some(seconds).filter(|s| *s >= 0),
        None if delete.now => Some(1),
        None => delete.force.then_some(0),
    }
}

async fn doomed(
    delete: &Delete,
    doors: &Doors,
    out: Out<'_>,
) -> Result<Vec<(&'static KindInfo, Key)>, Error> {
    if !delete.files.is_empty() {
        let manifests = files::read(&delete.files, delete.scope.namespace.as_deref(), doors, out).await?;
        // What was made first is removed last.
        return Ok(manifests.into_iter().rev().map(|m| (m.kind, m.object.key())).collect());
    }
    let named = select::named(&delete.words)?;
    let mut keys = Vec::new();
    for select::Named { kind, name } in named {
        match name {
            Some(name) => {
                keys.push((kind, select::key(kind, delete.scope.namespace.as_deref(), &name, doors)));
            }
            None if delete.all
                || delete.scope.selector.is_some()
                || delete.scope.field_selector.is_some() =>
            {
                let found = doors.cluster.list(&delete.scope.query(kind, doors)?).await?.items;
                keys.extend(found.iter().map(|o| (kind, o.key())));
            }
            None => {
                let what = kind.plural;
                return Err(Error::Usage(format!(
                    "delete {what}: name one, or say --all, or select with -l"
                )));
            }
        }
    }
    Ok(keys)
}

/// Waits until this very object is gone.
pub(super) async fn gone(key: &Key, uid: &str, doors: &Doors) -> Result<(), Error> {
    let query = only(key);
    let mut events = doors.cluster.watch(&[query], None).await?;
    let mut there = false;
    while let Some(event) = events.next().await {
        match event? {
            Event::Added(object) | Event::Modified(object) => there = object.uid() == uid,
            Event::Deleted(_) => return Ok(()),
            Event::Bookmark { initial: true, .. } if !there => return Ok(()),
            Event::Bookmark { .. } => {}
        }
    }
    Err(Refusal::unavailable(format!("the watch ended before {key} was gone")).into())
}

/// Only the object at `key`.
pub(super) fn only(key: &Key) -> Query {
    let fields = FieldSelector::equal("metadata.name", &key.name);
    let query = Query::all(key.kind.clone()).matching(Selectors { fields, ..Selectors::default() });
    if key.namespace.is_empty() { query } else { query.within(&key.namespace) }
}

pub(super) async fn scale(scale: &Scale, doors: &Doors, out: Out<'_>) -> Result<Exit, Error> {
    for select::Named { kind, name } in select::named(&scale.target.words)? {
        let Some(name) = name else {
            return Err(Error::Usage(format!("scale {}: name one", kind.plural)));
        };
        if !kind.subresources.contains(&"scale") {
            return Err(Error::Usage(format!("{} have no replicas to scale", kind.plural)));
        }
        let key = select::key(kind, scale.namespace.as_deref(), &name, doors);
        if let Some(wanted) = scale.current_replicas {
            let now = doors.cluster.get(&key).await?.value()["spec"]["replicas"].as_i64().unwrap_or(1);
            if now != i64::from(wanted) {
                let why = format!("expected replicas to be {wanted}, was {now}");
                return Err(Refusal::new(Reason::Conflict, why).into());
            }
        }
        let body = json!({"spec": {"replicas": scale.replicas}});
        let how = WriteHow { subresource: Some("scale".into()), ..how(&scale.write, Validation::Strict) };
        doors.cluster.patch(&key, &Patch { kind: PatchType::Merge, body }, &how).await?;
        let note = if scale.write.dry_run { " (dry run)" } else { "" };
        say(out, &format!("{} scaled{note}\n", named(kind, &name)))?;
    }
    Ok(Exit::Done)
}

pub(super) async fn cordon(
    node: &str,
    cordon: bool,
    dry_run: bool,
    doors: &Doors,
    out: Out<'_>,
) -> Result<Exit, Error> {
    let key = Key::of::<Node>("", node);
    let word = if cordon { "cordoned" } else { "uncordoned" };
    let before = doors.cluster.get(&key).await?;
    let is = before.value()["spec"]["unschedulable"].as_bool().unwrap_or(false);
    if is == cordon {
        say(out, &format!("node/{node} already {word}\n"))?;
        return Ok(Exit::Done);
    }
    let flag = if cordon { Value::Bool(true) } else { Value::Null };
    let body = json!({"spec": {"unschedulable": flag}});
    let write = Write { dry_run, ..Write::default() };
    let after = doors
        .cluster
        .patch(&key, &Patch { kind: PatchType::Merge, body }, &how(&write, Validation::Strict))
        .await?;
    told(&after, word, &write, out)?;
    Ok(Exit::Done)
}

impl Scope {
    /// Only this namespace.
    pub(super) fn within(namespace: Option<&str>) -> Self {
        Self { namespace: namespace.map(ToOwned::to_owned), ..Self::default() }
    }
}
