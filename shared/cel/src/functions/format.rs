//! `'…%s…'.format([…])`.

use super::{convert, list_at, text_at};
use crate::{Fault, Value, cost::Cost, function::Row, value::Map};
use std::fmt::Write;

pub(super) const TABLE: &[Row] = &[("format", "string.(list<dyn>) string", format)];

/// How many digits may be asked for behind the point.
const DIGITS: usize = 1000;

fn format<'a>(args: &[Value<'a>], cost: &mut Cost<'_>) -> Result<Value<'a>, Fault> {
    let (pattern, mut given) = (text_at(args, 0)?, list_at(args, 1)?.iter());
    let mut out = String::new();
    let mut rest = pattern;
    let mut number = 0;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('%') {
            out.push('%');
            rest = after;
            continue;
        }
        let precision = match rest.strip_prefix('.') {
            Some(after) => {
                let end = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
                let digits = after[..end].parse().ok().filter(|digits| *digits <= DIGITS);
                rest = &after[end..];
                Some(digits.ok_or_else(|| Fault::error("could not parse formatting clause: precision"))?)
            }
            None => None,
        };
        let clause = rest.chars().next();
        let clause = clause
            .ok_or_else(|| Fault::error("could not parse formatting clause: unexpected end of string"))?;
        rest = &rest[clause.len_utf8()..];
        let value = given.next().ok_or_else(|| Fault::error(format!("index {number} out of range")))?;
        number += 1;
        let before = out.len();
        written(clause, precision, &value, &mut out, cost)?;
        cost.walk(out.len() - before)?;
    }
    out.push_str(rest);
    cost.walk(pattern.len())?;
    Ok(out.into())
}

fn written(
    clause: char,
    precision: Option<usize>,
    value: &Value<'_>,
    out: &mut String,
    cost: &mut Cost<'_>,
) -> Result<(), Fault> {
    let wrong = || {
        let of = value.type_name();
        Fault::error(format!("error during formatting: %{clause} clause cannot be used on {of}"))
    };
    match (clause, value) {
        ('s', value) => return shown(value, out, cost),
        ('d', Value::Int(value)) => _ = write!(out, "{value}"),
        ('d', Value::Uint(value)) => _ = write!(out, "{value}"),
        ('f', value) => match real(value) {
            Some(value) => _ = write!(out, "{value:.*}", precision.unwrap_or(6)),
            None => return Err(wrong()),
        },
        ('e', value) => match real(value) {
            Some(value) => {
                let text = format!("{value:.*e}", precision.unwrap_or(6));
                let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
                let (sign, exponent) = exponent.strip_prefix('-').map_or(("+", exponent), |rest| ("-", rest));
                _ = write!(out, "{digits}e{sign}{exponent:0>2}");
            }
            None => return Err(wrong()),
        },
        ('b', Value::Bool(value)) => _ = write!(out, "{}", u8::from(*value)),
        ('b' | 'o' | 'x' | 'X', Value::Int(value)) => {
            out.push_str(if *value < 0 { "-" } else { "" });
            based(clause, value.unsigned_abs(), out);
        }
        ('b' | 'o' | 'x' | 'X', Value::Uint(value)) => based(clause, *value, out),
        ('x' | 'X', Value::String(text)) => bytes(clause, text.as_bytes(), out),
        ('x' | 'X', Value::Bytes(value)) => bytes(clause, value, out),
        ('d' | 'b' | 'o' | 'x' | 'X', _) => return Err(wrong()),
        _ => {
            return Err(Fault::error(format!(
                "could not parse formatting clause: unrecognized formatting clause \"{clause}\""
            )));
        }
    }
    Ok(())
}

fn based(clause: char, value: u64, out: &mut String) {
    _ = match clause {
        'b' => write!(out, "{value:b}"),
        'o' => write!(out, "{value:o}"),
        'x' => write!(out, "{value:x}"),
        _ => write!(out, "{value:X}"),
    };
}

fn bytes(clause: char, bytes: &[u8], out: &mut String) {
    for byte in bytes {
        _ = if clause == 'x' { write!(out, "{byte:02x}") } else { write!(out, "{byte:02X}") };
    }
}

#[allow(clippy::cast_precision_loss)]
fn real(value: &Value<'_>) -> Option<f64> {
    match value {
        Value::Double(value) => Some(*value),
        Value::Int(value) => Some(*value as f64),
        Value::Uint(value) => Some(*value as f64),
        _ => None,
    }
}

fn shown(value: &Value<'_>, out: &mut String, cost: &mut Cost<'_>) -> Result<(), Fault> {
    cost.take(1)?;
    match value {
        Value::List(list) => {
            out.push('[');
            for (n, item) in list.iter().enumerate() {
                out.push_str(if n > 0 { ", " } else { "" });
                shown(&item, out, cost)?;
            }
            out.push(']');
        }
        Value::Map(map) => return entries(map, out, cost),
        value => {
            let wrong = || {
                let of = value.type_name();
                Fault::error(format!(
                    "error during formatting: string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, \
                     types, durations, and timestamps, was given {of}"
                ))
            };
            out.push_str(&convert::text(value).ok_or_else(wrong)?);
        }
    }
    Ok(())
}

fn entries(map: &Map<'_>, out: &mut String, cost: &mut Cost<'_>) -> Result<(), Fault> {
    out.push('{');
    for (n, key) in map.keys().into_iter().enumerate() {
        out.push_str(if n > 0 { ", " } else { "" });
        _ = write!(out, "{key}: ");
        shown(&map.get(&key).unwrap_or(Value::Null), out, cost)?;
    }
    out.push('}');
    Ok(())
}
