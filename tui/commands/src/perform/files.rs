//! From `-f` to manifests.

use super::{Doors, Out};
use crate::Error;
use serde_json::Value;
use shared_api::{KindInfo, Object, Refusal, yaml};
use std::path::{Path, PathBuf};
use tokio::io::AsyncReadExt;

/// One manifest and where it was read.
#[derive(Debug, Clone)]
pub(super) struct Manifest {
    pub(super) file: String,
    pub(super) kind: &'static KindInfo,
    pub(super) object: Object,
    pub(super) value: Value,
}

/// Every manifest of these files, read and looked at before anything is done with one.
pub(super) async fn read(
    files: &[String],
    namespace: Option<&str>,
    doors: &Doors,
    out: Out<'_>,
) -> Result<Vec<Manifest>, Error> {
    let mut found = Vec::new();
    for name in files {
        for (file, text) in texts(name, out).await? {
            let manifest = |source| Error::Manifest { file: file.clone(), source };
            for document in yaml::documents(&text).map_err(manifest)? {
                for value in flatten(document) {
                    found.push(one(&file, value, namespace, doors).map_err(manifest)?);
                }
            }
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
    let path = PathBuf::from(name);
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
