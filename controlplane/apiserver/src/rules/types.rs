//! A schema as expressions see it: what sort of value it is, and which fields it has.

use serde_json::Value as Json;
use shared_cel::{Fields, RESERVED, Type};
use std::{collections::BTreeMap, sync::Arc};

/// Words that mean something in an expression, and reserved ones that fields are called by all the same.
const MEANT: &[&str] = &["true", "false", "null", "in"];
const FREE: &[&str] = &["var", "void", "while"];

/// The type of a value with this schema; `whole`: it is an object of the kind.
pub(super) fn of(schema: &Json, whole: bool) -> Type {
    if schema["x-kubernetes-int-or-string"] == true {
        return Type::Dyn;
    }
    match (schema["type"].as_str(), schema["format"].as_str()) {
        (Some("string"), Some("date" | "date-time")) => Type::Timestamp,
        (Some("string"), Some("duration")) => Type::Duration,
        (Some("string"), Some("byte")) => Type::Bytes,
        (Some("string"), _) => Type::String,
        (Some("integer"), _) => Type::Int,
        (Some("number"), _) => Type::Double,
        (Some("boolean"), _) => Type::Bool,
        (Some("array"), _) => of(&schema["items"], false).list(),
        (Some("object"), _) if schema["additionalProperties"].is_object() => {
            of(&schema["additionalProperties"], false).map()
        }
        (Some("object"), _) if schema["additionalProperties"] == true => Type::Dyn.map(),
        (Some("object"), _) => object(schema, whole || schema["x-kubernetes-embedded-resource"] == true),
        _ => Type::Dyn,
    }
}

fn object(schema: &Json, head: bool) -> Type {
    let properties = schema["properties"].as_object();
    let preserves = schema["x-kubernetes-preserve-unknown-fields"] == true;
    if properties.is_none() && preserves && !head {
        return Type::Dyn;
    }
    let mut fields: BTreeMap<String, (String, Type)> = BTreeMap::new();
    for (name, schema) in properties.into_iter().flatten() {
        fields.insert(escaped(name), (name.clone(), of(schema, false)));
    }
    if head {
        let word = |name: &str| (name.to_owned(), (name.to_owned(), Type::String));
        fields.extend(["apiVersion", "kind"].map(word));
        let meta: BTreeMap<_, _> = ["name", "generateName"].map(word).into();
        fields.insert("metadata".into(), ("metadata".into(), Type::Object(Arc::new(Schema(meta)))));
    }
    Type::Object(Arc::new(Schema(fields)))
}

/// The fields of an object: what expressions call each, what JSON calls it, and its type.
#[derive(Debug)]
struct Schema(BTreeMap<String, (String, Type)>);

impl Fields for Schema {
    fn name(&self) -> &'static str {
        "object"
    }

    fn field(&self, name: &str) -> Option<Type> {
        self.0.get(name).map(|(_, of)| of.clone())
    }

    fn json_name(&self, name: &str) -> String {
        self.0.get(name).map_or_else(|| name.to_owned(), |(json, _)| json.clone())
    }
}

/// A name as expressions can write it.
fn escaped(name: &str) -> String {
    if MEANT.contains(&name) || RESERVED.contains(&name) && !FREE.contains(&name) {
        return format!("__{name}__");
    }
    let name = name.replace("__", "__underscores__");
    name.replace('.', "__dot__").replace('-', "__dash__").replace('/', "__slash__")
}
