//! Manifests are taken in whole: decoded, brought to today's version, completed, found valid, and the same
//! after a round trip.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use serde_json::Value;
use shared_api::{
    Decoded, Draft, Invalid, KindInfo, Object, Served, Timestamp, serving, valid_metadata, yaml,
};
use std::{fs, path::PathBuf};

/// Kinds of the reference manifests that are looked at.
const KINDS: &[&str] =
    &["Pod", "CronJob", "DaemonSet", "Deployment", "Job", "ReplicaSet", "ReplicationController"];

/// Every document of a folder of the demo, with the file it is in.
fn documents(folder: &str) -> Vec<(PathBuf, Value)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../demo/manifests").join(folder);
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|e| e == "yaml"));
    let read = |path: PathBuf| {
        let documents = yaml::documents(&fs::read_to_string(&path).unwrap()).unwrap();
        documents.into_iter().map(move |document| (path.clone(), document))
    };
    files.flat_map(read).collect()
}

fn served(document: &Value) -> Served {
    let text = |field: &str| document[field].as_str().unwrap_or_default();
    serving(text("apiVersion"), text("kind")).unwrap_or_else(|| panic!("{document} is not served"))
}

/// As the API server takes it in, in the namespace it names or in `default`.
fn taken(kind: &KindInfo, value: Value) -> Box<dyn Draft> {
    let Ok(Decoded { mut draft, unknown }) = kind.decode(value, kind.api_version) else {
        panic!("{} is not decoded", kind.kind)
    };
    assert_eq!(unknown, [""; 0], "unknown fields");
    let meta = draft.meta_mut();
    meta.uid = Some("u".into());
    if kind.namespaced {
        meta.namespace.get_or_insert_with(|| "default".into());
    }
    draft.begin();
    draft.complete();
    draft
}

fn findings(kind: &KindInfo, draft: &dyn Draft, old: Option<&dyn Draft>) -> Vec<String> {
    let mut invalid = Invalid::default();
    valid_metadata(draft.meta(), kind.namespaced, &mut invalid);
    draft.check(old, &mut invalid);
    invalid.lines()
}

fn is_taken_in(document: Value) {
    let served = served(&document);
    let kind = served.kind;
    let draft = taken(kind, served.upgrade(document));
    assert_eq!(findings(kind, &*draft, None), [""; 0]);

    let object = draft.object();
    let again = taken(kind, object.value());
    assert_eq!(again.object(), object, "encoding loses something");
    assert_eq!(findings(kind, &*again, Some(&*draft)), [""; 0], "applied again");
    let row = kind.row(&object, Timestamp::UNIX_EPOCH);
    assert_eq!(row.len(), kind.headings().len());

    let shown = served.shown(&object);
    assert_eq!(shown.api_version(), served.api_version());
    let back = Object::from_value(&served.upgrade(shown.value())).unwrap();
    assert_eq!(back, object, "going through {} changes something", served.api_version());
}

#[test]
fn every_manifest_of_the_demo_is_valid() {
    let all = documents("");
    assert!(all.len() >= 3, "the walk-through has a namespace, a service and a deployment");
    for (path, document) in all {
        println!("{}", path.display());
        is_taken_in(document);
    }
}

#[test]
fn every_reference_manifest_is_valid() {
    let of_kind = |document: &Value| document["kind"].as_str().is_some_and(|k| KINDS.contains(&k));
    let all: Vec<_> = documents("seeds").into_iter().filter(|(_, d)| of_kind(d)).collect();
    assert_eq!(all.len(), 19);
    for (path, document) in all {
        println!("{}", path.display());
        is_taken_in(document);
    }
}
