//! Protobuf bodies as JSON: one transcoder over the table of types serves every kind.
//!
//! Clients' messages are as their types have them in memory: what is zero there is not told from what is
//! absent, unless the type says so. Such zeros are left out of the JSON, as Kubernetes leaves them out.

mod special;
#[cfg(test)]
mod tests;
mod wire;

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Map, Value};
use shared_api::{
    Refusal,
    schema::{self, Field, Or, Shape, Type},
};
use shared_client::Result;
use std::fmt;
use wire::{Fields, Wire};

/// What the media type is called.
pub(super) const MEDIA: &str = "application/vnd.kubernetes.protobuf";

/// What every such body begins with.
const MAGIC: &[u8] = b"k8s\0";

/// How deep messages may nest; no type of the API comes near.
const DEEPEST: usize = 64;

/// A body as the JSON it stands for.
pub(super) fn manifest(body: &[u8]) -> Result<Value> {
    let refused = |why: &dyn fmt::Display| {
        Refusal::bad_request(format!("the body of the request cannot be decoded as {MEDIA}: {why}"))
    };
    let unknown = body.strip_prefix(MAGIC).ok_or_else(|| refused(&"it does not begin with \"k8s\\0\""))?;
    let envelope = envelope(unknown).map_err(|why| refused(&why))?;
    let (api_version, kind) = (envelope.api_version, envelope.kind);
    let (group, version) = api_version.split_once('/').unwrap_or(("", &api_version));
    let of = schema::of(group, version, &kind)
        .ok_or_else(|| refused(&format!("no kind {kind:?} is registered for version {api_version:?}")))?;
    let mut fields = Map::new();
    fields.insert("apiVersion".into(), api_version.clone().into());
    fields.insert("kind".into(), kind.clone().into());
    message(of, envelope.raw, DEEPEST, &mut fields).map_err(|trouble| {
        Refusal::bad_request(format!(
            "{kind} in version {version:?} cannot be handled as a {kind}: {trouble}"
        ))
    })?;
    Ok(Value::Object(fields))
}

/// What is wrong with a message, and where.
#[derive(Debug, PartialEq)]
struct Trouble {
    /// Innermost first.
    path: Vec<String>,
    why: String,
}

impl Trouble {
    fn new(why: impl Into<String>) -> Self {
        Self { path: Vec::new(), why: why.into() }
    }

    fn within(mut self, place: impl Into<String>) -> Self {
        self.path.push(place.into());
        self
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, segment) in self.path.iter().rev().enumerate() {
            let dot = if place == 0 || segment.starts_with('[') { "" } else { "." };
            write!(f, "{dot}{segment}")?;
        }
        let colon = if self.path.is_empty() { "" } else { ": " };
        write!(f, "{colon}{}", self.why)
    }
}

#[derive(Default)]
struct Envelope<'a> {
    api_version: String,
    kind: String,
    raw: &'a [u8],
}

/// `runtime.Unknown`: what kind it is, and its bytes.
fn envelope(bytes: &[u8]) -> Result<Envelope<'_>, Trouble> {
    let mut found = Envelope::default();
    for field in Fields::of(bytes) {
        match field? {
            (1, Wire::Bytes(meta)) => {
                for word in Fields::of(meta) {
                    match word.map_err(|t| t.within("typeMeta"))? {
                        (1, value) => found.api_version = value.text()?,
                        (2, value) => found.kind = value.text()?,
                        _ => {}
                    }
                }
            }
            (2, Wire::Bytes(raw)) => found.raw = raw,
            (3, Wire::Bytes(encoding)) if !encoding.is_empty() => {
                return Err(Trouble::new("a content encoding is not supported").within("contentEncoding"));
            }
            _ => {}
        }
    }
    Ok(found)
}

/// Puts the fields of a message where JSON has them.
fn message(of: &Type, bytes: &[u8], depth: usize, into: &mut Map<String, Value>) -> Result<(), Trouble> {
    let depth = depth.checked_sub(1).ok_or_else(|| Trouble::new("messages nest too deep"))?;
    for found in Fields::of(bytes) {
        let (number, wire) = found?;
        if let Some(field) = of.fields().iter().find(|f| u32::from(f.number) == number && number != 0) {
            put(field, wire, depth, into).map_err(|t| t.within(field.name))?;
        } else if let Some((_, inner)) = of.inlined().find(|(n, _)| u32::from(*n) == number) {
            message(inner, wire.bytes()?, depth, into)?;
        }
        // A number that nobody knows belongs to a later version of the type: as Kubernetes, pass over it.
    }
    Ok(())
}

/// One occurrence of a field. Of a plain value the last counts; messages, lists and maps add up.
fn put(field: &Field, wire: Wire<'_>, depth: usize, into: &mut Map<String, Value>) -> Result<(), Trouble> {
    match field.shape {
        Shape::Object(inner) => {
            let slot = into.entry(field.name).or_insert_with(|| Value::Object(Map::new()));
            let Value::Object(slot) = slot else { return Ok(()) };
            message(inner.get(), wire.bytes()?, depth, slot)
        }
        Shape::List(item) => {
            let slot = into.entry(field.name).or_insert_with(|| Value::Array(Vec::new()));
            let Value::Array(slot) = slot else { return Ok(()) };
            let place = slot.len();
            for item_wire in wire.unpacked(item)? {
                let item = value(item, item_wire, depth).map_err(|t| t.within(format!("[{place}]")))?;
                slot.push(item);
            }
            Ok(())
        }
        Shape::Map(item) => {
            let slot = into.entry(field.name).or_insert_with(|| Value::Object(Map::new()));
            let Value::Object(slot) = slot else { return Ok(()) };
            let (name, found) = entry(item, wire.bytes()?, depth)?;
            slot.insert(name, found);
            Ok(())
        }
        ref plain => {
            let found = value(plain, wire, depth)?;
            if found.is_null() || (is_zero(&found) && !field.pointer && !field.required) {
                into.remove(field.name);
            } else {
                into.insert(field.name.into(), found);
            }
            Ok(())
        }
    }
}

/// Maps travel as messages of a key and a value.
fn entry(item: &Shape, bytes: &[u8], depth: usize) -> Result<(String, Value), Trouble> {
    let (mut name, mut found) = (String::new(), None);
    for part in Fields::of(bytes) {
        match part? {
            (1, key) => name = key.text()?,
            (2, wire) => found = Some(wire),
            _ => {}
        }
    }
    let found = match found {
        Some(wire) => value(item, wire, depth).map_err(|t| t.within(name.clone()))?,
        None => match item {
            Shape::String | Shape::Bytes => Value::String(String::new()),
            _ => return Err(Trouble::new("an entry without a value").within(name)),
        },
    };
    Ok((name, found))
}

/// A value by itself.
fn value(shape: &Shape, wire: Wire<'_>, depth: usize) -> Result<Value, Trouble> {
    Ok(match shape {
        Shape::String => wire.text()?.into(),
        Shape::Int32 => wire.int32()?.into(),
        Shape::Int64 => wire.int64()?.into(),
        Shape::Number => wire.double()?.into(),
        Shape::Bool => (wire.int64()? != 0).into(),
        Shape::Bytes => BASE64_STANDARD.encode(wire.bytes()?).into(),
        Shape::Time => special::time(wire.bytes()?, "%Y-%m-%dT%H:%M:%SZ")?,
        Shape::MicroTime => special::time(wire.bytes()?, "%Y-%m-%dT%H:%M:%S.%6fZ")?,
        Shape::Duration => special::duration(wire.bytes()?)?,
        Shape::Quantity => special::quantity(wire.bytes()?)?,
        Shape::IntOrString => special::int_or_string(wire.bytes()?)?,
        Shape::Any | Shape::Fields | Shape::Schema(Or::Value) => special::raw(wire.bytes()?)?,
        Shape::Schema(or) => schema_or(*or, wire.bytes()?, depth)?,
        Shape::Object(inner) => {
            let mut fields = Map::new();
            message(inner.get(), wire.bytes()?, depth, &mut fields)?;
            fields.into()
        }
        // A list in a list or a map is a message of its own, whose first field is the list.
        Shape::List(item) => {
            let depth = depth.checked_sub(1).ok_or_else(|| Trouble::new("messages nest too deep"))?;
            let mut items = Vec::new();
            for found in Fields::of(wire.bytes()?) {
                if let (1, wire) = found? {
                    items.push(value(item, wire, depth)?);
                }
            }
            items.into()
        }
        Shape::Map(_) => return Err(Trouble::new("a map cannot stand in a list or a map")),
    })
}

/// A schema or something else: each has a field of its own, and the schema counts when it is there.
fn schema_or(or: Or, bytes: &[u8], depth: usize) -> Result<Value, Trouble> {
    let depth = depth.checked_sub(1).ok_or_else(|| Trouble::new("messages nest too deep"))?;
    let number = if or == Or::Bool { 2 } else { 1 };
    let schema = |wire: Wire<'_>| -> Result<Value, Trouble> {
        let mut fields = Map::new();
        let of = Or::of().ok_or_else(|| Trouble::new("the table has no schemas"))?;
        message(of, wire.bytes()?, depth, &mut fields)?;
        Ok(fields.into())
    };
    let (mut whole, mut rest, mut allows) = (None, Vec::new(), false);
    for field in Fields::of(bytes) {
        match field? {
            (found, wire) if found == number => whole = Some(schema(wire)?),
            (1, wire) => allows = wire.int64()? != 0,
            (2, wire) if or == Or::List => rest.push(schema(wire)?),
            (2, wire) => rest.push(wire.text()?.into()),
            _ => {}
        }
    }
    Ok(match whole {
        Some(schema) => schema,
        None if or == Or::Bool => allows.into(),
        None => rest.into(),
    })
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::String(text) => text.is_empty(),
        Value::Bool(flag) => !flag,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    }
}
