//! From `-f` to manifests. What another manifest of the same files defines is looked up when its turn comes.

use super::{Doors, Out, change::only};
use crate::Error;
use futures::StreamExt;
use serde_json::Value;
use shared_api::{Key, KindInfo, Object, Refusal, apiextensions::CustomResourceDefinition, yaml};
use shared_client::Event;
use std::{
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::io::AsyncReadExt;

/// How long a definition that was written may take to be served.
const PATIENCE: Duration = Duration::from_secs(30);

/// One manifest and where it was read.
#[derive(Debug, Clone)]
pub(super) struct Manifest {
    pub(super) file: String,
    pub(super) kind: &'static KindInfo,
    pub(super) object: Object,
    pub(super) value: Value,
}

/// What stands in a file.
#[derive(Debug, Clone)]
pub(super) enum Found {
    /// Of a kind that is known.
    Now(Box<Manifest>),
    /// Of a kind that a definition of this name, in the same files, defines.
    Later { file: String, value: Value, definition: String },
}

/// Every manifest of these files, read and looked at before anything is done with one.
pub(super) async fn read(
    files: &[String],
    namespace: Option<&str>,
    doors: &Doors,
    out: Out<'_>,
) -> Result<Vec<Manifest>, Error> {
    let one = |(file, value): (String, Value)| {
        one(&file, value, namespace, doors).map_err(|source| Error::Manifest { file, source })
    };
    documents(files, out).await?.into_iter().map(one).collect()
}

/// The same where what is defined may be written before what is of its kind: definitions come first.
pub(super) async fn read_in_turn(
    files: &[String],
    namespace: Option<&str>,
    doors: &Doors,
    out: Out<'_>,
) -> Result<Vec<Found>, Error> {
    let (mut all, others): (Vec<_>, Vec<_>) =
        documents(files, out).await?.into_iter().partition(|(_, value)| value["kind"] == DEFINITION);
    let definitions: Vec<Value> = all.iter().map(|(_, value)| value.clone()).collect();
    all.extend(others);
    let found = |(file, value): (String, Value)| match defined_by(&value, &definitions) {
        Some(definition) => Ok(Found::Later { file, value, definition }),
        None => match one(&file, value, namespace, doors) {
            Ok(manifest) => Ok(Found::Now(Box::new(manifest))),
            Err(source) => Err(Error::Manifest { file, source }),
        },
    };
    all.into_iter().map(found).collect()
}

const DEFINITION: &str = "CustomResourceDefinition";

/// The name of the definition of a kind that is not known yet.
fn defined_by(value: &Value, definitions: &[Value]) -> Option<String> {
    let (version, kind) = (value["apiVersion"].as_str()?, value["kind"].as_str()?);
    let (group, _) = version.split_once('/')?;
    if shared_api::serving(version, kind).is_some() {
        return None;
    }
    let defines = |definition: &&Value| {
        definition["spec"]["group"] == group && definition["spec"]["names"]["kind"] == kind
    };
    definitions.iter().find(defines)?["metadata"]["name"].as_str().map(ToOwned::to_owned)
}

impl Found {
    /// The manifest, once the cluster serves its kind.
    pub(super) async fn manifest(self, namespace: Option<&str>, doors: &Doors) -> Result<Manifest, Error> {
        match self {
            Self::Now(manifest) => Ok(*manifest),
            Self::Later { file, value, definition } => {
                let known = tokio::time::timeout(PATIENCE, served(&definition, doors)).await;
                let known = known.unwrap_or_else(|_| {
                    let why = format!("the definition {definition} was not served within {PATIENCE:?}");
                    Err(Refusal::unavailable(why))
                });
                let manifest = known.and_then(|()| one(&file, value, namespace, doors));
                manifest.map_err(|source| Error::Manifest { file, source })
            }
        }
    }
}

/// Waits until what a definition defines is served, and makes it known here.
async fn served(definition: &str, doors: &Doors) -> Result<(), Refusal> {
    let key = Key::of::<CustomResourceDefinition>("", definition);
    let mut events = doors.cluster.watch(&[only(&key)], None).await?;
    while let Some(event) = events.next().await {
        let (Event::Added(object) | Event::Modified(object)) = event? else { continue };
        let value = object.value();
        let is = |name: &str, status: &str| {
            let conditions = value["status"]["conditions"].as_array();
            let mut conditions = conditions.into_iter().flatten();
            conditions.find(|c| c["type"] == name && c["status"] == status).cloned()
        };
        if is("Established", "True").is_some() {
            return shared_client::learn(&*doors.cluster).await;
        }
        if let Some(refused) = is("NamesAccepted", "False") {
            let why = refused["message"].as_str().unwrap_or("its names are not accepted");
            return Err(Refusal::bad_request(format!("{definition} defines nothing: {why}")));
        }
    }
    Err(Refusal::unavailable(format!("the watch ended before {definition} was served")))
}

/// Every document of these files, and where each was read.
async fn documents(files: &[String], out: Out<'_>) -> Result<Vec<(String, Value)>, Error> {
    let mut found = Vec::new();
    for name in files {
        for (file, text) in texts(name, out).await? {
            let read = yaml::documents(&text);
            let read = read.map_err(|source| Error::Manifest { file: file.clone(), source })?;
            found.extend(read.into_iter().flat_map(flatten).map(|value| (file.clone(), value)));
        }
    }
    if found.is_empty() {
        return Err(Error::Usage(format!("no manifest in {}", files.join(", "))));
    }
    Ok(found)
}

async fn texts(name: &str, out: Out<'_>) -> Result<Vec<(String, String)>, Error> {
    let file = |path: &Path| {
        let file = path.display().to_string();
        move |source| Error::File { file, source }
    };
    if name == "-" {
        let mut text = String::new();
        let mut input =
            out.input().ok_or_else(|| Error::Usage("standard input is not to be had here".into()))?;
        input.read_to_string(&mut text).await.map_err(file(Path::new("standard input")))?;
        return Ok(vec![("standard input".into(), text)]);
    }
    let path = at_home(name);
    if !path.is_dir() {
        let text = std::fs::read_to_string(&path).map_err(file(&path))?;
        return Ok(vec![(name.into(), text)]);
    }
    let entries = std::fs::read_dir(&path).map_err(file(&path))?;
    let mut paths: Vec<_> = entries.filter_map(|e| e.ok().map(|e| e.path())).collect();
    paths.retain(|p| p.extension().is_some_and(|e| matches!(e.to_str(), Some("yaml" | "yml" | "json"))));
    paths.sort();
    paths
        .into_iter()
        .map(|p| Ok((p.display().to_string(), std::fs::read_to_string(&p).map_err(file(&p))?)))
        .collect()
}

/// `~/…`, which no shell has made a path of where a line is typed into the screen.
fn at_home(name: &str) -> PathBuf {
    let rest = name.strip_prefix("~/").zip(std::env::var_os("HOME"));
    rest.map_or_else(|| PathBuf::from(name), |(rest, home)| Path::new(&home).join(rest))
}

/// A `List` is its items.
fn flatten(mut document: Value) -> Vec<Value> {
    let is_list = document["kind"].as_str().is_some_and(|k| k.ends_with("List"));
    match document.get_mut("items").map(Value::take) {
        Some(Value::Array(items)) if is_list => items,
        _ => vec![document],
    }
}

fn one(file: &str, value: Value, namespace: Option<&str>, doors: &Doors) -> Result<Manifest, Refusal> {
    let word = |value: &Value, field: &str| match &value[field] {
        Value::String(text) if !text.is_empty() => Ok(text.clone()),
        Value::Null => Err(Refusal::bad_request(format!("a manifest has no {field}"))),
        other => Err(Refusal::bad_request(format!("{field}: expected text, got {other}"))),
    };
    if !value.is_object() {
        return Err(Refusal::bad_request("a manifest has to be a mapping with apiVersion and kind"));
    }
    let (version, kind) = (word(&value, "apiVersion")?, word(&value, "kind")?);
    let served = shared_api::serving(&version, &kind).ok_or_else(|| {
        Refusal::bad_request(format!("no matches for kind {kind:?} in version {version:?}"))
    })?;
    let (info, mut value) = (served.kind, served.upgrade(value));
    if !value["metadata"].is_object() {
        return Err(Refusal::bad_request(format!(
            "{kind}: metadata: Required value: name or generateName is required"
        )));
    }
    if info.namespaced {
        let given = value["metadata"]["namespace"].as_str().map(ToOwned::to_owned);
        match (given, namespace) {
            (Some(given), Some(asked)) if given != asked => {
                return Err(Refusal::bad_request(format!(
                    "the namespace from the provided object {given:?} does not match the namespace {asked:?}"
                )));
            }
            (Some(_), _) => {}
            (None, asked) => value["metadata"]["namespace"] = asked.unwrap_or(&doors.namespace).into(),
        }
    }
    let object = Object::from_value(&value)
        .map_err(|e| Refusal::bad_request(format!("{kind} cannot be decoded: {e}")))?;
    Ok(Manifest { file: file.into(), kind: info, object, value })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_the_files_define_themselves_waits_for_its_definition() {
        let definition = json!({
            "kind": DEFINITION, "metadata": {"name": "boats.files.example"},
            "spec": {"group": "files.example", "names": {"kind": "Boat"}},
        });
        let boat = |version: &str, kind: &str| {
            defined_by(&json!({"apiVersion": version, "kind": kind}), std::slice::from_ref(&definition))
        };
        assert_eq!(boat("files.example/v1", "Boat").as_deref(), Some("boats.files.example"));
        assert_eq!(boat("files.example/v1", "Ship"), None);
        assert_eq!(boat("apps/v1", "Deployment"), None);
        assert_eq!(boat("v1", "Boat"), None);
    }
}
