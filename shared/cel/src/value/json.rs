//! JSON as values, and values as JSON.

use super::{List, Map, Text, Value, below};
use crate::types::Type;
use base64::{Engine, prelude::BASE64_STANDARD};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde_json::{Number, Value as Json};

pub(super) fn read<'a>(value: &'a Json, of: &Type) -> Value<'a> {
    match (value, of) {
        (Json::Null, _) => Value::Null,
        (Json::Bool(value), _) => Value::Bool(*value),
        (Json::Number(number), Type::Double) => Value::Double(number.as_f64().unwrap_or(f64::NAN)),
        (Json::Number(number), _) => match number.as_i64() {
            Some(value) => Value::Int(value),
            None => Value::Double(number.as_f64().unwrap_or(f64::NAN)),
        },
        (Json::String(text), of) => moment(text, of).unwrap_or(Value::String(Text::Lent(text))),
        (Json::Array(items), of) => Value::List(List::Json(items, below(of))),
        (Json::Object(entries), of) => Value::Map(Map::Json(entries, of.clone())),
    }
}

/// A text whose type says that it is something else.
fn moment<'a>(text: &str, of: &Type) -> Option<Value<'a>> {
    match of {
        Type::Timestamp => text.parse().ok().or_else(|| midnight(text)).map(Value::Timestamp),
        Type::Duration => crate::functions::parse_duration(text).map(Value::Duration),
        Type::Bytes => BASE64_STANDARD.decode(text).ok().map(|bytes| Value::Bytes(bytes.into())),
        _ => None,
    }
}

/// A day stands for its beginning.
fn midnight(text: &str) -> Option<Timestamp> {
    let day: Date = text.parse().ok().filter(|_| text.len() == 10)?;
    day.to_zoned(TimeZone::UTC).ok().map(|day| day.timestamp())
}

pub(super) fn write(value: &Value<'_>) -> Json {
    match value {
        Value::Bool(value) => Json::Bool(*value),
        Value::Int(value) => Json::Number((*value).into()),
        Value::Uint(value) => Json::Number((*value).into()),
        Value::Double(value) => Number::from_f64(*value).map_or(Json::Null, Json::Number),
        Value::String(text) => Json::String((**text).to_owned()),
        Value::Bytes(bytes) => Json::String(BASE64_STANDARD.encode(bytes)),
        Value::List(List::Json(items, _)) => Json::Array(items.to_vec()),
        Value::Map(Map::Json(entries, _)) => Json::Object((*entries).clone()),
        Value::List(list) => Json::Array(list.iter().map(|item| write(&item)).collect()),
        Value::Map(Map::Own(entries)) => {
            Json::Object(entries.iter().map(|(key, value)| (key.to_string(), write(value))).collect())
        }
        Value::Optional(Some(inner)) => write(inner),
        Value::Timestamp(_) | Value::Duration(_) | Value::Ip(_) | Value::Cidr(..) => {
            crate::functions::text(value).map_or(Json::Null, Json::String)
        }
        _ => Json::Null,
    }
}
