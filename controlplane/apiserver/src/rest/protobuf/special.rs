//! Messages that are a single value in JSON.

use super::{Fields, Trouble};
use jiff::Timestamp;
use serde_json::Value;

/// A moment of seconds and nanoseconds; an empty one is no moment at all.
pub(super) fn time(bytes: &[u8], format: &str) -> Result<Value, Trouble> {
    let (mut seconds, mut nanos) = (None, 0);
    for field in Fields::of(bytes) {
        match field? {
            (1, wire) => seconds = Some(wire.int64()?),
            (2, wire) => nanos = wire.int32()?,
            _ => {}
        }
    }
    let Some(seconds) = seconds else { return Ok(Value::Null) };
    let moment = Timestamp::new(seconds, nanos)
        .map_err(|_| Trouble::new(format!("{seconds} seconds and {nanos} nanoseconds are no time")))?;
    Ok(moment.strftime(format).to_string().into())
}

/// A span of nanoseconds, in seconds.
pub(super) fn duration(bytes: &[u8]) -> Result<Value, Trouble> {
    let mut nanos = 0;
    for field in Fields::of(bytes) {
        if let (1, wire) = field? {
            nanos = wire.int64()?;
        }
    }
    let sign = if nanos < 0 { "-" } else { "" };
    let (whole, rest) = (nanos.unsigned_abs() / 1_000_000_000, nanos.unsigned_abs() % 1_000_000_000);
    let fraction = if rest == 0 { String::new() } else { format!(".{rest:09}") };
    Ok(format!("{sign}{whole}{}s", fraction.trim_end_matches('0')).into())
}

/// An amount, which travels as its text.
pub(super) fn quantity(bytes: &[u8]) -> Result<Value, Trouble> {
    let mut text = String::new();
    for field in Fields::of(bytes) {
        if let (1, wire) = field? {
            text = wire.text()?;
        }
    }
    Ok(if text.is_empty() { "0".into() } else { text.into() })
}

/// Which of the two it is comes first.
pub(super) fn int_or_string(bytes: &[u8]) -> Result<Value, Trouble> {
    let (mut kind, mut number, mut text) = (0, 0, String::new());
    for field in Fields::of(bytes) {
        match field? {
            (1, wire) => kind = wire.int64()?,
            (2, wire) => number = wire.int32()?,
            (3, wire) => text = wire.text()?,
            _ => {}
        }
    }
    match kind {
        0 => Ok(number.into()),
        1 => Ok(text.into()),
        other => Err(Trouble::new(format!("type {other} is neither a number nor text"))),
    }
}

/// JSON within the message.
pub(super) fn raw(bytes: &[u8]) -> Result<Value, Trouble> {
    let mut json: &[u8] = &[];
    for field in Fields::of(bytes) {
        if let (1, wire) = field? {
            json = wire.bytes()?;
        }
    }
    if json.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(json).map_err(|e| Trouble::new(format!("it is not JSON: {e}")))
}
