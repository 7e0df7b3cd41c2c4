//! One type made of another.

use super::{no_overload, time};
use crate::{Fault, Value, cost::Cost, function::Row};

pub(super) const TABLE: &[Row] = &[
    ("dyn", "(A) dyn", |args, _| Ok(args[0].clone())),
    ("type", "(A) type", |args, _| Ok(Value::Type(args[0].type_name().into()))),
    ("int", "(int) int", int),
    ("int", "(uint) int", int),
    ("int", "(double) int", int),
    ("int", "(string) int", int),
    ("int", "(timestamp) int", int),
    ("int", "(duration) int", int),
    ("uint", "(uint) uint", uint),
    ("uint", "(int) uint", uint),
    ("uint", "(double) uint", uint),
    ("uint", "(string) uint", uint),
    ("double", "(double) double", double),
    ("double", "(int) double", double),
    ("double", "(uint) double", double),
    ("double", "(string) double", double),
    ("bool", "(bool) bool", bool),
    ("bool", "(string) bool", bool),
    ("string", "(string) string", string),
    ("string", "(bool) string", string),
    ("string", "(int) string", string),
    ("string", "(uint) string", string),
    ("string", "(double) string", string),
    ("string", "(bytes) string", string),
    ("string", "(timestamp) string", string),
    ("string", "(duration) string", string),
    ("string", "(ip) string", string),
    ("string", "(cidr) string", string),
    ("bytes", "(bytes) bytes", bytes),
    ("bytes", "(string) bytes", bytes),
];

/// A value in the words of `string(…)`.
pub(crate) fn text(value: &Value<'_>) -> Option<String> {
    Some(match value {
        Value::String(text) => (**text).to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Uint(value) => value.to_string(),
        Value::Double(value) => number(*value),
        Value::Bytes(bytes) => String::from_utf8(bytes.to_vec()).ok()?,
        Value::Timestamp(at) => at.to_string(),
        Value::Duration(nanos) => time::written(*nanos),
        Value::Ip(ip) => ip.to_string(),
        Value::Cidr(ip, length) => format!("{ip}/{length}"),
        Value::Null => "null".into(),
        Value::Type(name) => name.to_string(),
        _ => return None,
    })
}

/// A number as Go writes it.
pub(super) fn number(value: f64) -> String {
    if value.is_infinite() {
        return if value > 0.0 { "+Inf".into() } else { "-Inf".into() };
    }
    let exponent = if value == 0.0 { 0.0 } else { value.abs().log10().floor() };
    if !(-4.0..21.0).contains(&exponent) {
        let text = format!("{value:e}");
        if let Some((digits, exponent)) = text.split_once('e') {
            let (sign, exponent) =
                exponent.strip_prefix('-').map_or(("+", exponent), |exponent| ("-", exponent));
            return format!("{digits}e{sign}{exponent:0>2}");
        }
    }
    value.to_string()
}

fn string<'a>(args: &[Value<'a>], cost: &mut Cost<'_>) -> Result<Value<'a>, Fault> {
    if let [value @ Value::String(_)] = args {
        return Ok(value.clone());
    }
    if let [Value::Bytes(bytes)] = args {
        cost.walk(bytes.len())?;
    }
    text(&args[0])
        .map(Value::from)
        .ok_or_else(|| Fault::error("invalid UTF-8 in bytes, cannot convert to string"))
}

#[allow(clippy::cast_possible_truncation)]
fn int<'a>(args: &[Value<'a>], _: &mut Cost<'_>) -> Result<Value<'a>, Fault> {
    let range = || Fault::error("integer overflow");
    match args {
        [Value::Int(value) | Value::Duration(value)] => Ok(Value::Int(*value)),
        [Value::Uint(value)] => i64::try_from(*value).map(Value::Int).map_err(|_| range()),
        [Value::Double(value)] if value.abs() < 9.2e18 => Ok(Value::Int(*value as i64)),
        [Value::Double(_)] => Err(range()),
        [Value::String(text)] => text.parse().map(Value::Int).map_err(|_| unread("int", text)),
        [Value::Timestamp(at)] => Ok(Value::Int(at.as_second())),
        _ => Err(no_overload()),
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn uint<'a>(args: &[Value<'a>], _: &mut Cost<'_>) -> Result<Value<'a>, Fault> {
    let range = || Fault::error("unsigned integer overflow");
    match args {
        [Value::Uint(value)] => Ok(Value::Uint(*value)),
        [Value::Int(value)] => u64::try_from(*value).map(Value::Uint).map_err(|_| range()),
        [Value::Double(value)] if (0.0..1.8e19).contains(value) => Ok(Value::Uint(*value as u64)),
        [Value::Double(_)] => Err(range()),
        [Value::String(text)] => text.parse().map(Value::Uint).map_err(|_| unread("uint", text)),
        _ => Err(no_overload()),
    }
}

#[allow(clippy::cast_precision_loss)]
fn double<'a>(args: &[Value<'a>], _: &mut Cost<'_>) -> Result<Value<'a>, Fault> {
    match args {
        [Value::Double(value)] => Ok(Value::Double(*value)),
        [Value::Int(value)] => Ok(Value::Double(*value as f64)),
        [Value::Uint(value)] => Ok(Value::Double(*value as f64)),
        [Value::String(text)] => text.parse().map(Value::Double).map_err(|_| unread("double", text)),
        _ => Err(no_overload()),
    }
}

fn bool<'a>(args: &[Value<'a>], _: &mut Cost<'_>) -> Result<Value<'a>, Fault> {
    match args {
        [Value::Bool(value)] => Ok(Value::Bool(*value)),
        [Value::String(text)] => match &**text {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(Value::Bool(true)),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(Value::Bool(false)),
            _ => Err(unread("bool", text)),
        },
        _ => Err(no_overload()),
    }
}

fn bytes<'a>(args: &[Value<'a>], cost: &mut Cost<'_>) -> Result<Value<'a>, Fault> {
    match args {
        [value @ Value::Bytes(_)] => Ok(value.clone()),
        [Value::String(text)] => {
            cost.walk(text.len())?;
            Ok(Value::Bytes(text.as_bytes().into()))
        }
        _ => Err(no_overload()),
    }
}

fn unread(what: &str, text: &str) -> Fault {
    Fault::error(format!("type conversion error from 'string' to '{what}': {text:?}"))
}
