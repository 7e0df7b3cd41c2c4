//! Whole documents, written piece by piece so that no document is ever held as a tree.

use super::{
    Dialect, gnostic, info,
    names::{Definition, closure},
    operations, schemas,
};
use crate::rest::discovery;
use serde_json::{Value, json};
use shared_api::schema::Descriptions;
use std::collections::BTreeMap;

/// The third version's document of a group and version; hashes need no descriptions.
pub(super) fn three(group: &str, version: &str, described: bool) -> Vec<u8> {
    let descriptions = described.then(Descriptions::unpack);
    let mut out = format!(r#"{{"openapi":"3.0.0","info":{},"paths":{{"#, info()).into_bytes();
    entries(&mut out, operations::paths(Dialect::Three, group, version));
    out.extend_from_slice(br#"},"components":{"schemas":{"#);
    let all = closure(operations::definitions(group, version));
    entries(
        &mut out,
        all.into_iter().map(|(name, definition)| {
            (name, schemas::definition(Dialect::Three, definition, descriptions.as_ref()))
        }),
    );
    out.extend_from_slice(b"}}}");
    out
}

/// The second version's document.
pub(super) fn two() -> Vec<u8> {
    let mut out = format!(r#"{{"swagger":"2.0","info":{},"paths":{{"#, info()).into_bytes();
    let groups = discovery::group_versions();
    entries(&mut out, groups.into_iter().flat_map(|(g, v)| operations::paths(Dialect::Two, g, v)));
    out.extend_from_slice(br#"},"definitions":{"#);
    let descriptions = Descriptions::unpack();
    entries(
        &mut out,
        everything().into_iter().map(|(name, definition)| {
            (name, schemas::definition(Dialect::Two, definition, Some(&descriptions)))
        }),
    );
    out.extend_from_slice(b"}}");
    out
}

/// The same in gnostic's protobuf.
pub(super) fn gnostic_two() -> Vec<u8> {
    let mut document = gnostic::two::head(&json!({"swagger": "2.0", "info": info()}));
    let mut paths = Vec::new();
    for (group, version) in discovery::group_versions() {
        for (path, item) in operations::paths(Dialect::Two, group, version) {
            gnostic::two::path(&path, &item, &mut paths);
        }
    }
    gnostic::two::paths(&paths, &mut document);
    drop(paths);
    let descriptions = Descriptions::unpack();
    let mut definitions = Vec::new();
    for (name, definition) in everything() {
        let schema = schemas::definition(Dialect::Two, definition, Some(&descriptions));
        gnostic::two::definition(&name, &schema, &mut definitions);
    }
    gnostic::two::definitions(&definitions, &mut document);
    document
}

/// The third version's document of a group and version in gnostic's protobuf.
pub(super) fn gnostic_three(group: &str, version: &str) -> Vec<u8> {
    let mut document = gnostic::three::head(&json!({"openapi": "3.0.0", "info": info()}));
    let mut paths = Vec::new();
    for (path, item) in operations::paths(Dialect::Three, group, version) {
        gnostic::three::path(&path, &item, &mut paths);
    }
    gnostic::three::paths(&paths, &mut document);
    let descriptions = Descriptions::unpack();
    let mut all = Vec::new();
    for (name, definition) in closure(operations::definitions(group, version)) {
        let schema = schemas::definition(Dialect::Three, definition, Some(&descriptions));
        gnostic::three::schema(&name, &schema, &mut all);
    }
    gnostic::three::schemas(&all, &mut document);
    document
}

fn everything() -> BTreeMap<String, Definition> {
    let groups = discovery::group_versions().into_iter();
    closure(groups.flat_map(|(group, version)| operations::definitions(group, version)))
}

/// The fields of an object, of which each is made when it is written.
fn entries(out: &mut Vec<u8>, entries: impl IntoIterator<Item = (String, Value)>) {
    for (place, (name, value)) in entries.into_iter().enumerate() {
        let comma = if place == 0 { "" } else { "," };
        out.extend_from_slice(format!("{comma}{name:?}:{value}").as_bytes());
    }
}
