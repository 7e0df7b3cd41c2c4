//! The functions a template may call, and how values are shown.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;
use std::cmp::Ordering;

/// Every function there is.
pub(super) const NAMES: &[&str] = &[
    "and",
    "or",
    "not",
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
    "len",
    "index",
    "print",
    "println",
    "printf",
    "base64decode",
    "base64encode",
    "exists",
    "js",
    "html",
    "urlquery",
    "slice",
];

/// As Go's `%v` shows it.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Null => "<no value>".into(),
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(inner).collect::<Vec<_>>().join(" ")),
        Value::Object(map) => {
            let mut pairs: Vec<_> = map.iter().collect();
            pairs.sort_by_key(|(key, _)| key.as_str());
            let pairs: Vec<_> = pairs.into_iter().map(|(k, v)| format!("{k}:{}", inner(v))).collect();
            format!("map[{}]", pairs.join(" "))
        }
        other => other.to_string(),
    }
}

fn inner(value: &Value) -> String {
    if value.is_null() { "<nil>".into() } else { shown(value) }
}

/// Whether a value counts as true: not empty, not zero, there.
pub(super) fn truth(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(yes) => *yes,
        Value::Number(n) => n.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(map) => !map.is_empty(),
    }
}

/// The value of a function; the last argument may have come through a pipe.
pub(super) fn call(name: &str, arguments: &[Value]) -> Result<Value, String> {
    let wanted = |n: usize| {
        let got = arguments.len();
        if got < n { Err(format!("{name}: wants {n} arguments, got {got}")) } else { Ok(()) }
    };
    let text = |at: usize| match &arguments[at] {
        Value::String(text) => Ok(text.as_str()),
        other => Err(format!("{name}: expected a string, got {}", shown(other))),
    };
    Ok(match name {
        "not" => {
            wanted(1)?;
            (!truth(&arguments[0])).into()
        }
        "eq" => {
            wanted(2)?;
            arguments[1..].iter().any(|other| order(&arguments[0], other) == Some(Ordering::Equal)).into()
        }
        "ne" => {
            wanted(2)?;
            (order(&arguments[0], &arguments[1]) != Some(Ordering::Equal)).into()
        }
        "lt" | "le" | "gt" | "ge" => {
            wanted(2)?;
            let order = order(&arguments[0], &arguments[1]);
            let order = order.ok_or_else(|| format!("{name}: incompatible types for comparison"))?;
            match name {
                "lt" => order.is_lt(),
                "le" => order.is_le(),
                "gt" => order.is_gt(),
                _ => order.is_ge(),
            }
            .into()
        }
        "len" => {
            wanted(1)?;
            match &arguments[0] {
                Value::String(text) => text.len(),
                Value::Array(items) => items.len(),
                Value::Object(map) => map.len(),
                other => return Err(format!("len of type {}", shown(other))),
            }
            .into()
        }
        "index" => {
            wanted(1)?;
            arguments[1..].iter().try_fold(arguments[0].clone(), |value, key| index(&value, key))?
        }
        "slice" => {
            wanted(1)?;
            slice(arguments)?
        }
        "exists" => {
            wanted(1)?;
            let found = arguments[1..].iter().try_fold(arguments[0].clone(), |value, key| index(&value, key));
            found.is_ok_and(|v| !v.is_null()).into()
        }
        "print" => arguments.iter().map(shown).collect::<Vec<_>>().join(" ").into(),
        "println" => (arguments.iter().map(shown).collect::<Vec<_>>().join(" ") + "\n").into(),
        "printf" => {
            wanted(1)?;
            printf(text(0)?, &arguments[1..])?.into()
        }
        "base64decode" => {
            wanted(1)?;
            let bytes = STANDARD.decode(text(0)?).map_err(|e| format!("base64 decode: {e}"))?;
            String::from_utf8_lossy(&bytes).into_owned().into()
        }
        "base64encode" => {
            wanted(1)?;
            STANDARD.encode(text(0)?).into()
        }
        "js" | "html" | "urlquery" => return Err(format!("function {name:?} is not supported here")),
        _ => return Err(format!("function {name:?} not defined")),
    })
}

fn order(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64()?.partial_cmp(&b.as_f64()?),
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (a, b) => (a == b).then_some(Ordering::Equal),
    }
}

fn index(value: &Value, key: &Value) -> Result<Value, String> {
    match (value, key) {
        (Value::Object(map), Value::String(key)) => Ok(map.get(key).cloned().unwrap_or(Value::Null)),
        (Value::Array(items), Value::Number(n)) => {
            let at = n.as_u64().and_then(|n| usize::try_from(n).ok());
            at.and_then(|at| items.get(at).cloned()).ok_or_else(|| format!("index out of range: {n}"))
        }
        (Value::Null, _) => Err("index of untyped nil".into()),
        (other, key) => Err(format!("can't index {} with {}", shown(other), shown(key))),
    }
}

fn slice(arguments: &[Value]) -> Result<Value, String> {
    let at = |n: usize, otherwise: usize| match arguments.get(n) {
        None => Ok(otherwise),
        Some(v) => v.as_u64().and_then(|n| usize::try_from(n).ok()).ok_or("slice: index is no number"),
    };
    match &arguments[0] {
        Value::String(text) => {
            let part = text.get(at(1, 0)?..at(2, text.len())?);
            Ok(part.ok_or("slice: index out of range")?.into())
        }
        Value::Array(items) => {
            let part = items.get(at(1, 0)?..at(2, items.len())?);
            Ok(part.ok_or("slice: index out of range")?.to_vec().into())
        }
        other => Err(format!("can't slice {}", shown(other))),
    }
}

/// `%s %v %d %q %f %t %%`, with a width and a precision.
fn printf(format: &str, arguments: &[Value]) -> Result<String, String> {
    let (mut text, mut arguments, mut chars) = (String::new(), arguments.iter(), format.chars().peekable());
    while let Some(c) = chars.next() {
        if c != '%' {
            text.push(c);
            continue;
        }
        let mut options = String::new();
        while let Some(c) = chars.next_if(|c| matches!(c, '0'..='9' | '.' | '-' | '+')) {
            options.push(c);
        }
        let verb = chars.next().ok_or("printf: the format ends in %")?;
        if verb == '%' {
            text.push('%');
            continue;
        }
        let value = arguments.next().ok_or_else(|| format!("printf: no argument for %{verb}"))?;
        let (width, precision) =
            options.split_once('.').map_or((options.as_str(), None), |(w, p)| (w, Some(p)));
        let precision = precision.and_then(|p| p.parse::<usize>().ok());
        let piece = match verb {
            'q' => serde_json::to_string(&shown(value)).unwrap_or_default(),
            'f' => format!("{:.*}", precision.unwrap_or(6), value.as_f64().ok_or("printf: %f of no number")?),
            's' | 'v' | 'd' | 't' | 'g' => shown(value),
            other => return Err(format!("printf: %{other} is not supported here")),
        };
        let left = width.starts_with('-');
        let fill = if width.starts_with('0') { '0' } else { ' ' };
        let width: usize = width.trim_start_matches(['-', '+']).parse().unwrap_or(0);
        let missing = width.min(4096).saturating_sub(piece.chars().count());
        let padding: String = std::iter::repeat_n(fill, missing).collect();
        text.push_str(&if left { piece + &" ".repeat(missing) } else { padding + &piece });
    }
    Ok(text)
}
