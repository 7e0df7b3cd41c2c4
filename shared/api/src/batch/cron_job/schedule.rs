//! When a cron job runs: five fields, or a name for them.
//!
//! Only the form is judged here; finding the next time is the controller's work.

/// What one field may hold.
struct Part {
    least: u32,
    most: u32,
    names: &'static [&'static str],
}

const MONTHS: &[&str] = &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const PARTS: [Part; 5] = [
    Part { least: 0, most: 59, names: &[] },
    Part { least: 0, most: 23, names: &[] },
    Part { least: 1, most: 31, names: &[] },
    Part { least: 1, most: 12, names: MONTHS },
    Part { least: 0, most: 6, names: DAYS },
];
const NAMED: &[&str] = &["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];

/// Why a schedule cannot be read; `None` when it can.
pub(super) fn wrong(schedule: &str) -> Option<String> {
    // A zone is refused by its own rule, so that the schedule behind it is judged too.
    let zoned = ["TZ=", "CRON_TZ="].iter().any(|z| schedule.starts_with(z));
    let schedule =
        if zoned { schedule.split_once(' ').map_or("", |(_, rest)| rest) } else { schedule }.trim();
    if schedule.is_empty() {
        return Some("empty spec string".into());
    }
    if schedule.starts_with('@') {
        return descriptor(schedule);
    }
    let fields: Vec<_> = schedule.split_whitespace().collect();
    if fields.len() != PARTS.len() {
        return Some(format!("expected exactly 5 fields, found {}: [{}]", fields.len(), fields.join(" ")));
    }
    PARTS.iter().zip(fields).find_map(|(part, field)| field.split(',').find_map(|one| part.wrong(one)))
}

fn descriptor(text: &str) -> Option<String> {
    if let Some(span) = text.strip_prefix("@every ") {
        return (!is_span(span))
            .then(|| format!("failed to parse duration {text}: time: invalid duration {span:?}"));
    }
    (!NAMED.contains(&text)).then(|| format!("unrecognized descriptor: {text}"))
}

/// `1h30m`, as Go writes a span.
fn is_span(text: &str) -> bool {
    let mut rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    if rest.is_empty() {
        return false;
    }
    while !rest.is_empty() {
        let digits = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        if digits.len() == rest.len() {
            return false;
        }
        let units = ["ns", "us", "µs", "ms", "s", "m", "h"];
        let Some(unit) = units.iter().filter(|u| digits.starts_with(**u)).max_by_key(|u| u.len()) else {
            return false;
        };
        rest = &digits[unit.len()..];
    }
    true
}

impl Part {
    /// Why one of the field's alternatives cannot be read: `*/5`, `1-10/2`, `mon-fri`, `7`.
    fn wrong(&self, text: &str) -> Option<String> {
        let mut steps = text.split('/');
        let range = steps.next().unwrap_or_default();
        let step = steps.next();
        if steps.next().is_some() {
            return Some(format!("too many slashes: {text}"));
        }
        let mut ends = range.split('-');
        let first = ends.next().unwrap_or_default();
        let last = ends.next();
        if ends.next().is_some() {
            return Some(format!("too many hyphens: {text}"));
        }
        let (first, last) = match (first, last) {
            ("*" | "?", _) => (self.least, self.most),
            (first, last) => match self.ends(first, last, step.is_some()) {
                Ok(ends) => ends,
                Err(why) => return Some(why),
            },
        };
        match step.map(number).transpose() {
            Err(why) => return Some(why),
            Ok(Some(0)) => return Some(format!("step of range should be a positive number: {text}")),
            Ok(_) => {}
        }
        if first < self.least {
            Some(format!("beginning of range ({first}) below minimum ({}): {text}", self.least))
        } else if last > self.most {
            Some(format!("end of range ({last}) above maximum ({}): {text}", self.most))
        } else if first > last {
            Some(format!("beginning of range ({first}) beyond end of range ({last}): {text}"))
        } else {
            None
        }
    }

    fn ends(&self, first: &str, last: Option<&str>, stepped: bool) -> Result<(u32, u32), String> {
        let first = self.value(first)?;
        let last = match last {
            Some(last) => self.value(last)?,
            None if stepped => self.most,
            None => first,
        };
        Ok((first, last))
    }

    fn value(&self, text: &str) -> Result<u32, String> {
        let name = self.names.iter().position(|n| text.eq_ignore_ascii_case(n));
        match name.and_then(|at| u32::try_from(at).ok()) {
            Some(at) => Ok(at + self.least),
            None => number(text),
        }
    }
}

fn number(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| {
        format!("failed to parse int from {text}: strconv.Atoi: parsing {text:?}: invalid syntax")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
