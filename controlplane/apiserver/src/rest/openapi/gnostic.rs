//! Pieces of the second version's document in gnostic's protobuf (`OpenAPIv2.proto`), which older clients want.

use prost::encoding::encode_varint;
use serde_json::Value;

/// What a field of a message holds.
enum Part {
    Text,
    Flag,
    Texts,
    /// Any value: a message that holds it as YAML, of which JSON is a part.
    Yaml,
    /// A message.
    Message(&'static Fields),
    /// Messages, one after the other.
    Messages(&'static Fields),
    /// A message, within messages of only a first field.
    Within(u32, &'static Fields),
    /// A message of named messages, whose field has this number; the values stand so many messages deep.
    Named(u32, u32, &'static Fields),
    /// A text or texts in a message of their own.
    Types,
}

/// The fields of a message: JSON's name, the number, what it holds; and the number of its extensions.
struct Fields {
    known: &'static [(&'static str, u32, Part)],
    extensions: u32,
    /// Which of several messages a value is, by its `in`; the message it then stands in.
    by_place: bool,
}

const fn fields(known: &'static [(&'static str, u32, Part)], extensions: u32) -> Fields {
    Fields { known, extensions, by_place: false }
}

static DOCUMENT: Fields = fields(&[("swagger", 1, Part::Text), ("info", 2, Part::Message(&INFO))], 16);
static INFO: Fields = fields(&[("title", 1, Part::Text), ("version", 2, Part::Text)], 7);
static ITEM: Fields = fields(
    &[
        ("get", 2, Part::Message(&OPERATION)),
        ("put", 3, Part::Message(&OPERATION)),
        ("post", 4, Part::Message(&OPERATION)),
        ("delete", 5, Part::Message(&OPERATION)),
        ("patch", 8, Part::Message(&OPERATION)),
        ("parameters", 9, Part::Messages(&PARAMETER)),
    ],
    10,
);
static OPERATION: Fields = fields(
    &[
        ("tags", 1, Part::Texts),
        ("description", 3, Part::Text),
        ("operationId", 5, Part::Text),
        ("produces", 6, Part::Texts),
        ("consumes", 7, Part::Texts),
        ("parameters", 8, Part::Messages(&PARAMETER)),
        ("responses", 9, Part::Named(1, 1, &RESPONSE)),
        ("schemes", 10, Part::Texts),
    ],
    13,
);
static RESPONSE: Fields =
    fields(&[("description", 1, Part::Text), ("schema", 2, Part::Within(1, &SCHEMA))], 5);
static PARAMETER: Fields = Fields { known: &[], extensions: 0, by_place: true };
static BODY: Fields = fields(
    &[
        ("description", 1, Part::Text),
        ("name", 2, Part::Text),
        ("in", 3, Part::Text),
        ("required", 4, Part::Flag),
        ("schema", 5, Part::Message(&SCHEMA)),
    ],
    6,
);
static QUERY: Fields = fields(
    &[
        ("required", 1, Part::Flag),
        ("in", 2, Part::Text),
        ("description", 3, Part::Text),
        ("name", 4, Part::Text),
        ("type", 6, Part::Text),
        ("uniqueItems", 20, Part::Flag),
    ],
    23,
);
static PATH: Fields = fields(
    &[
        ("required", 1, Part::Flag),
        ("in", 2, Part::Text),
        ("description", 3, Part::Text),
        ("name", 4, Part::Text),
        ("type", 5, Part::Text),
        ("uniqueItems", 19, Part::Flag),
    ],
    22,
);
static SCHEMA: Fields = fields(
    &[
        ("$ref", 1, Part::Text),
        ("format", 2, Part::Text),
        ("description", 4, Part::Text),
        ("default", 5, Part::Yaml),
        ("required", 19, Part::Texts),
        ("additionalProperties", 21, Part::Within(1, &SCHEMA)),
        ("type", 22, Part::Types),
        ("items", 23, Part::Within(1, &SCHEMA)),
        ("properties", 25, Part::Named(1, 0, &SCHEMA)),
    ],
    31,
);

/// What stands before the paths.
pub(super) fn head(document: &Value) -> Vec<u8> {
    message(&DOCUMENT, document)
}

/// Adds a path to those gathered.
pub(super) fn path(name: &str, item: &Value, paths: &mut Vec<u8>) {
    field(paths, 2, &named(name, &message(&ITEM, item)));
}

/// Adds the gathered paths to the document.
pub(super) fn paths(paths: &[u8], document: &mut Vec<u8>) {
    field(document, 8, paths);
}

/// Adds a definition to those gathered.
pub(super) fn definition(name: &str, schema: &Value, definitions: &mut Vec<u8>) {
    field(definitions, 1, &named(name, &message(&SCHEMA, schema)));
}

/// Adds the gathered definitions to the document.
pub(super) fn definitions(definitions: &[u8], document: &mut Vec<u8>) {
    field(document, 9, definitions);
}

fn field(out: &mut Vec<u8>, number: u32, bytes: &[u8]) {
    encode_varint(u64::from(number << 3 | 2), out);
    encode_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

fn named(name: &str, value: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    field(&mut out, 1, name.as_bytes());
    field(&mut out, 2, value);
    out
}

/// A value in a message of one field.
fn within(number: u32, value: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    field(&mut out, number, value);
    out
}

fn yaml(value: &Value) -> Vec<u8> {
    within(2, format!("{value}\n").as_bytes())
}

fn message(of: &Fields, value: &Value) -> Vec<u8> {
    if of.by_place {
        return parameter(value);
    }
    let mut out = Vec::new();
    for (name, value) in value.as_object().into_iter().flatten() {
        if let Some((_, number, part)) = of.known.iter().find(|(known, ..)| known == name) {
            put(&mut out, *number, part, value);
        } else if name.starts_with("x-") {
            field(&mut out, of.extensions, &named(name, &yaml(value)));
        }
    }
    out
}

/// Each place has a message of its own, some messages deep.
fn parameter(value: &Value) -> Vec<u8> {
    let inner = match value["in"].as_str() {
        Some("body") => within(1, &message(&BODY, value)),
        Some("path") => within(2, &within(4, &message(&PATH, value))),
        _ => within(2, &within(3, &message(&QUERY, value))),
    };
    within(1, &inner)
}

fn put(out: &mut Vec<u8>, number: u32, part: &Part, value: &Value) {
    let text = |value: &Value| value.as_str().unwrap_or_default().as_bytes().to_vec();
    let each = || value.as_array().into_iter().flatten();
    match part {
        Part::Text => field(out, number, &text(value)),
        Part::Flag if value.as_bool() == Some(true) => {
            encode_varint(u64::from(number << 3), out);
            out.push(1);
        }
        Part::Flag => {}
        Part::Texts => each().for_each(|value| field(out, number, &text(value))),
        Part::Yaml => field(out, number, &yaml(value)),
        Part::Message(of) => field(out, number, &message(of, value)),
        Part::Messages(of) => each().for_each(|value| field(out, number, &message(of, value))),
        Part::Within(inner, of) => field(out, number, &within(*inner, &message(of, value))),
        Part::Named(inner, deep, of) => {
            let mut all = Vec::new();
            for (name, value) in value.as_object().into_iter().flatten() {
                let found = (0..*deep).fold(message(of, value), |found, _| within(1, &found));
                field(&mut all, *inner, &named(name, &found));
            }
            field(out, number, &all);
        }
        Part::Types => field(out, number, &within(1, &text(value))),
    }
}
