//! What expressions can call: one file a library, each with its lines of the table.

mod convert;
mod format;
mod formats;
mod lists;
mod net;
mod operators;
mod optional;
mod quantity;
mod rearrange;
mod regex;
mod semver;
mod strings;
mod time;

pub(crate) use convert::text;
pub(crate) use rearrange::sorted;
pub(crate) use regex::pattern;
pub use semver::Semver;
pub(crate) use time::parse_duration;

use crate::{Fault, Value, function::Row, value::List};

/// Every line.
pub(crate) const TABLES: &[&[Row]] = &[
    operators::TABLE,
    operators::ORDER,
    convert::TABLE,
    strings::TABLE,
    format::TABLE,
    formats::TABLE,
    regex::TABLE,
    lists::TABLE,
    rearrange::TABLE,
    optional::TABLE,
    time::TABLE,
    quantity::TABLE,
    net::TABLE,
    semver::TABLE,
    crate::authorizer::TABLE,
];

/// The text at a place where the table says that there is one.
fn text_at<'v>(args: &'v [Value<'_>], place: usize) -> Result<&'v str, Fault> {
    args.get(place).and_then(Value::as_str).ok_or_else(no_overload)
}

fn int_at(args: &[Value<'_>], place: usize) -> Result<i64, Fault> {
    match args.get(place) {
        Some(Value::Int(value)) => Ok(*value),
        _ => Err(no_overload()),
    }
}

fn list_at<'v, 'a>(args: &'v [Value<'a>], place: usize) -> Result<&'v List<'a>, Fault> {
    match args.get(place) {
        Some(Value::List(list)) => Ok(list),
        _ => Err(no_overload()),
    }
}

fn no_overload() -> Fault {
    Fault::error("no such overload")
}
