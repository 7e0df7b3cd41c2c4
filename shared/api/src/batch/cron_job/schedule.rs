//! When a cron job runs: five fields, or a name for them.

mod part;
mod span;

use crate::Timestamp;
use jiff::{
    Span, ToSpan, Zoned,
    civil::{Date, Weekday},
    tz::TimeZone,
};
use part::{Held, Part};

const MONTHS: &[&str] = &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const PARTS: [Part; 5] = [
    Part { least: 0, most: 59, names: &[] },
    Part { least: 0, most: 23, names: &[] },
    Part { least: 1, most: 31, names: &[] },
    Part { least: 1, most: 12, names: MONTHS },
    Part { least: 0, most: 6, names: DAYS },
];
/// Names, and what they are names for.
const NAMED: &[(&str, &str)] = &[
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];
/// What does not happen for so many years never does.
const YEARS: i16 = 5;

/// When a cron job runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule(Form);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Form {
    Fields([Held; 5]),
    /// So many seconds after the time before.
    Every(i64),
}

impl Schedule {
    /// Reads a schedule, or says why it cannot be read.
    pub fn parse(schedule: &str) -> Result<Self, String> {
        // A zone is refused by its own rule, so that the schedule behind it is judged too.
        let zoned = ["TZ=", "CRON_TZ="].iter().any(|z| schedule.starts_with(z));
        let schedule =
            if zoned { schedule.split_once(' ').map_or("", |(_, rest)| rest) } else { schedule }.trim();
        if schedule.is_empty() {
            return Err("empty spec string".into());
        }
        if schedule.starts_with('@') {
            return named(schedule);
        }
        let fields: Vec<_> = schedule.split_whitespace().collect();
        if fields.len() != PARTS.len() {
            return Err(format!("expected exactly 5 fields, found {}: [{}]", fields.len(), fields.join(" ")));
        }
        let mut held = [Held::default(); 5];
        for ((part, field), held) in PARTS.iter().zip(fields).zip(&mut held) {
            *held = part.read(field)?;
        }
        Ok(Self(Form::Fields(held)))
    }

    /// The first time after `at`, by the clocks of a zone; `None`: never.
    pub fn after(&self, at: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        match &self.0 {
            Form::Every(seconds) => Timestamp::from_second(at.as_second().checked_add(*seconds)?).ok(),
            Form::Fields(fields) => fields_after(fields, at, zone),
        }
    }
}

fn named(text: &str) -> Result<Schedule, String> {
    if let Some(span) = text.strip_prefix("@every ") {
        let wrong = || format!("failed to parse duration {text}: time: invalid duration {span:?}");
        return span::seconds(span).map(|seconds| Schedule(Form::Every(seconds.max(1)))).ok_or_else(wrong);
    }
    let fields = NAMED.iter().find(|(name, _)| *name == text).map(|(_, fields)| fields);
    Schedule::parse(fields.ok_or_else(|| format!("unrecognized descriptor: {text}"))?)
}

/// Goes from one moment that may fit to the next, by the month, day, hour or minute that does not.
fn fields_after(fields: &[Held; 5], at: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let [minutes, hours, _, months, _] = fields;
    let seconds = at.as_second().div_euclid(60).checked_add(1)?.checked_mul(60)?;
    let mut moment = Timestamp::from_second(seconds).ok()?.to_zoned(zone.clone());
    let end = moment.year().checked_add(YEARS)?;
    while moment.year() <= end {
        // Midnight may not exist on the day that the clocks go forward: the day begins later then.
        let begin = |date: Date, later: Span| date.checked_add(later).ok()?.to_zoned(zone.clone()).ok();
        let minute = i64::from(moment.minute());
        moment = if !months.has(moment.month()) {
            begin(moment.date().first_of_month(), 1.month())?
        } else if !day_fits(fields, &moment) {
            begin(moment.date(), 1.day())?
        } else if !hours.has(moment.hour()) {
            moment.checked_add((60 - minute).minutes()).ok()?
        } else if !minutes.has(moment.minute()) {
            moment.checked_add(1.minute()).ok()?
        } else {
            return Some(moment.timestamp());
        };
    }
    None
}

/// Where both the day of the month and that of the week are said, one of them is enough.
fn day_fits([_, _, days, _, weekdays]: &[Held; 5], moment: &Zoned) -> bool {
    let weekday: Weekday = moment.weekday();
    let (day, weekday) = (days.has(moment.day()), weekdays.has(weekday.to_sunday_zero_offset()));
    if days.any || weekdays.any { day && weekday } else { day || weekday }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> Option<String> {
        Schedule::parse(text).err()
    }

    #[test]
    fn schedules_are_told_from_nonsense() {
        for good in [
            "* * * * *",
            "*/1 * * * *",
            "0,30 8-18/2 1 jan-mar MON",
            "5/15 0 ? * 0-6",
            "@hourly",
            "@every 1h30m",
            "@every 1.5h",
            " 0 0 1 1 * ",
            "TZ=UTC 0 0 1 1 *",
        ] {
            assert_eq!(wrong(good), None, "{good}");
        }
        for (bad, why) in [
            ("", "empty spec string"),
            ("* * * *", "expected exactly 5 fields, found 4: [* * * *]"),
            ("0 * * * * *", "expected exactly 5 fields, found 6: [0 * * * * *]"),
            ("60 * * * *", "end of range (60) above maximum (59): 60"),
            ("* * 0 * *", "beginning of range (0) below minimum (1): 0"),
            ("* * * * 7", "end of range (7) above maximum (6): 7"),
            ("5-1 * * * *", "beginning of range (5) beyond end of range (1): 5-1"),
            ("*/0 * * * *", "step of range should be a positive number: */0"),
            ("1-2-3 * * * *", "too many hyphens: 1-2-3"),
            ("*/2/3 * * * *", "too many slashes: */2/3"),
            ("x * * * *", "failed to parse int from x: strconv.Atoi: parsing \"x\": invalid syntax"),
            ("@often", "unrecognized descriptor: @often"),
            ("@every now", "failed to parse duration @every now: time: invalid duration \"now\""),
        ] {
            assert_eq!(wrong(bad).as_deref(), Some(why), "{bad}");
        }
    }

    #[test]
    fn the_next_time_is_found() {
        let zone = |name: &str| crate::batch::zone(name).unwrap();
        let (utc, berlin) = (zone("UTC"), zone("Europe/Berlin"));
        for (schedule, zone, at, expected) in [
            ("* * * * *", &utc, "2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z"),
            ("* * * * *", &utc, "2026-01-01T00:00:59.9Z", "2026-01-01T00:01:00Z"),
            ("*/5 * * * *", &utc, "2026-01-01T00:02:00Z", "2026-01-01T00:05:00Z"),
            ("5/20 3 * * *", &utc, "2026-01-01T03:25:00Z", "2026-01-01T03:45:00Z"),
            ("@hourly", &utc, "2026-12-31T23:30:00Z", "2027-01-01T00:00:00Z"),
            ("@yearly", &utc, "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
            ("0 12 29 feb *", &utc, "2026-01-01T00:00:00Z", "2028-02-29T12:00:00Z"),
            ("0 0 * * mon-fri", &utc, "2026-01-02T00:00:00Z", "2026-01-05T00:00:00Z"),
            ("0 0 13 * 5", &utc, "2026-01-01T12:00:00Z", "2026-01-02T00:00:00Z"),
            ("0 0 13 * *", &utc, "2026-01-01T12:00:00Z", "2026-01-13T00:00:00Z"),
            ("0 0 */2 * 5", &utc, "2026-01-03T12:00:00Z", "2026-01-05T00:00:00Z"),
            ("30 9 * * *", &berlin, "2026-07-01T00:00:00Z", "2026-07-01T07:30:00Z"),
            // The hour that is left out in spring, and the one that comes twice in autumn.
            ("30 2 * * *", &berlin, "2026-03-29T00:00:00Z", "2026-03-30T00:30:00Z"),
            ("30 2 * * *", &berlin, "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"),
            ("@every 90s", &utc, "2026-01-01T00:00:00Z", "2026-01-01T00:01:30Z"),
            ("@every 1.5h", &utc, "2026-01-01T00:00:00Z", "2026-01-01T01:30:00Z"),
            ("@every 1ms", &utc, "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"),
        ] {
            let next = Schedule::parse(schedule).unwrap().after(at.parse().unwrap(), zone);
            assert_eq!(next, Some(expected.parse().unwrap()), "{schedule} after {at}");
        }
        let never = Schedule::parse("0 0 30 2 *").unwrap();
        assert_eq!(never.after(Timestamp::UNIX_EPOCH, &utc), None);
    }
}
