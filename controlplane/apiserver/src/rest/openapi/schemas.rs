//! Definitions: what the objects of a type hold, and how their parts merge.

use super::{Dialect, defined, names::Definition};
use crate::rest::discovery;
use serde_json::{Map, Value, json};
use shared_api::schema::{Descriptions, Field, Merge, Shape, Type};

/// A reference to a definition.
pub(super) fn reference(dialect: Dialect, to: Definition) -> Value {
    let place = match dialect {
        Dialect::Two => "#/definitions/",
        Dialect::Three => "#/components/schemas/",
    };
    json!({"$ref": format!("{place}{}", to.name())})
}

/// A definition. Without `descriptions` nothing is described.
pub(super) fn definition(dialect: Dialect, of: Definition, descriptions: Option<&Descriptions>) -> Value {
    let mut schema = match of {
        Definition::Type(of) => object(dialect, of, descriptions),
        Definition::Defined(served) => return defined::object(dialect, served),
        Definition::DefinedList(served) => return defined::list(dialect, served),
        Definition::Value(shape) => value(dialect, shape),
        Definition::Patch => json!({"type": "object"}),
    };
    let name = match of {
        Definition::Type(of) => of.name.to_owned(),
        _ => of.name(),
    };
    if let Some(text) = descriptions.map(|all| all.of(&name).text()).filter(|text| !text.is_empty()) {
        schema["description"] = text.into();
    }
    schema
}

fn object(dialect: Dialect, of: &Type, descriptions: Option<&Descriptions>) -> Value {
    let said = descriptions.map(|all| all.of(of.name));
    let about = |field: &Field| match (field.number, field.name, of.api_version) {
        (0, "apiVersion", Some(_)) => said.map(|_| API_VERSION.to_owned()),
        (0, "kind", Some(_)) => said.map(|_| KIND.to_owned()),
        // What is inlined is described where it stands by itself.
        (0, name, _) => descriptions.and_then(|all| {
            let inner = of.inlined().find(|(_, inner)| inner.field(name).is_some())?.1;
            inlined(inner, name, all)
        }),
        (_, name, _) => said.and_then(|said| said.field(name)),
    };
    let fields = of.fields().iter();
    let properties: Map<String, Value> =
        fields.clone().map(|f| (f.name.to_owned(), property(dialect, f, about(f)))).collect();
    let mut schema = json!({"type": "object", "properties": properties});
    let required: Vec<_> = fields.filter(|f| f.required).map(|f| f.name).collect();
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    if of.is_atomic() {
        schema["x-kubernetes-map-type"] = json!("atomic");
    }
    if let Some(api_version) = of.api_version {
        schema["x-kubernetes-group-version-kind"] = Value::Array(meanings(of, api_version));
    }
    schema
}

fn inlined(of: &Type, field: &str, descriptions: &Descriptions) -> Option<String> {
    descriptions.of(of.name).field(field).or_else(|| {
        let inner = of.inlined().find(|(_, inner)| inner.field(field).is_some())?.1;
        inlined(inner, field, descriptions)
    })
}

pub(super) const API_VERSION: &str = "APIVersion defines the versioned schema of this representation of an object. Servers should convert \
    recognized schemas to the latest internal value, and may reject unrecognized values. More info: \
    https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources";
pub(super) const KIND: &str = "Kind is a string value representing the REST resource this object represents. Servers may infer this from \
    the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: \
    https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds";

/// Which kinds are written with the type. Options of a deletion are of every group and version.
fn meanings(of: &Type, api_version: &str) -> Vec<Value> {
    let meaning = |group: &str, version: &str| json!({"group": group, "version": version, "kind": of.kind()});
    if of.name == "meta.v1.DeleteOptions" {
        return discovery::group_versions().into_iter().map(|(g, v)| meaning(g, v)).collect();
    }
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    vec![meaning(group, version)]
}

fn property(dialect: Dialect, field: &Field, description: Option<String>) -> Value {
    let mut schema = shape(dialect, &field.shape);
    let patch = field.patch();
    let mut said = Map::new();
    let mut say = |name: &str, value: Value| drop(said.insert(name.to_owned(), value));
    if let Some(text) = description {
        say("description", text.into());
    }
    if let Some(default) = field.default().and_then(|json| serde_json::from_str(json).ok()) {
        say("default", default);
    }
    match (&field.shape, field.merge()) {
        (Shape::List(_), Merge::Keys(keys)) => {
            say("x-kubernetes-list-type", "map".into());
            say("x-kubernetes-list-map-keys", keys.iter().collect());
        }
        (Shape::List(_), Merge::Set) => say("x-kubernetes-list-type", "set".into()),
        (Shape::List(_), _) => say("x-kubernetes-list-type", "atomic".into()),
        (Shape::Map(_), Merge::Atomic) => say("x-kubernetes-map-type", "atomic".into()),
        _ => {}
    }
    if let Some(strategy) = patch.strategy {
        say("x-kubernetes-patch-strategy", strategy.into());
    }
    if let Some(key) = patch.key {
        say("x-kubernetes-patch-merge-key", key.into());
    }
    // The third version ignores what stands beside a reference.
    if dialect == Dialect::Three && schema.get("$ref").is_some() && !said.is_empty() {
        schema = json!({"allOf": [schema]});
    }
    if let Value::Object(schema) = &mut schema {
        schema.extend(said);
    }
    schema
}

fn shape(dialect: Dialect, of: &Shape) -> Value {
    match of {
        Shape::String => json!({"type": "string"}),
        Shape::Int32 => json!({"type": "integer", "format": "int32"}),
        Shape::Int64 => json!({"type": "integer", "format": "int64"}),
        Shape::Number => json!({"type": "number", "format": "double"}),
        Shape::Bool => json!({"type": "boolean"}),
        Shape::Bytes => json!({"type": "string", "format": "byte"}),
        Shape::List(item) => json!({"type": "array", "items": shape(dialect, item)}),
        Shape::Map(item) => json!({"type": "object", "additionalProperties": shape(dialect, item)}),
        Shape::Object(inner) => reference(dialect, Definition::Type(inner.get())),
        other => reference(dialect, Definition::Value(*other)),
    }
}

/// The definition of a value that is no object in JSON.
fn value(dialect: Dialect, of: Shape) -> Value {
    match (of, dialect) {
        (Shape::Time | Shape::MicroTime, _) => json!({"type": "string", "format": "date-time"}),
        (Shape::Quantity, Dialect::Three) => json!({"oneOf": [{"type": "string"}, {"type": "number"}]}),
        (Shape::IntOrString, Dialect::Two) => {
            json!({"type": "string", "format": "int-or-string", "x-kubernetes-int-or-string": true})
        }
        (Shape::IntOrString, Dialect::Three) => json!({
            "oneOf": [{"type": "integer"}, {"type": "string"}],
            "format": "int-or-string",
            "x-kubernetes-int-or-string": true,
        }),
        (Shape::Schema(_), _) => json!({}),
        (Shape::Fields | Shape::Any, _) => json!({"type": "object"}),
        _ => json!({"type": "string"}),
    }
}
