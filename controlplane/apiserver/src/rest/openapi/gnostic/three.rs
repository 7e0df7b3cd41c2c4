//! Pieces of the third version's documents (`OpenAPIv3.proto`).

use super::{Fields, Form, Part, field, fields, message, named, within};
use serde_json::Value;

static DOCUMENT: Fields =
    fields(&[("openapi", 1, Part::Text), ("info", 2, Part::Message(Form::Fields(&INFO)))], 9);
static INFO: Fields = fields(&[("title", 1, Part::Text), ("version", 6, Part::Text)], 7);
static ITEM: Fields = fields(
    &[
        ("get", 4, Part::Message(Form::Fields(&OPERATION))),
        ("put", 5, Part::Message(Form::Fields(&OPERATION))),
        ("post", 6, Part::Message(Form::Fields(&OPERATION))),
        ("delete", 7, Part::Message(Form::Fields(&OPERATION))),
        ("patch", 10, Part::Message(Form::Fields(&OPERATION))),
        ("parameters", 13, Part::Messages(Form::Either(&PARAMETER))),
    ],
    14,
);
static OPERATION: Fields = fields(
    &[
        ("tags", 1, Part::Texts),
        ("description", 3, Part::Text),
        ("operationId", 5, Part::Text),
        ("parameters", 6, Part::Messages(Form::Either(&PARAMETER))),
        ("requestBody", 7, Part::Message(Form::Either(&BODY))),
        ("responses", 8, Part::Named(2, Form::Either(&RESPONSE))),
    ],
    13,
);
static PARAMETER: Fields = fields(
    &[
        ("name", 1, Part::Text),
        ("in", 2, Part::Text),
        ("description", 3, Part::Text),
        ("required", 4, Part::Flag),
        ("schema", 10, Part::Message(Form::Either(&SCHEMA))),
    ],
    14,
);
static BODY: Fields = fields(
    &[
        ("description", 1, Part::Text),
        ("content", 2, Part::Named(1, Form::Fields(&MEDIA))),
        ("required", 3, Part::Flag),
    ],
    4,
);
static RESPONSE: Fields =
    fields(&[("description", 1, Part::Text), ("content", 3, Part::Named(1, Form::Fields(&MEDIA)))], 5);
static MEDIA: Fields = fields(&[("schema", 1, Part::Message(Form::Either(&SCHEMA)))], 5);
static SCHEMA: Fields = fields(
    &[
        ("nullable", 1, Part::Flag),
        ("example", 7, Part::Yaml),
        ("title", 9, Part::Text),
        ("multipleOf", 10, Part::Number),
        ("maximum", 11, Part::Number),
        ("exclusiveMaximum", 12, Part::Flag),
        ("minimum", 13, Part::Number),
        ("exclusiveMinimum", 14, Part::Flag),
        ("maxLength", 15, Part::Whole),
        ("minLength", 16, Part::Whole),
        ("pattern", 17, Part::Text),
        ("maxItems", 18, Part::Whole),
        ("minItems", 19, Part::Whole),
        ("uniqueItems", 20, Part::Flag),
        ("maxProperties", 21, Part::Whole),
        ("minProperties", 22, Part::Whole),
        ("required", 23, Part::Texts),
        ("enum", 24, Part::Yamls),
        ("type", 25, Part::Text),
        ("allOf", 26, Part::Messages(Form::Either(&SCHEMA))),
        ("oneOf", 27, Part::Messages(Form::Either(&SCHEMA))),
        ("anyOf", 28, Part::Messages(Form::Either(&SCHEMA))),
        ("not", 29, Part::Message(Form::Fields(&SCHEMA))),
        ("items", 30, Part::Within(Form::Either(&SCHEMA))),
        ("properties", 31, Part::Named(1, Form::Either(&SCHEMA))),
        ("additionalProperties", 32, Part::Whether(Form::Either(&SCHEMA))),
        ("default", 33, Part::Plain),
        ("description", 34, Part::Text),
        ("format", 35, Part::Text),
    ],
    36,
);

/// What stands before the paths.
pub(in super::super) fn head(document: &Value) -> Vec<u8> {
    message(&DOCUMENT, document)
}

/// Adds a path to those gathered.
pub(in super::super) fn path(name: &str, item: &Value, paths: &mut Vec<u8>) {
    field(paths, 1, &named(name, &message(&ITEM, item)));
}

/// Adds the gathered paths to the document.
pub(in super::super) fn paths(paths: &[u8], document: &mut Vec<u8>) {
    field(document, 4, paths);
}

/// Adds a schema to those gathered.
pub(in super::super) fn schema(name: &str, schema: &Value, schemas: &mut Vec<u8>) {
    field(schemas, 1, &named(name, &Form::Either(&SCHEMA).write(schema)));
}

/// Adds the gathered schemas to the document.
pub(in super::super) fn schemas(schemas: &[u8], document: &mut Vec<u8>) {
    field(document, 5, &within(1, schemas));
}
