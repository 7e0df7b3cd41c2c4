//! The verbs that write: `apply`, `create`, `delete`, `scale`, `cordon`.

use super::{Doors, Out, files, say, select};
use crate::{
    Apply, Create, Delete, Error, Exit, Scale, Scope,
    action::Cascade,
    apply::{LAST_APPLIED, patch, remembered},
};
use futures::StreamExt;
use serde_json::{Value, json};
use shared_api::{
    DeleteHow, FieldSelector, Key, KindInfo, Object, Patch, PatchType, Propagation, Query, Reason, Refusal,
    Selectors, Validation, WriteHow, core::Node,
};
use shared_client::Event;

const MANAGER: &str = "dhow";

fn how(dry_run: bool, validation: Validation) -> WriteHow {
    WriteHow { dry_run, validation, manager: Some(MANAGER.into()), ..WriteHow::default() }
}

fn named(kind: &KindInfo, name: &str) -> String {
    let group = if kind.group.is_empty() { String::new() } else { format!(".{}", kind.group) };
    format!("{}{group}/{name}", kind.kind.to_lowercase())
}

pub(super) async fn apply(apply: &Apply, doors: &Doors, out: Out<'_>) -> Result<Exit, Error> {
    let manifests = files::read(&apply.files, apply.namespace.as_deref(), doors, out).await?;
    let validation = if apply.lenient { Validation::Warn } else { Validation::Strict };
    let mut how = how(apply.dry_run, validation);
    if let Some(manager) = &apply.field_manager {
        how.manager = Some(manager.clone());
    }
    let note = if apply.dry_run { " (dry run)" } else { "" };
    for manifest in manifests {
        let refused = |source| Error::Manifest { file: manifest.file.clone(), source };
        let done = if apply.server_side {
            apply_there(&manifest, apply.force_conflicts, &how, doors).await
        } else {
            apply_one(&manifest, &how, doors).await
        };
        let done = done.map_err(refused)?;
        say(out, &format!("{} {done}{note}\n", named(manifest.kind, manifest.object.name())))?;
    }
    Ok(Exit::Done)
}

/// Lets the cluster merge a manifest into what is there.
async fn apply_there(
    manifest: &files::Manifest,
    force: bool,
    how: &WriteHow,
    doors: &Doors,
) -> Result<&'static str, Refusal> {
    let patch = Patch { kind: PatchType::Apply { force }, body: manifest.value.clone() };
    doors.cluster.patch(&nameable(manifest)?, &patch, how).await?;
    Ok("serverside-applied")
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
) -> Result<&'static str, Refusal> {
    let wanted = remembered(&manifest.value);
    let key = nameable(manifest)?;
    let live = match doors.cluster.get(&key).await {
        Ok(live) => live.value(),
        Err(refusal) if refusal.reason == Reason::NotFound => {
            let object = Object::from_value(&wanted).map_err(Refusal::internal)?;
            doors.cluster.create(object, how).await?;
            return Ok("created");
        }
        Err(refusal) => return Err(refusal),
    };
    let last = live["metadata"]["annotations"][LAST_APPLIED].as_str();
    let last: Value = last.and_then(|t| serde_json::from_str(t).ok()).unwrap_or_else(|| json!({}));
    let Some(body) = patch(&last, &wanted, &live) else { return Ok("unchanged") };
    doors.cluster.patch(&key, &Patch { kind: PatchType::Merge, body }, how).await?;
    Ok("configured")
}

pub(super) async fn create(create: &Create, doors: &Doors, out: Out<'_>) -> Result<Exit, Error> {
    let how = how(create.dry_run, Validation::Strict);
    let note = if create.dry_run { " (dry run)" } else { "" };
    let objects: Vec<(Option<String>, Object)> = match (&create.words[..], &create.files[..]) {
        ([], []) => return Err(Error::Usage("create from -f FILE, or create KIND NAME".into())),
        ([], files) => {
            let manifests = files::read(files, create.namespace.as_deref(), doors, out).await?;
            manifests.into_iter().map(|m| (Some(m.file), m.object)).collect()
        }
        ([kind, name], []) => vec![(None, generated(kind, name, create, doors)?)],
        _ => return Err(Error::Usage("create either from -f FILE or KIND NAME".into())),
    };
    for (file, object) in objects {
        let made = doors.cluster.create(object.clone(), &how).await;
        let made = made.map_err(|source| match file {
            Some(file) => Error::Manifest { file, source },
            None => source.into(),
        })?;
        let kind = shared_api::of(&made.group_kind().group, made.kind());
        let kind = kind.ok_or_else(|| Refusal::internal("the cluster made an object of an unknown kind"))?;
        say(out, &format!("{} created{note}\n", named(kind, made.name())))?;
    }
    Ok(Exit::Done)
}

fn generated(kind: &str, name: &str, create: &Create, doors: &Doors) -> Result<Object, Error> {
    let namespace = create.namespace.as_deref().unwrap_or(&doors.namespace);
    let value = match (kind, &create.image) {
        ("namespace" | "ns", None) => {
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        }
        ("deployment" | "deploy", Some(image)) => json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": name, "namespace": namespace, "labels": {"app": name}},
            "spec": {
                "replicas": create.replicas.unwrap_or(1),
                "selector": {"matchLabels": {"app": name}},
                "template": {
                    "metadata": {"labels": {"app": name}},
                    "spec": {"containers": [{"name": name, "image": image}]},
                },
            },
        }),
        ("deployment" | "deploy", None) => {
            return Err(Error::Usage("create deployment NAME needs --image".into()));
        }
        _ => {
            return Err(Error::Usage(format!(
                "create {kind}: only namespace and deployment are made by name; use -f FILE for the rest"
            )));
        }
    };
    Ok(Object::from_value(&value).map_err(Refusal::internal)?)
}

pub(super) async fn delete(delete: &Delete, doors: &Doors, out: Out<'_>) -> Result<Exit, Error> {
    let keys = doomed(delete, doors, out).await?;
    let how = DeleteHow {
        grace_seconds: delete.grace_period,
        propagation: delete.cascade.map(|c| match c {
            Cascade::Background => Propagation::Background,
            Cascade::Foreground => Propagation::Foreground,
            Cascade::Orphan => Propagation::Orphan,
        }),
        ..DeleteHow::default()
    };
    let (mut exit, mut going) = (Exit::Done, Vec::new());
    for (kind, key) in keys {
        match doors.cluster.delete(&key, &how).await {
            Ok(last) => {
                say(out, &format!("{} deleted\n", named(kind, &key.name)))?;
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
    if !delete.no_wait {
        for (key, uid) in going {
            gone(&key, &uid, doors).await?;
        }
    }
    Ok(exit)
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
async fn gone(key: &Key, uid: &str, doors: &Doors) -> Result<(), Error> {
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
        let body = json!({"spec": {"replicas": scale.replicas}});
        let how = WriteHow { subresource: Some("scale".into()), ..how(false, Validation::Strict) };
        doors.cluster.patch(&key, &Patch { kind: PatchType::Merge, body }, &how).await?;
        say(out, &format!("{} scaled\n", named(kind, &name)))?;
    }
    Ok(Exit::Done)
}

pub(super) async fn cordon(node: &str, cordon: bool, doors: &Doors, out: Out<'_>) -> Result<Exit, Error> {
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
    doors
        .cluster
        .patch(&key, &Patch { kind: PatchType::Merge, body }, &how(false, Validation::Strict))
        .await?;
    say(out, &format!("node/{node} {word}\n"))?;
    Ok(Exit::Done)
}

impl Scope {
    /// Only this namespace.
    pub(super) fn within(namespace: Option<&str>) -> Self {
        Self { namespace: namespace.map(ToOwned::to_owned), ..Self::default() }
    }
}
