//! Texts. Places in them are counted in characters.

use super::{int_at, list_at, text_at};
use crate::{Fault, Value, cost::Cost, function::Row};

pub(super) const TABLE: &[Row] = &[
    ("contains", "string.(string) bool", |args, cost| paid(args, cost, |text, part| text.contains(part))),
    ("startsWith", "string.(string) bool", |args, cost| {
        paid(args, cost, |text, part| text.starts_with(part))
    }),
    ("endsWith", "string.(string) bool", |args, cost| paid(args, cost, |text, part| text.ends_with(part))),
    ("lowerAscii", "string.() string", |args, cost| mapped(args, cost, str::to_ascii_lowercase)),
    ("upperAscii", "string.() string", |args, cost| mapped(args, cost, str::to_ascii_uppercase)),
    ("trim", "string.() string", |args, cost| mapped(args, cost, |text| text.trim().to_owned())),
    ("strings.quote", "(string) string", |args, cost| mapped(args, cost, quoted)),
    ("charAt", "string.(int) string", |args, cost| {
        let (text, place) = (text_at(args, 0)?, int_at(args, 1)?);
        cost.walk(text.len())?;
        let index = usize::try_from(place).ok().filter(|place| *place <= text.chars().count());
        let index = index.ok_or_else(|| Fault::error(format!("index out of range: {place}")))?;
        Ok(text.chars().nth(index).map(String::from).unwrap_or_default().into())
    }),
    ("indexOf", "string.(string) int", index_of),
    ("indexOf", "string.(string, int) int", index_of),
    ("lastIndexOf", "string.(string) int", last_index_of),
    ("lastIndexOf", "string.(string, int) int", last_index_of),
    ("substring", "string.(int) string", substring),
    ("substring", "string.(int, int) string", substring),
    ("replace", "string.(string, string) string", replace),
    ("replace", "string.(string, string, int) string", replace),
    ("split", "string.(string) list<string>", split),
    ("split", "string.(string, int) list<string>", split),
    ("join", "list<string>.() string", join),
    ("join", "list<string>.(string) string", join),
];

fn paid<'a>(
    args: &[Value<'a>],
    cost: &mut Cost<'_>,
    test: fn(&str, &str) -> bool,
) -> Result<Value<'a>, Fault> {
    let (text, part) = (text_at(args, 0)?, text_at(args, 1)?);
    cost.walk(text.len() + part.len())?;
    Ok(Value::Bool(test(text, part)))
}

fn mapped<'a>(
    args: &[Value<'a>],
    cost: &mut Cost<'_>,
    change: fn(&str) -> String,
) -> Result<Value<'a>, Fault> {
    let text = text_at(args, 0)?;
    cost.walk(text.len())?;
    Ok(change(text).into())
}

/// As Go quotes it.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{b}' => out.push_str("\\v"),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

/// The offset in bytes of the character at `place`; the end is a place too.
fn offset(text: &str, place: i64) -> Result<usize, Fault> {
    let wrong = || Fault::error(format!("index out of range: {place}"));
    let place = usize::try_from(place).map_err(|_| wrong())?;
    text.char_indices().map(|(at, _)| at).chain([text.len()]).nth(place).ok_or_else(wrong)
}

fn place(text: &str, offset: Option<usize>) -> Value<'static> {
    offset.map_or(Value::Int(-1), |offset| Value::size(text[..offset].chars().count()))
}

fn index_of<'a>(args: &[Value<'a>], cost: &mut Cost<'_>) -> Result<Value<'a>, Fault> {
    let (text, part) = (text_at(args, 0)?, text_at(args, 1)?);
    cost.walk(text.len() + part.len())?;
    let from = if args.len() > 2 { offset(text, int_at(args, 2)?)? } else { 0 };
    Ok(place(text, text[from..].find(part).map(|at| from + at)))
}

fn last_index_of<'a>(args: &[Value<'a>], cost: &mut Cost<'_>) -> Result<Value<'a>, Fault> {
    let (text, part) = (text_at(args, 0)?, text_at(args, 1)?);
    cost.walk(text.len() + part.len())?;
    // It may begin at the place, but not behind it.
    let last = if args.len() > 2 { offset(text, int_at(args, 2)?)? } else { text.len() };
    let end = (last + part.len()).min(text.len());
    let end = (end..=text.len()).find(|end| text.is_char_boundary(*end)).unwrap_or(text.len());
    Ok(place(text, text[..end].rfind(part)))
}

fn substring<'a>(args: &[Value<'a>], cost: &mut Cost<'_>) -> Result<Value<'a>, Fault> {
    let text = text_at(args, 0)?;
    cost.walk(text.len())?;
    let begin = offset(text, int_at(args, 1)?)?;
    let end = if args.len() > 2 { offset(text, int_at(args, 2)?)? } else { text.len() };
    if begin > end {
        let (begin, end) = (int_at(args, 1)?, int_at(args, 2)?);
        return Err(Fault::error(format!("invalid substring range. start: {begin}, end: {end}")));
    }
    Ok(text[begin..end].to_owned().into())
}

/// How many at most: all, when it is negative.
fn at_most(args: &[Value<'_>], place: usize) -> Result<usize, Fault> {
    Ok(if args.len() > place {
        usize::try_from(int_at(args, place)?).unwrap_or(usize::MAX)
    } else {
        usize::MAX
    })
}

fn replace<'a>(args: &[Value<'a>], cost: &mut Cost<'_>) -> Result<Value<'a>, Fault> {
    let (text, old, new) = (text_at(args, 0)?, text_at(args, 1)?, text_at(args, 2)?);
    let most = at_most(args, 3)?;
    // What it may grow to is paid for before it grows.
    let found = text.matches(old).count().min(most);
    cost.walk(text.len() + found.saturating_mul(new.len()))?;
    Ok(text.replacen(old, new, most).into())
}

fn split<'a>(args: &[Value<'a>], cost: &mut Cost<'_>) -> Result<Value<'a>, Fault> {
    let (text, by) = (text_at(args, 0)?, text_at(args, 1)?);
    let most = at_most(args, 2)?;
    cost.take(text.len() as u64)?;
    let own = |part: &str| Value::from(part.to_owned());
    let parts: Vec<Value<'a>> = match most {
        0 => Vec::new(),
        _ if by.is_empty() => {
            let count = text.chars().count();
            let singles = count.min(most).saturating_sub(usize::from(count > most));
            let cut = text.char_indices().nth(singles).map_or(text.len(), |(at, _)| at);
            let rest = (cut < text.len()).then(|| own(&text[cut..]));
            text[..cut].chars().map(|letter| Value::from(String::from(letter))).chain(rest).collect()
        }
        most => text.splitn(most, by).map(own).collect(),
    };
    Ok(parts.into())
}

fn join<'a>(args: &[Value<'a>], cost: &mut Cost<'_>) -> Result<Value<'a>, Fault> {
    let by = if args.len() > 1 { text_at(args, 1)? } else { "" };
    let mut out = String::new();
    for (n, item) in list_at(args, 0)?.iter().enumerate() {
        let text = item.as_str().ok_or_else(super::no_overload)?;
        cost.walk(text.len() + by.len() + 10)?;
        out.push_str(if n > 0 { by } else { "" });
        out.push_str(text);
    }
    Ok(out.into())
}
