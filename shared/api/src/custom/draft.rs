//! An object of a defined kind on its way in.

use super::{Definition, Form, form::HEAD};
use crate::{
    Draft, Encoded, Invalid, Object, Refusal, draft::Decoded, meta::ObjectMeta, metadata, name, schema,
};
use serde_json::{Map, Value};
use std::any::Any;

/// How deep an object may be: what is deeper could not be read again.
const DEEPEST: usize = 100;

fn is_deep(value: &Value, left: usize) -> bool {
    match value {
        Value::Object(fields) => left == 0 || fields.values().any(|value| is_deep(value, left - 1)),
        Value::Array(items) => left == 0 || items.iter().any(|value| is_deep(value, left - 1)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// An object of a defined kind: its metadata typed, the rest as JSON.
pub(super) struct Custom {
    definition: &'static Definition,
    /// The version it was written in.
    form: &'static Form,
    meta: ObjectMeta,
    rest: Map<String, Value>,
}

impl Custom {
    /// Decodes a manifest, without what its schema does not have.
    pub(super) fn decode(
        definition: &'static Definition,
        value: Value,
        written: &str,
    ) -> Result<Decoded, Refusal> {
        let form = definition.written(written);
        let kind = definition.kind;
        let cannot = |why: String| {
            let version = form.version;
            Refusal::bad_request(format!(
                "{kind} in version {version:?} cannot be handled as a {kind}: {why}"
            ))
        };
        if is_deep(&value, DEEPEST) {
            return Err(cannot(format!("it is more than {DEEPEST} levels deep")));
        }
        let Value::Object(mut rest) = value else { return Err(cannot("it is not an object".into())) };
        let mut unknown = form.schema.prune(&mut rest);
        let mut meta = rest.remove("metadata").unwrap_or_default();
        for name in HEAD {
            rest.remove(name);
        }
        if meta.is_null() {
            meta = Value::Object(Map::new());
        }
        let of = schema::named("meta.v1.ObjectMeta").expect("the table has metadata");
        // As a part of an object, so that what is said of a field names the whole path.
        let mut whole = Value::Object(Map::from_iter([("metadata".to_owned(), meta)]));
        let found = schema::check_part("metadata", of, &mut whole).map_err(&cannot)?;
        unknown.extend(found);
        // From bytes, as everywhere: each decoding is compiled once.
        let meta = serde_json::from_slice(whole["metadata"].to_string().as_bytes());
        let meta = meta.map_err(|e| cannot(e.to_string()))?;
        Ok(Decoded { draft: Box::new(Self { definition, form, meta, rest }), unknown })
    }

    /// A stored object.
    pub(super) fn stored(definition: &'static Definition, object: &Object) -> Self {
        let rest = match object.bare_value() {
            Value::Object(mut rest) => {
                rest.retain(|name, _| !HEAD.contains(&name.as_str()));
                rest
            }
            _ => Map::new(),
        };
        Self { definition, form: definition.stored(), meta: object.metadata().clone(), rest }
    }

    fn meta_json(&self) -> Value {
        let json = serde_json::to_vec(&self.meta).expect("metadata can be encoded");
        serde_json::from_slice(&json).unwrap_or_default()
    }
}

impl Draft for Custom {
    fn meta(&self) -> &ObjectMeta {
        &self.meta
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.meta
    }

    fn begin(&mut self) {}

    fn warnings(&self) -> Vec<String> {
        Vec::new()
    }

    fn complete(&mut self) {
        self.form.schema.complete(&mut self.rest);
    }

    fn inherit(&mut self, _old: &dyn Draft) {}

    fn check(&self, old: Option<&dyn Draft>, invalid: &mut Invalid) {
        metadata::valid_name(&self.meta, name::subdomain, invalid);
        let old = old.and_then(|old| old.as_any().downcast_ref::<Self>());
        let mut fields = self.rest.clone();
        if self.form.schema.properties.contains_key("metadata") {
            fields.insert("metadata".into(), self.meta_json());
        }
        // What every object has, whether or not the schema speaks of it.
        fields.insert("apiVersion".into(), self.form.api_version.into());
        fields.insert("kind".into(), self.form.kind.into());
        self.form.schema.check(&fields, old.map(|old| &old.rest), invalid);
    }

    fn check_in(&self, _written: &str, _old: Option<&dyn Draft>, _invalid: &mut Invalid) {}

    fn encode(&self) -> Encoded {
        let mut meta = self.meta_json();
        if let Some(fields) = meta.as_object_mut() {
            fields.remove("resourceVersion");
        }
        self.definition.stored().encoded(&meta, &self.rest)
    }

    fn object(&self) -> Object {
        let encoded = self.definition.stored().encoded(&self.meta_json(), &self.rest);
        Object::from_bytes(encoded.json).expect("what was encoded has a head")
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
