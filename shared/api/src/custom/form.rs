//! One version of a defined kind: its schema, and what follows from it.

use super::{Column, columns, leak, schema::Schema, types};
use crate::{Encoded, Object, Version, schema::Type};
use serde_json::{Map, Value};

/// Fields that every object has, whatever its schema says.
pub(super) const HEAD: [&str; 3] = ["apiVersion", "kind", "metadata"];

/// A version of a defined kind.
#[derive(Debug)]
pub struct Form {
    /// Its name, `v1`.
    pub version: &'static str,
    /// With the group, `stable.example.com/v1`.
    pub api_version: &'static str,
    /// What objects of it look like to whatever reads types.
    pub of: &'static Type,
    /// What tables show after the name.
    pub columns: Vec<Column>,
    /// Paths that field selectors may name, without the dot they begin with.
    pub(super) fields: Vec<&'static str>,
    /// Whether the status is written by itself.
    pub status: bool,
    /// Where the replicas are, when it has any.
    pub scale: Option<Scale>,
    pub(super) served: bool,
    pub(super) warning: Option<&'static str>,
    pub(super) kind: &'static str,
    pub(super) schema: &'static Schema,
}

/// Where a kind keeps what a `Scale` says, each as a path of fields.
#[derive(Debug)]
pub struct Scale {
    /// How many there are to be.
    pub spec: Vec<String>,
    /// How many there are.
    pub status: Vec<String>,
    /// Which pods they are, as the text of a label selector.
    pub selector: Option<Vec<String>>,
}

impl Form {
    pub(super) fn of(group: &'static str, kind: &'static str, version: &Value) -> Option<Self> {
        let name = leak(version["name"].as_str()?);
        let api_version = leak(&format!("{group}/{name}"));
        let schema: &'static Schema =
            Box::leak(Box::new(Schema::read(&version["schema"]["openAPIV3Schema"])));
        let usual = || format!("{api_version} {kind} is deprecated");
        let warning = (version["deprecated"] == true)
            .then(|| leak(&version["deprecationWarning"].as_str().map_or_else(usual, str::to_owned)));
        let parts = &version["subresources"];
        let fields = version["selectableFields"].as_array().into_iter().flatten();
        let fields = fields.filter_map(|f| f["jsonPath"].as_str()).map(|p| leak(p.trim_start_matches('.')));
        let scale = &parts["scale"];
        let path = |field: &str| scale[field].as_str().filter(|p| !p.is_empty()).map(steps);
        Some(Self {
            version: name,
            api_version,
            of: types::of(group, name, kind, schema),
            columns: columns::read(&version["additionalPrinterColumns"]),
            fields: fields.collect(),
            status: parts["status"].is_object(),
            scale: scale.is_object().then(|| Scale {
                spec: path("specReplicasPath").unwrap_or_default(),
                status: path("statusReplicasPath").unwrap_or_default(),
                selector: path("labelSelectorPath"),
            }),
            served: version["served"] == true,
            warning,
            kind,
            schema,
        })
    }

    /// As a version that the kind is served in besides another.
    pub(super) fn as_version(&self, group: &'static str) -> Version {
        Version::alike(group, self.version, self.api_version, self.warning)
    }

    /// Paths of what the schema does not have of an object.
    pub(crate) fn unknown(&self, fields: &mut Map<String, Value>) -> Vec<String> {
        self.schema.prune(fields)
    }

    /// An object as it is in this version: without what the schema does not have, with what it fills in.
    pub(crate) fn shown(&self, mut value: Value) -> Value {
        if let Value::Object(fields) = &mut value {
            fields.insert("apiVersion".into(), self.api_version.into());
            self.schema.prune(fields);
            self.schema.complete(fields);
        }
        value
    }

    /// The same of a stored object.
    pub(crate) fn object(&self, object: &Object) -> Object {
        let before = object.value();
        let after = self.shown(before.clone());
        if after == before {
            return object.clone();
        }
        let Value::Object(mut fields) = after else { return object.clone() };
        let meta = fields.remove("metadata").unwrap_or_default();
        Object::from_bytes(self.encoded(&meta, &fields).json).unwrap_or_else(|_| object.clone())
    }

    /// The JSON of an object with its head first, and where its revision goes when it has none.
    pub(super) fn encoded(&self, meta: &Value, rest: &Map<String, Value>) -> Encoded {
        let head = format!(r#"{{"apiVersion":"{}","kind":"{}","metadata":"#, self.api_version, self.kind);
        let mut json = head.into_bytes();
        let revision = meta["resourceVersion"].as_str().unwrap_or_default();
        json.extend_from_slice(br#"{"resourceVersion":""#);
        let hole = u32::try_from(json.len()).expect("a head is short");
        json.extend_from_slice(revision.as_bytes());
        json.push(b'"');
        let mut field = |name: &str, value: &Value| {
            json.extend_from_slice(format!(",{}:{value}", Value::from(name)).as_bytes());
        };
        // Who owns what stands right behind the revision.
        if let Some(managed) = meta.get("managedFields") {
            field("managedFields", managed);
        }
        let written = ["resourceVersion", "managedFields"];
        let fields = meta.as_object().into_iter().flatten();
        for (name, value) in fields.filter(|(name, _)| !written.contains(&name.as_str())) {
            field(name, value);
        }
        json.push(b'}');
        for (name, value) in rest.iter().filter(|(name, _)| !HEAD.contains(&name.as_str())) {
            json.extend_from_slice(format!(",{}:{value}", Value::from(name.as_str())).as_bytes());
        }
        json.push(b'}');
        Encoded { json, hole }
    }
}

/// `.spec.replicas` as the names of fields, one below the other.
fn steps(path: &str) -> Vec<String> {
    path.split('.').filter(|step| !step.is_empty()).map(str::to_owned).collect()
}
