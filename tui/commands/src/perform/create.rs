//! `create`, `run`, `expose`, `autoscale`: objects that were not there.

use super::{Doors, Out, each, files, select, streams};
use crate::{
    Error, Exit,
    action::{Autoscale, Create, Expose, Generator, Run, SecretKind, Sources, Write},
    decide::{
        entries::{self, Entries},
        expose, make, run,
    },
};
use serde_json::Value;
use shared_api::{Object, Refusal, Validation};
use std::path::Path;

pub(super) async fn create(create: &Create, doors: &Doors, out: Out<'_>) -> Result<Exit, Error> {
    let how = each::how(&create.write, Validation::Strict);
    match (&create.what, &create.files[..]) {
        (None, []) => {
            Err(Error::Usage("create from -f FILE, or create KIND NAME (see create --help)".into()))
        }
        (Some(_), [_, ..]) => Err(Error::Usage("create either from -f FILE or KIND NAME".into())),
        (None, names) => {
            let namespace = create.namespace.as_deref();
            for found in files::read_in_turn(names, namespace, doors, out).await? {
                let manifest = found.manifest(namespace, doors).await?;
                let made = doors.cluster.create(manifest.object, &how).await;
                let made = made.map_err(|source| Error::Manifest { file: manifest.file, source })?;
                each::told(&made, "created", &create.write, out)?;
            }
            Ok(Exit::Done)
        }
        (Some(what), []) => {
            let material = material(what, create.namespace.as_deref(), doors).await?;
            let value = make::object(what, &material)?;
            put(value, create.namespace.as_deref(), "created", &create.write, doors, out).await?;
            Ok(Exit::Done)
        }
    }
}

/// Creates an object in the namespace that is meant, and says so.
async fn put(
    mut value: Value,
    namespace: Option<&str>,
    done: &str,
    write: &Write,
    doors: &Doors,
    out: Out<'_>,
) -> Result<Object, Error> {
    let (version, kind) = (&value["apiVersion"], &value["kind"]);
    let served = shared_api::serving(version.as_str().unwrap_or_default(), kind.as_str().unwrap_or_default());
    if served.is_some_and(|s| s.kind.namespaced) {
        value["metadata"]["namespace"] = namespace.unwrap_or(&doors.namespace).into();
    }
    let object = Object::from_value(&value).map_err(Refusal::internal)?;
    let made = doors.cluster.create(object, &each::how(write, Validation::Strict)).await?;
    each::told(&made, done, write, out)?;
    Ok(made)
}

async fn material(what: &Generator, namespace: Option<&str>, doors: &Doors) -> Result<make::Material, Error> {
    let mut material = make::Material::default();
    match what {
        Generator::ConfigMap { from, .. } | Generator::Secret(SecretKind::Generic { from, .. }) => {
            material.entries = read(from)?;
        }
        Generator::Secret(SecretKind::Tls { cert, key, .. }) => {
            for (name, file) in [("tls.crt", cert), ("tls.key", key)] {
                entries::add(&mut material.entries, name, bytes(Path::new(file))?)?;
            }
        }
        Generator::Job { from: Some(from), .. } => {
            let named = select::named(std::slice::from_ref(from))?;
            let [select::Named { kind, name: Some(name) }] = &named[..] else {
                return Err(Error::Usage(format!("--from {from:?}: expected cronjob/NAME")));
            };
            if kind.kind != "CronJob" {
                return Err(Error::Usage(format!("--from {from:?}: only a cron job has jobs")));
            }
            let found = doors.cluster.get(&select::key(kind, namespace, name, doors)).await?;
            material.cron_job = Some(found.value());
        }
        _ => {}
    }
    Ok(material)
}

fn bytes(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|source| Error::File { file: path.display().to_string(), source })
}

/// Reads what entries are made of.
fn read(from: &Sources) -> Result<Entries, Error> {
    let mut found = Entries::new();
    for word in &from.literals {
        entries::literal(&mut found, word)?;
    }
    for file in &from.env_files {
        let text = bytes(Path::new(file))?;
        let text = String::from_utf8(text).map_err(|_| Error::Usage(format!("{file} is not UTF-8 text")))?;
        entries::env_file(&mut found, file, &text, &|_| None)?;
    }
    for word in &from.files {
        let (key, path) = entries::source(word);
        let path = Path::new(path);
        let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !path.is_dir() {
            entries::add(&mut found, &key.map_or_else(|| name(path), ToOwned::to_owned), bytes(path)?)?;
            continue;
        }
        if key.is_some() {
            return Err(Error::Usage(format!("{word:?}: cannot give a key name for a directory path")));
        }
        let failed = |source| Error::File { file: path.display().to_string(), source };
        let inside = std::fs::read_dir(path).map_err(failed)?;
        let mut files: Vec<_> = inside.filter_map(|e| e.ok().map(|e| e.path())).collect();
        files.retain(|p| p.is_file());
        files.sort();
        for file in files {
            entries::add(&mut found, &name(&file), bytes(&file)?)?;
        }
    }
    Ok(found)
}

pub(super) async fn run(asked: &Run, doors: &Doors, out: Out<'_>) -> Result<Exit, Error> {
    let joins = asked.joins();
    if asked.rm && !joins {
        return Err(Error::Usage(
            "--rm should only be used for attached containers: say --attach or -i".into(),
        ));
    }
    let mut pod = None;
    for value in run::objects(asked)? {
        let made = put(value, asked.namespace.as_deref(), "created", &asked.write, doors, out).await?;
        pod.get_or_insert(made);
    }
    match pod.filter(|_| joins) {
        Some(pod) => streams::join(&pod, asked, doors, out).await,
        None => Ok(Exit::Done),
    }
}

pub(super) async fn expose(asked: &Expose, doors: &Doors, out: Out<'_>) -> Result<Exit, Error> {
    for object in one_by_one(&asked.words, asked.namespace.as_deref(), "expose", doors).await? {
        let service = expose::service(&object.value(), asked)?;
        put(service, asked.namespace.as_deref(), "exposed", &asked.write, doors, out).await?;
    }
    Ok(Exit::Done)
}

pub(super) async fn autoscale(asked: &Autoscale, doors: &Doors, out: Out<'_>) -> Result<Exit, Error> {
    for object in one_by_one(&asked.words, asked.namespace.as_deref(), "autoscale", doors).await? {
        let kind = shared_api::of(&object.group_kind().group, object.kind());
        if !kind.is_some_and(|k| k.subresources.contains(&"scale")) {
            return Err(Error::Usage(format!("cannot autoscale a {}: no replicas to scale", object.kind())));
        }
        let made = expose::autoscaler(object.api_version(), object.kind(), object.name(), asked)?;
        put(made, asked.namespace.as_deref(), "autoscaled", &asked.write, doors, out).await?;
    }
    Ok(Exit::Done)
}

/// Objects that have to be there, each by its name.
async fn one_by_one(
    words: &[String],
    namespace: Option<&str>,
    verb: &str,
    doors: &Doors,
) -> Result<Vec<Object>, Error> {
    let mut found = Vec::new();
    for select::Named { kind, name } in select::named(words)? {
        let name = name.ok_or_else(|| Error::Usage(format!("{verb} {}: name one", kind.plural)))?;
        found.push(doors.cluster.get(&select::key(kind, namespace, &name, doors)).await?);
    }
    Ok(found)
}
