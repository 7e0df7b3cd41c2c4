//! Definitions of kinds that the cluster defines: what their authors wrote, and what every object has.

use super::{Dialect, names::Definition, schemas::reference};
use serde_json::{Map, Value, json};
use shared_api::{Served, schema};

const META: &str = "Standard object's metadata. More info: \
    https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata";
const LIST_META: &str = "Standard list metadata. More info: \
    https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds";

/// The schema of a kind's objects.
pub(super) fn object(dialect: Dialect, served: Served) -> Value {
    let version = served.version();
    let mut schema = served.kind.custom.map(|custom| custom.open_api(version)).unwrap_or_default();
    if dialect == Dialect::Two {
        older(&mut schema);
    }
    let Value::Object(fields) = &mut schema else { return json!({"type": "object"}) };
    let open = fields.get("x-kubernetes-preserve-unknown-fields") == Some(&Value::Bool(true));
    if open && dialect == Dialect::Two {
        // Whoever reads this language takes the fields that are named for all there may be.
        fields.clear();
    } else if !open || fields.get("properties").is_some_and(Value::is_object) {
        let properties = fields.entry("properties").or_insert_with(|| json!({}));
        if let Value::Object(properties) = properties {
            head(properties);
            properties.insert("metadata".into(), part(dialect, "meta.v1.ObjectMeta", META));
        }
    }
    fields.insert("type".into(), "object".into());
    fields.insert("x-kubernetes-group-version-kind".into(), meaning(served, served.kind.kind));
    schema
}

/// The schema of a list of them.
pub(super) fn list(dialect: Dialect, served: Served) -> Value {
    let kind = served.kind;
    let item = reference(dialect, Definition::Defined(served));
    let said = format!(
        "List of {}. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md",
        kind.plural
    );
    let mut properties = Map::new();
    head(&mut properties);
    properties.insert("items".into(), json!({"description": said, "type": "array", "items": item}));
    properties.insert("metadata".into(), part(dialect, "meta.v1.ListMeta", LIST_META));
    let list = kind.list_kind();
    json!({
        "description": format!("{list} is a list of {}", kind.kind),
        "type": "object",
        "required": ["items"],
        "properties": properties,
        "x-kubernetes-group-version-kind": meaning(served, &list),
    })
}

fn head(properties: &mut Map<String, Value>) {
    for (name, said) in [("apiVersion", super::schemas::API_VERSION), ("kind", super::schemas::KIND)] {
        properties.insert(name.into(), json!({"type": "string", "description": said}));
    }
}

fn part(dialect: Dialect, name: &str, said: &str) -> Value {
    let Some(of) = schema::named(name) else { return json!({"type": "object"}) };
    let to = reference(dialect, Definition::Type(of));
    match dialect {
        Dialect::Two => json!({"description": said, "$ref": to["$ref"]}),
        Dialect::Three => json!({"description": said, "allOf": [to], "default": {}}),
    }
}

fn meaning(served: Served, kind: &str) -> Value {
    json!([{"group": served.group(), "version": served.version(), "kind": kind}])
}

/// Takes out what the second version of the language cannot say, so that nobody refuses what is right.
fn older(schema: &mut Value) {
    let Value::Object(fields) = schema else { return };
    for word in ["oneOf", "anyOf", "allOf", "not", "x-kubernetes-validations"] {
        fields.remove(word);
    }
    let either = fields.get("x-kubernetes-int-or-string") == Some(&Value::Bool(true));
    let preserves = fields.get("x-kubernetes-preserve-unknown-fields") == Some(&Value::Bool(true));
    let nullable = fields.remove("nullable") == Some(Value::Bool(true));
    if either || nullable {
        for word in ["type", "format"] {
            fields.remove(word);
        }
    }
    if preserves || nullable {
        for word in ["properties", "items", "additionalProperties", "required", "enum"] {
            fields.remove(word);
        }
    }
    for inner in fields.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten() {
        older(inner.1);
    }
    for word in ["items", "additionalProperties"] {
        if let Some(inner) = fields.get_mut(word) {
            older(inner);
        }
    }
}
