//! Cuts a stream of bytes into records: one a line, long lines into pieces.

use crate::logs::{Source, line, time};

/// Longest text of one record, as CRI has it.
const LONGEST: usize = 16 << 10;

/// Cuts one stream.
pub(super) struct Splitter {
    source: Source,
    at_once: bool,
    rest: Vec<u8>,
}

impl Splitter {
    /// `at_once`: what has no line feed yet is written too, as a partial record.
    pub(super) fn new(source: Source, at_once: bool) -> Self {
        Self { source, at_once, rest: Vec::new() }
    }

    /// Writes the records that `bytes` complete; how many.
    pub(super) fn split(&mut self, mut bytes: &[u8], out: &mut Vec<u8>) -> u64 {
        let now = time::format(time::now());
        let mut records = 0;
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            records += self.pieces(&bytes[..end], &now, out);
            line::write(out, &now, self.source, false, &self.rest);
            self.rest.clear();
            records += 1;
            bytes = &bytes[end + 1..];
        }
        records += self.pieces(bytes, &now, out);
        if self.at_once && !self.rest.is_empty() {
            line::write(out, &now, self.source, true, &self.rest);
            self.rest.clear();
            records += 1;
        }
        records
    }

    /// Writes what the stream left without a line feed.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) -> u64 {
        if self.rest.is_empty() {
            return 0;
        }
        line::write(out, &time::format(time::now()), self.source, true, &self.rest);
        self.rest.clear();
        1
    }

    /// Takes in text without a line feed; whole pieces of it are written.
    fn pieces(&mut self, mut text: &[u8], now: &str, out: &mut Vec<u8>) -> u64 {
        let mut records = 0;
        while self.rest.len() + text.len() > LONGEST {
            let (now_part, later) = text.split_at(LONGEST - self.rest.len());
            self.rest.extend_from_slice(now_part);
            line::write(out, now, self.source, true, &self.rest);
            self.rest.clear();
            records += 1;
            text = later;
        }
        self.rest.extend_from_slice(text);
        records
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(at_once: bool, reads: &[&[u8]], expected: &[(&str, usize)]) {
        let mut splitter = Splitter::new(Source::Stdout, at_once);
        let mut out = Vec::new();
        let mut counted = 0;
        for read in reads {
            counted += splitter.split(read, &mut out);
        }
        counted += splitter.finish(&mut out);
        let lines = out.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let found: Vec<_> = lines
            .map(|line| line::parse(line).unwrap())
            .map(|record| (if record.partial { "P" } else { "F" }, record.text.len()))
            .collect();
        assert_eq!(found, expected);
        assert_eq!(counted, expected.len() as u64);
    }

    #[test]
    fn cuts_lines_and_long_lines() {
        check(false, &[b"a\nbc\n"], &[("F", 1), ("F", 2)]);
        check(false, &[b"a", b"b", b"\n\n"], &[("F", 2), ("F", 0)]);
        check(false, &[b"ab"], &[("P", 2)]);
        let long = vec![b'x'; LONGEST + 1];
        check(false, &[&long, b"\n"], &[("P", LONGEST), ("F", 1)]);
        check(false, &[&long[1..], b"\n"], &[("F", LONGEST)]);
        check(true, &[b"/ # ", b"ls\n"], &[("P", 4), ("F", 2)]);
    }
}
