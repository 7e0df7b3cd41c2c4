//! Versions of the form `1.2.3-rc.1`.

use super::{no_overload, text_at};
use crate::{Fault, Value, cost::Cost, function::Row, value::compare};
use std::{cmp::Ordering, rc::Rc};

/// A version.
#[derive(Debug, Clone)]
pub struct Semver {
    numbers: [u64; 3],
    before: Vec<String>,
}

pub(super) const TABLE: &[Row] = &[
    ("semver", "(string) semver", parsed),
    ("semver", "(string, bool) semver", parsed),
    ("isSemver", "(string) bool", |args, cost| Ok(parsed(args, cost).is_ok().into())),
    ("isSemver", "(string, bool) bool", |args, cost| Ok(parsed(args, cost).is_ok().into())),
    ("major", "semver.() int", |args, _| part(args, 0)),
    ("minor", "semver.() int", |args, _| part(args, 1)),
    ("patch", "semver.() int", |args, _| part(args, 2)),
    ("isLessThan", "semver.(semver) bool", |args, _| {
        Ok(compare(&args[0], &args[1]).is_some_and(Ordering::is_lt).into())
    }),
    ("isGreaterThan", "semver.(semver) bool", |args, _| {
        Ok(compare(&args[0], &args[1]).is_some_and(Ordering::is_gt).into())
    }),
    ("compareTo", "semver.(semver) int", |args, _| {
        Ok(Value::Int(compare(&args[0], &args[1]).map_or(0, |order| order as i64)))
    }),
];

impl Semver {
    fn read(text: &str, lenient: bool) -> Option<Self> {
        let text = if lenient { text.strip_prefix('v').unwrap_or(text) } else { text };
        let (rest, build) = text.split_once('+').map_or((text, None), |(rest, build)| (rest, Some(build)));
        let (core, before) = rest.split_once('-').map_or((rest, None), |(core, before)| (core, Some(before)));
        let word =
            |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let numeric = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let led = |text: &str| text.len() > 1 && text.starts_with('0');
        if build.is_some_and(|build| !build.split('.').all(word)) {
            return None;
        }
        let mut numbers = [0; 3];
        let parts: Vec<&str> = core.split('.').collect();
        if parts.len() > 3 || (parts.len() < 3 && !lenient) {
            return None;
        }
        for (place, part) in numbers.iter_mut().zip(&parts) {
            *place = part.parse().ok().filter(|_| numeric(part) && (lenient || !led(part)))?;
        }
        let before: Vec<String> =
            before.map(|all| all.split('.').map(str::to_owned).collect()).unwrap_or_default();
        let good = before.iter().all(|part| word(part) && !(numeric(part) && led(part)));
        good.then_some(Self { numbers, before })
    }

    pub(crate) fn order(&self, other: &Self) -> Ordering {
        let parts = |a: &String, b: &String| match (a.parse::<u64>(), b.parse::<u64>()) {
            (Ok(a), Ok(b)) => a.cmp(&b),
            (Ok(_), Err(_)) => Ordering::Less,
            (Err(_), Ok(_)) => Ordering::Greater,
            (Err(_), Err(_)) => a.cmp(b),
        };
        self.numbers.cmp(&other.numbers).then_with(|| {
            match (self.before.is_empty(), other.before.is_empty()) {
                (true, true) => Ordering::Equal,
                (true, false) => Ordering::Greater,
                (false, true) => Ordering::Less,
                (false, false) => {
                    let differ =
                        self.before.iter().zip(&other.before).map(|(a, b)| parts(a, b)).find(|o| o.is_ne());
                    differ.unwrap_or_else(|| self.before.len().cmp(&other.before.len()))
                }
            }
        })
    }
}

fn parsed<'a>(args: &[Value<'a>], cost: &mut Cost<'_>) -> Result<Value<'a>, Fault> {
    let text = text_at(args, 0)?;
    cost.walk(text.len())?;
    let lenient = matches!(args.get(1), Some(Value::Bool(true)));
    let found = Semver::read(text, lenient).map(|version| Value::Semver(Rc::new(version)));
    found.ok_or_else(|| Fault::error(format!("No Major.Minor.Patch elements found: {text:?}")))
}

fn part<'a>(args: &[Value<'a>], place: usize) -> Result<Value<'a>, Fault> {
    match &args[0] {
        Value::Semver(version) => Ok(Value::Int(i64::try_from(version.numbers[place]).unwrap_or(i64::MAX))),
        _ => Err(no_overload()),
    }
}
