//! Ages in cells: said at a moment, or left open and said when the cell is shown.

use crate::Timestamp;
use std::borrow::Cow;

/// The moment at which no age is said: [`ago`] leaves a mark, which [`aged`] reads.
pub const OPEN: Timestamp = Timestamp::MIN;

/// Around an age that is open.
const MARK: char = '\u{1}';

/// A span as Kubernetes prints it: `5s`, `3m12s`, `4h`, `12d`.
pub fn ago(since: Timestamp, now: Timestamp) -> String {
    if now == OPEN {
        return format!("{MARK}{}{MARK}", since.as_second());
    }
    span(now.as_second() - since.as_second())
}

fn span(seconds: i64) -> String {
    let s = seconds.max(0);
    let (m, h, d) = (s / 60, s / 3600, s / 86400);
    let two =
        |a: i64, x: char, b: i64, y: char| if b == 0 { format!("{a}{x}") } else { format!("{a}{x}{b}{y}") };
    match s {
        0..120 => format!("{s}s"),
        120..600 => two(m, 'm', s % 60, 's'),
        600..10800 => format!("{m}m"),
        10800..28800 => two(h, 'h', m % 60, 'm'),
        28800..172_800 => format!("{h}h"),
        172_800..691_200 => two(d, 'd', h % 24, 'h'),
        691_200..63_072_000 => format!("{d}d"),
        _ => two(d / 365, 'y', d % 365, 'd'),
    }
}

/// A cell with the ages that it left open.
pub fn aged(cell: &str, now: Timestamp) -> Cow<'_, str> {
    if !cell.contains(MARK) {
        return Cow::Borrowed(cell);
    }
    let pieces = cell.split(MARK).enumerate().map(|(at, piece)| match piece.parse::<i64>() {
        Ok(since) if at % 2 == 1 => Cow::Owned(span(now.as_second().saturating_sub(since))),
        _ => Cow::Borrowed(piece),
    });
    Cow::Owned(pieces.collect())
}

/// The second since which a cell counts, when it leaves an age open.
pub fn since(cell: &str) -> Option<i64> {
    cell.split(MARK).nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_can_be_said_later() {
        let at = |second| Timestamp::from_second(second).unwrap();
        assert_eq!(ago(at(100), at(105)), "5s");
        let open = format!("3 ({} ago)", ago(at(100), OPEN));
        assert_eq!(aged(&open, at(292)), "3 (3m12s ago)");
        assert_eq!(since(&open), Some(100));
        assert_eq!((aged("1/2", at(0)), since("1/2")), ("1/2".into(), None));
    }
}
