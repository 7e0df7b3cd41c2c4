//! Pieces of the second version's document (`OpenAPIv2.proto`), which older clients want.

use super::{Fields, Form, Part, field, fields, message, named, within};
use serde_json::Value;

static DOCUMENT: Fields =
    fields(&[("swagger", 1, Part::Text), ("info", 2, Part::Message(Form::Fields(&INFO)))], 16);
static INFO: Fields = fields(&[("title", 1, Part::Text), ("version", 2, Part::Text)], 7);
static ITEM: Fields = fields(
    &[
        ("get", 2, Part::Message(Form::Fields(&OPERATION))),
        ("put", 3, Part::Message(Form::Fields(&OPERATION))),
        ("post", 4, Part::Message(Form::Fields(&OPERATION))),
        ("delete", 5, Part::Message(Form::Fields(&OPERATION))),
        ("patch", 8, Part::Message(Form::Fields(&OPERATION))),
        ("parameters", 9, Part::Messages(Form::Placed)),
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
        ("parameters", 8, Part::Messages(Form::Placed)),
        ("responses", 9, Part::Named(1, Form::Deep(1, &RESPONSE))),
        ("schemes", 10, Part::Texts),
    ],
    13,
);
static RESPONSE: Fields =
    fields(&[("description", 1, Part::Text), ("schema", 2, Part::Within(Form::Fields(&SCHEMA)))], 5);
static BODY: Fields = fields(
    &[
        ("description", 1, Part::Text),
        ("name", 2, Part::Text),
        ("in", 3, Part::Text),
        ("required", 4, Part::Flag),
        ("schema", 5, Part::Message(Form::Fields(&SCHEMA))),
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
        ("additionalProperties", 21, Part::Within(Form::Fields(&SCHEMA))),
        ("type", 22, Part::Types),
        ("items", 23, Part::Within(Form::Fields(&SCHEMA))),
        ("properties", 25, Part::Named(1, Form::Fields(&SCHEMA))),
    ],
    31,
);

/// What stands before the paths.
pub(in super::super) fn head(document: &Value) -> Vec<u8> {
    message(&DOCUMENT, document)
}

/// Adds a path to those gathered.
pub(in super::super) fn path(name: &str, item: &Value, paths: &mut Vec<u8>) {
    field(paths, 2, &named(name, &message(&ITEM, item)));
}

/// Adds the gathered paths to the document.
pub(in super::super) fn paths(paths: &[u8], document: &mut Vec<u8>) {
    field(document, 8, paths);
}

/// Adds a definition to those gathered.
pub(in super::super) fn definition(name: &str, schema: &Value, definitions: &mut Vec<u8>) {
    field(definitions, 1, &named(name, &message(&SCHEMA, schema)));
}

/// Adds the gathered definitions to the document.
pub(in super::super) fn definitions(definitions: &[u8], document: &mut Vec<u8>) {
    field(document, 9, definitions);
}

/// Each place has a message of its own, some messages deep.
pub(super) fn parameter(value: &Value) -> Vec<u8> {
    let inner = match value["in"].as_str() {
        Some("body") => within(1, &message(&BODY, value)),
        Some("path") => within(2, &within(4, &message(&PATH, value))),
        _ => within(2, &within(3, &message(&QUERY, value))),
    };
    within(1, &inner)
}
