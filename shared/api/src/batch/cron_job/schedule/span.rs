//! Spans as Go writes them: `1h30m`, `1.5h`.

/// A unit, and how many nanoseconds it has; longer names first.
const UNITS: &[(&str, f64)] =
    &[("ns", 1.0), ("us", 1e3), ("µs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9)];

/// The whole seconds of a span; `None` when it is none.
pub(super) fn seconds(text: &str) -> Option<i64> {
    let mut rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    if rest.is_empty() {
        return None;
    }
    let mut total = 0.0;
    while !rest.is_empty() {
        let after = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let number: f64 = rest[..rest.len() - after.len()].parse().ok()?;
        let (unit, size) = UNITS.iter().find(|(unit, _)| after.starts_with(unit))?;
        total += number * size;
        rest = &after[unit.len()..];
    }
    let seconds = if text.starts_with('-') { -total } else { total } / 1e9;
    // A hundred years and more are as good as never; what is left fits.
    #[allow(clippy::cast_possible_truncation)]
    (seconds.abs() < 1e10).then_some(seconds as i64)
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn spans_are_read() {
        for (text, expected) in [
            ("1h30m", Some(5400)),
            ("1.5h", Some(5400)),
            ("-2s", Some(-2)),
            ("10ms", Some(0)),
            ("1500ms", Some(1)),
            ("", None),
            ("5", None),
            ("now", None),
            ("1.2.3s", None),
            ("999999999999h", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }
}
