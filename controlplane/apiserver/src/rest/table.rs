//! Tables, as `kubectl get` prints them, and objects cut down to their metadata.

use super::accept::Include;
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};
use shared_api::{Heading, Object, Served, Timestamp, custom::Column};

/// Of an object, its metadata as it is written.
#[derive(Deserialize)]
struct Cut<'a> {
    #[serde(borrow)]
    metadata: &'a RawValue,
}

/// An object as a `PartialObjectMetadata` of a version of `meta.k8s.io`.
pub(super) fn metadata(object: &Object, version: &str) -> Vec<u8> {
    let head = format!(r#"{{"kind":"PartialObjectMetadata","apiVersion":"{version}","metadata":"#);
    let mut bytes = head.into_bytes();
    let cut: Option<Cut<'_>> = serde_json::from_slice(object.bytes()).ok();
    bytes.extend_from_slice(cut.map_or("{}", |cut| cut.metadata.get()).as_bytes());
    bytes.push(b'}');
    bytes
}

/// What a table looks like.
#[derive(Debug, Clone)]
pub(super) struct Look {
    served: Served,
    /// The version of `meta.k8s.io` it is of.
    version: &'static str,
    include: Include,
    headings: Vec<Heading>,
    now: Timestamp,
}

/// What ends a table.
pub(super) const END: &[u8] = b"]}";

impl Look {
    pub(super) fn new(served: Served, version: &'static str, include: Include, now: Timestamp) -> Self {
        Self { served, version, include, headings: served.headings(), now }
    }

    /// The table up to its rows; `meta` is the list's metadata. Watches name the columns once only.
    pub(super) fn head(&self, meta: &Value, columns: bool) -> Vec<u8> {
        let definitions = if columns { definitions(self.served, &self.headings) } else { Value::Null };
        let version = self.version;
        format!(
            r#"{{"kind":"Table","apiVersion":"{version}","metadata":{meta},"columnDefinitions":{definitions},"rows":["#
        )
        .into_bytes()
    }

    /// One row.
    pub(super) fn row(&self, object: &Object, bytes: &mut Vec<u8>) {
        let cells = cells(self.served, &self.headings, object, self.now);
        bytes.extend_from_slice(format!(r#"{{"cells":{cells},"object":"#).as_bytes());
        match self.include {
            Include::Nothing => bytes.extend_from_slice(b"null"),
            Include::Metadata => bytes.extend(metadata(object, self.version)),
            Include::Object => bytes.extend_from_slice(self.served.shown(object).bytes()),
        }
        bytes.push(b'}');
    }

    /// A table of one object.
    pub(super) fn one(&self, object: &Object, columns: bool) -> Vec<u8> {
        let meta = json!({"resourceVersion": object.metadata().resource_version});
        let mut bytes = self.head(&meta, columns);
        self.row(object, &mut bytes);
        bytes.extend_from_slice(END);
        bytes
    }
}

fn definitions(served: Served, headings: &[Heading]) -> Value {
    let kind = served.kind;
    let definition = |name: &str, of: &str, format: &str, wide: bool| json!({"name": name, "type": of, "format": format, "description": "", "priority": i32::from(wide)});
    let name = definition("Name", "string", "name", false);
    if let Some(form) = served.form() {
        let column = |column: &Column| {
            json!({"name": column.name, "type": column.sort, "format": column.format,
            "description": column.description, "priority": column.priority})
        };
        return std::iter::once(name).chain(form.columns.iter().map(column)).collect();
    }
    let rest =
        headings.iter().map(|h| definition(h.name, if h.integer { "integer" } else { "string" }, "", h.wide));
    kind.name_first.then_some(name).into_iter().chain(rest).collect()
}

fn cells(served: Served, headings: &[Heading], object: &Object, now: Timestamp) -> Value {
    let kind = served.kind;
    if let Some(form) = served.form() {
        let value = served.shown(object).value();
        let name = json!(object.name());
        return std::iter::once(name).chain(form.columns.iter().map(|c| c.cell(&value, now))).collect();
    }
    let cell = |(text, heading): (String, &Heading)| match text.parse::<i64>() {
        Ok(number) if heading.integer => json!(number),
        _ => json!(text),
    };
    let rest = served.row(object, now).into_iter().zip(headings).map(cell);
    kind.name_first.then(|| json!(kind.name(object))).into_iter().chain(rest).collect()
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
            let look = Look::new(served, "meta.k8s.io/v1", Include::Metadata, now);
            let bytes = look.one(&object, true);
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
