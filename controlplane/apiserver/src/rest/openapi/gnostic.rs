//! Documents in gnostic's protobuf: JSON written as the messages that a table of fields says it is.

pub(super) mod three;
pub(super) mod two;

use prost::encoding::{encode_varint, key_len};
use serde_json::Value;

/// What a field of a message holds.
enum Part {
    Text,
    Flag,
    /// A number with a fraction.
    Number,
    /// A whole number.
    Whole,
    Texts,
    /// Any value: a message that holds it as YAML, of which JSON is a part.
    Yaml,
    Yamls,
    /// A text or texts in a message of their own.
    Types,
    /// A text, a number or a flag in a message of its own; nothing in it when it is something else.
    Plain,
    /// A message.
    Message(Form),
    /// Messages, one after the other.
    Messages(Form),
    /// A message in the first field of another.
    Within(Form),
    /// Yes, no, or a message, in a message of its own.
    Whether(Form),
    /// A message of named messages, whose field has this number.
    Named(u32, Form),
}

/// What a message is.
enum Form {
    /// These fields.
    Fields(&'static Fields),
    /// These fields, in the first field of so many messages.
    Deep(u32, &'static Fields),
    /// These fields in a first field, or what they are a reference to in a second.
    Either(&'static Fields),
    /// A parameter of the second version: which message it is, is said by its place.
    Placed,
}

/// The fields of a message: JSON's name, the number, what it holds; and the number of its extensions.
struct Fields {
    known: &'static [(&'static str, u32, Part)],
    extensions: u32,
}

const fn fields(known: &'static [(&'static str, u32, Part)], extensions: u32) -> Fields {
    Fields { known, extensions }
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
    let mut out = Vec::with_capacity(value.len() + key_len(number) + 5);
    field(&mut out, number, value);
    out
}

fn yaml(value: &Value) -> Vec<u8> {
    within(2, format!("{value}\n").as_bytes())
}

fn flag(out: &mut Vec<u8>, number: u32, flag: bool) {
    encode_varint(u64::from(number << 3), out);
    out.push(flag.into());
}

fn number(out: &mut Vec<u8>, number: u32, value: &Value) {
    encode_varint(u64::from(number << 3 | 1), out);
    out.extend_from_slice(&value.as_f64().unwrap_or_default().to_le_bytes());
}

fn message(of: &Fields, value: &Value) -> Vec<u8> {
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

impl Form {
    fn write(&self, value: &Value) -> Vec<u8> {
        match self {
            Self::Fields(of) => message(of, value),
            Self::Deep(deep, of) => (0..*deep).fold(message(of, value), |inner, _| within(1, &inner)),
            Self::Either(of) => match value["$ref"].as_str() {
                Some(to) => within(2, &within(1, to.as_bytes())),
                None => within(1, &message(of, value)),
            },
            Self::Placed => two::parameter(value),
        }
    }
}

fn put(out: &mut Vec<u8>, at: u32, part: &Part, value: &Value) {
    let text = |value: &Value| value.as_str().unwrap_or_default().as_bytes().to_vec();
    let each = || value.as_array().into_iter().flatten();
    match part {
        Part::Text => field(out, at, &text(value)),
        Part::Flag if value.as_bool() == Some(true) => flag(out, at, true),
        Part::Flag => {}
        Part::Number => number(out, at, value),
        Part::Whole => {
            encode_varint(u64::from(at << 3), out);
            encode_varint(value.as_i64().unwrap_or_default().cast_unsigned(), out);
        }
        Part::Texts => each().for_each(|value| field(out, at, &text(value))),
        Part::Yaml => field(out, at, &yaml(value)),
        Part::Yamls => each().for_each(|value| field(out, at, &yaml(value))),
        Part::Types => field(out, at, &within(1, &text(value))),
        Part::Plain => {
            let mut inner = Vec::new();
            match value {
                Value::Number(_) => number(&mut inner, 1, value),
                Value::Bool(yes) => flag(&mut inner, 2, *yes),
                Value::String(_) => field(&mut inner, 3, &text(value)),
                Value::Null | Value::Array(_) | Value::Object(_) => {}
            }
            field(out, at, &inner);
        }
        Part::Message(of) => field(out, at, &of.write(value)),
        Part::Messages(of) => each().for_each(|value| field(out, at, &of.write(value))),
        Part::Within(of) => field(out, at, &within(1, &of.write(value))),
        Part::Whether(of) => {
            let mut inner = Vec::new();
            match value.as_bool() {
                Some(yes) => flag(&mut inner, 2, yes),
                None => field(&mut inner, 1, &of.write(value)),
            }
            field(out, at, &inner);
        }
        Part::Named(inner, of) => {
            let mut all = Vec::new();
            for (name, value) in value.as_object().into_iter().flatten() {
                field(&mut all, *inner, &named(name, &of.write(value)));
            }
            field(out, at, &all);
        }
    }
}
