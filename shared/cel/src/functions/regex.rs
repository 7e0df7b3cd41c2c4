//! Patterns, as RE2 has them: they never take longer than the text is long.

use super::{int_at, text_at};
use crate::{Fault, Value, cost::Cost, function::Row};
use regex_lite::{Regex, RegexBuilder};

pub(super) const TABLE: &[Row] = &[
    ("matches", "string.(string) bool", matches),
    ("matches", "(string, string) bool", matches),
    ("find", "string.(string) string", |args, cost| {
        let (text, pattern) = ready(args, cost)?;
        Ok(pattern.find(text).map(|found| found.as_str()).unwrap_or_default().to_owned().into())
    }),
    ("findAll", "string.(string) list<string>", find_all),
    ("findAll", "string.(string, int) list<string>", find_all),
];

/// The largest a pattern may become, in bytes.
const LARGEST: usize = 1 << 20;

/// A pattern, or what is wrong with it.
pub(crate) fn pattern(text: &str) -> Result<Regex, String> {
    RegexBuilder::new(text)
        .size_limit(LARGEST)
        .nest_limit(100)
        .build()
        .map_err(|e| format!("invalid matches argument: error parsing regexp {text:?}: {e}"))
}

fn ready<'v>(args: &'v [Value<'_>], cost: &mut Cost<'_>) -> Result<(&'v str, Regex), Fault> {
    let (text, source) = (text_at(args, 0)?, text_at(args, 1)?);
    cost.take((text.len() as u64).div_ceil(10).max(1) * (source.len() as u64).div_ceil(4).max(1))?;
    Ok((text, pattern(source).map_err(Fault::Error)?))
}

fn matches<'a>(args: &[Value<'a>], cost: &mut Cost<'_>) -> Result<Value<'a>, Fault> {
    let (text, pattern) = ready(args, cost)?;
    Ok(Value::Bool(pattern.is_match(text)))
}

fn find_all<'a>(args: &[Value<'a>], cost: &mut Cost<'_>) -> Result<Value<'a>, Fault> {
    let most = if args.len() > 2 { int_at(args, 2)? } else { -1 };
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let (text, pattern) = ready(args, cost)?;
    let found: Vec<Value<'a>> =
        pattern.find_iter(text).take(most).map(|found| found.as_str().to_owned().into()).collect();
    Ok(found.into())
}
