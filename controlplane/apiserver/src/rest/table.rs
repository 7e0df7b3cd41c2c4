//! Tables, as `kubectl get` prints them, and objects cut down to their metadata.

use super::accept::Include;
use serde_json::{Value, json};
use shared_api::{Heading, KindInfo, Object, Served, Timestamp};

/// An object as a `PartialObjectMetadata`.
pub(super) fn metadata(object: &Object) -> Vec<u8> {
    let mut bytes = br#"{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":"#.to_vec();
    bytes.extend(serde_json::to_vec(object.metadata()).unwrap_or_else(|_| b"{}".to_vec()));
    bytes.push(b'}');
    bytes
}

/// A table of `objects`; `meta` is the list's metadata. Watches name the columns once only.
pub(super) fn table(
    served: Served,
    objects: &[Object],
    include: Include,
    meta: &Value,
    columns: bool,
    now: Timestamp,
) -> Vec<u8> {
    let kind = served.kind;
    let headings = (kind.headings)();
    let definitions = if columns { definitions(kind, &headings) } else { Value::Array(Vec::new()) };
    let head = format!(
        r#"{{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{meta},"columnDefinitions":{definitions},"rows":["#
    );
    let mut bytes = head.into_bytes();
    for (at, object) in objects.iter().enumerate() {
        if at > 0 {
            bytes.push(b',');
        }
        bytes.extend_from_slice(
            format!(r#"{{"cells":{},"object":"#, cells(kind, &headings, object, now)).as_bytes(),
        );
        match include {
            Include::Nothing => bytes.extend_from_slice(b"null"),
            Include::Metadata => bytes.extend(metadata(object)),
            Include::Object => bytes.extend_from_slice(served.shown(object).bytes()),
        }
        bytes.push(b'}');
    }
    bytes.extend_from_slice(b"]}");
    bytes
}

fn definitions(kind: &KindInfo, headings: &[Heading]) -> Value {
    let definition = |name: &str, of: &str, format: &str, wide: bool| json!({"name": name, "type": of, "format": format, "description": "", "priority": i32::from(wide)});
    let name = definition("Name", "string", "name", false);
    let rest =
        headings.iter().map(|h| definition(h.name, if h.integer { "integer" } else { "string" }, "", h.wide));
    kind.name_first.then_some(name).into_iter().chain(rest).collect()
}

fn cells(kind: &KindInfo, headings: &[Heading], object: &Object, now: Timestamp) -> Value {
    let cell = |(text, heading): (String, &Heading)| match text.parse::<i64>() {
        Ok(number) if heading.integer => json!(number),
        _ => json!(text),
    };
    let rest = (kind.row)(object, now).into_iter().zip(headings).map(cell);
    kind.name_first.then(|| json!(object.name())).into_iter().chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_the_name_and_a_cell_for_every_column() {
        for kind in shared_api::KINDS {
            let value = json!({"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {"name": "a", "uid": "u"}});
            let object = Object::from_value(&value).unwrap();
            let now = Timestamp::UNIX_EPOCH;
            let served = shared_api::serving(kind.api_version, kind.kind).unwrap();
            let bytes = table(served, &[object.clone(), object], Include::Metadata, &json!({}), true, now);
            let table: Value = serde_json::from_slice(&bytes).unwrap();
            let columns = table["columnDefinitions"].as_array().unwrap();
            let name = columns.iter().position(|c| c["name"] == "Name").unwrap();
            assert_eq!(name == 0, kind.name_first, "{}", kind.kind);
            for row in table["rows"].as_array().unwrap() {
                assert_eq!(row["cells"].as_array().unwrap().len(), columns.len(), "{}", kind.kind);
                assert_eq!(row["cells"][name], "a");
                assert_eq!(row["object"]["metadata"]["uid"], "u");
            }
        }
    }
}
