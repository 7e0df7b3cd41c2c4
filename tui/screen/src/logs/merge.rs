use shared_api::Timestamp;
use std::collections::VecDeque;

/// The most lines that are kept, and the most bytes.
const LINES: usize = 100_000;
const BYTES: usize = 24 << 20;

/// One line of one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    /// When it was written: nanoseconds since 1970, of its source's own clock.
    pub(crate) at: i64,
    /// Which source, by its place among them.
    pub(crate) source: u16,
    /// Counts all lines that ever came.
    number: u64,
    /// The filter lets it through.
    pub(crate) shown: bool,
    pub(crate) text: Box<str>,
}

/// A line's place among all: it stays while lines come and go around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Spot(i64, u64);

impl Kept {
    pub(crate) fn spot(&self) -> Spot {
        Spot(self.at, self.number)
    }
}

/// The lines of many sources in the order of their times, and no more than fit.
#[derive(Debug, Default, Clone)]
pub(crate) struct Merge {
    lines: VecDeque<Kept>,
    bytes: usize,
    /// Lines that were let go of because there were too many.
    pub(crate) dropped: u64,
    number: u64,
    /// The last time that each source told.
    last: Vec<i64>,
    filter: String,
    /// How many lines the filter lets through.
    shown: usize,
}

impl Merge {
    /// Takes lines of one source, in its order; each begins with its time when `timed`.
    pub(crate) fn push(&mut self, source: u16, lines: Vec<String>, now: Timestamp) {
        let place = usize::from(source);
        if self.last.len() <= place {
            self.last.resize(place + 1, 0);
        }
        let mut fresh = Vec::with_capacity(lines.len());
        for line in lines {
            let (at, text) = timed(&line);
            // A line without a time follows the one before it.
            let at = at.unwrap_or(self.last[place]).max(self.last[place]);
            let at = if at == 0 { i64::try_from(now.as_nanosecond()).unwrap_or(i64::MAX) } else { at };
            self.last[place] = at;
            self.number += 1;
            self.bytes += text.len();
            let shown = passes(text, &self.filter);
            self.shown += usize::from(shown);
            fresh.push(Kept { at, source, number: self.number, shown, text: text.into() });
        }
        let Some(first) = fresh.first().map(Kept::spot) else { return };
        // What is later than the first of the new ones is woven with them; most often that is nothing.
        let from = self.lines.partition_point(|line| line.spot() < first);
        let later: Vec<Kept> = self.lines.drain(from..).collect();
        let (mut a, mut b) = (later.into_iter().peekable(), fresh.into_iter().peekable());
        while let (Some(x), Some(y)) = (a.peek(), b.peek()) {
            let next = if x.spot() <= y.spot() { a.next() } else { b.next() };
            self.lines.extend(next);
        }
        self.lines.extend(a);
        self.lines.extend(b);
        while self.lines.len() > LINES || self.bytes > BYTES {
            let Some(gone) = self.lines.pop_front() else { break };
            self.bytes -= gone.text.len();
            self.shown -= usize::from(gone.shown);
            self.dropped += 1;
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.lines.len()
    }

    pub(crate) fn get(&self, at: usize) -> Option<&Kept> {
        self.lines.get(at)
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Kept> + ExactSizeIterator {
        self.lines.iter()
    }

    /// Where the line of a spot is now, or the next one after it.
    pub(crate) fn find(&self, spot: Spot) -> usize {
        self.lines.partition_point(|line| line.spot() < spot)
    }

    /// Lets only those through that have this in them; with `!` before it, only the others.
    pub(crate) fn filter_by(&mut self, text: &str) {
        text.clone_into(&mut self.filter);
        self.shown = 0;
        for line in &mut self.lines {
            line.shown = passes(&line.text, text);
            self.shown += usize::from(line.shown);
        }
    }

    pub(crate) fn filter(&self) -> &str {
        &self.filter
    }

    /// How many lines the filter lets through.
    pub(crate) fn shown(&self) -> usize {
        self.shown
    }

    pub(crate) fn clear(&mut self) {
        *self = Self { number: self.number, filter: std::mem::take(&mut self.filter), ..Self::default() };
    }
}

/// Whether a line has a text in it, in any case; after `!`, whether it has not.
pub(crate) fn passes(line: &str, filter: &str) -> bool {
    match filter.strip_prefix('!') {
        Some("") => true,
        Some(unwanted) => !has(line, unwanted),
        None => has(line, filter),
    }
}

/// Whether a line has a text in it, in any case.
pub(crate) fn has(line: &str, wanted: &str) -> bool {
    if wanted.is_empty() {
        return true;
    }
    if line.is_ascii() && wanted.is_ascii() {
        let wanted = wanted.as_bytes();
        return line.as_bytes().windows(wanted.len()).any(|part| part.eq_ignore_ascii_case(wanted));
    }
    line.to_lowercase().contains(&wanted.to_lowercase())
}

/// The time before a line, as nodes write it, and the line.
fn timed(line: &str) -> (Option<i64>, &str) {
    let (time, rest) = line.split_once(' ').unwrap_or((line, ""));
    match parse(time) {
        Some(at) => (Some(at), rest),
        None => (None, line),
    }
}

fn parse(time: &str) -> Option<i64> {
    // Only what looks like a time is tried: most lines have none when it was not asked for.
    if time.len() < 20 || !time.as_bytes()[..4].iter().all(u8::is_ascii_digit) || time.as_bytes()[10] != b'T'
    {
        return None;
    }
    time.parse::<Timestamp>().ok().and_then(|at| i64::try_from(at.as_nanosecond()).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(merge: &Merge) -> Vec<(u16, String)> {
        merge.iter().map(|line| (line.source, line.text.to_string())).collect()
    }

    #[test]
    fn lines_of_two_pods_stand_in_the_order_of_their_times() {
        let mut merge = Merge::default();
        let line = |second: u32, text: &str| format!("2026-01-01T00:00:{second:02}.5Z {text}");
        merge.push(0, vec![line(1, "a1"), line(5, "a5"), line(9, "a9")], Timestamp::UNIX_EPOCH);
        merge.push(
            1,
            vec![line(2, "b2"), "  no time of its own".into(), line(6, "b6")],
            Timestamp::UNIX_EPOCH,
        );
        let found: Vec<_> = texts(&merge).into_iter().map(|(_, text)| text).collect();
        assert_eq!(found, ["a1", "b2", "  no time of its own", "a5", "b6", "a9"]);
        let spot = merge.get(3).unwrap().spot();
        merge.push(1, vec![line(7, "b7")], Timestamp::UNIX_EPOCH);
        merge.push(2, vec![line(0, "c0")], Timestamp::UNIX_EPOCH);
        assert_eq!(&*merge.get(merge.find(spot)).unwrap().text, "a5", "a spot stays on its line");
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        let mut merge = Merge::default();
        for n in 0..12 {
            merge.push(0, (0..10_000).map(|i| format!("{n}.{i}")).collect(), Timestamp::UNIX_EPOCH);
        }
        assert_eq!((merge.len(), merge.dropped), (LINES, 20_000));
        assert_eq!(&*merge.get(0).unwrap().text, "2.0");
        merge.push(0, vec!["x".repeat(BYTES + 1)], Timestamp::UNIX_EPOCH);
        assert!(merge.bytes <= BYTES && merge.dropped > 100_000);
    }

    #[test]
    fn a_filter_is_kept_up_while_lines_come_and_go() {
        let mut merge = Merge::default();
        merge.push(0, vec!["GET /a".into(), "put /b".into()], Timestamp::UNIX_EPOCH);
        merge.filter_by("get");
        merge.push(0, vec!["get /ü".into(), "x".into()], Timestamp::UNIX_EPOCH);
        assert_eq!((merge.shown(), merge.len()), (2, 4));
        merge.filter_by("!get");
        assert_eq!(merge.shown(), 2);
        merge.filter_by("");
        assert_eq!(merge.shown(), 4);
    }

    proptest! {
        #[test]
        fn no_line_is_lost_and_each_source_keeps_its_order(
            batches in prop::collection::vec((0..3_u16, prop::collection::vec(0..60_u32, 1..6)), 0..20),
        ) {
            let (mut merge, mut wanted) = (Merge::default(), vec![Vec::new(); 3]);
            let mut count = 0;
            for (source, seconds) in batches {
                let lines: Vec<String> = seconds.iter().map(|second| {
                    count += 1;
                    wanted[usize::from(source)].push(count.to_string());
                    format!("2026-01-01T00:00:{second:02}Z {count}")
                }).collect();
                merge.push(source, lines, Timestamp::UNIX_EPOCH);
            }
            for source in 0..3_u16 {
                let found: Vec<_> = texts(&merge).into_iter().filter(|(s, _)| *s == source).map(|(_, t)| t).collect();
                prop_assert_eq!(&found, &wanted[usize::from(source)]);
            }
            let times: Vec<_> = merge.iter().map(|line| line.at).collect();
            prop_assert!(times.is_sorted());
        }
    }
}
