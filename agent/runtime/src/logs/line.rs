//! One record of a log: `<time> <stdout|stderr> <F|P> <text>`.

use super::Source;

/// A record, borrowed from the line it stands on (which ends before its line feed).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Record<'a> {
    /// When, as text that sorts.
    pub(crate) time: &'a str,
    /// Which stream wrote it.
    pub(crate) source: Source,
    /// The text goes on in the stream's next record.
    pub(crate) partial: bool,
    /// What was written.
    pub(crate) text: &'a [u8],
}

/// Reads one record; `None` when the line is not one.
pub(crate) fn parse(line: &[u8]) -> Option<Record<'_>> {
    let mut parts = line.splitn(4, |byte| *byte == b' ');
    let time = std::str::from_utf8(parts.next()?).ok()?;
    let source = match parts.next()? {
        b"stdout" => Source::Stdout,
        b"stderr" => Source::Stderr,
        _ => return None,
    };
    // A tag may carry more after a colon; only the first word is defined.
    let partial = match parts.next()?.first()? {
        b'F' => false,
        b'P' => true,
        _ => return None,
    };
    (time.len() >= 20).then_some(Record { time, source, partial, text: parts.next().unwrap_or_default() })
}

/// Writes one record.
pub(crate) fn write(into: &mut Vec<u8>, time: &str, source: Source, partial: bool, text: &[u8]) {
    into.extend_from_slice(time.as_bytes());
    into.extend_from_slice(if source == Source::Stdout { b" stdout " } else { b" stderr " });
    into.extend_from_slice(if partial { b"P " } else { b"F " });
    into.extend_from_slice(text);
    into.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        for (source, partial, text) in [
            (Source::Stdout, false, &b"a b  c"[..]),
            (Source::Stderr, true, b""),
            (Source::Stdout, false, b" \xff"),
        ] {
            let mut line = Vec::new();
            write(&mut line, "2006-01-02T15:04:05.000000000Z", source, partial, text);
            assert_eq!(line.pop(), Some(b'\n'));
            let record = parse(&line).unwrap();
            assert_eq!((record.source, record.partial, record.text), (source, partial, text));
        }
    }

    #[test]
    fn what_is_no_record_is_none() {
        for line in
            ["", "x", "2006-01-02T15:04:05.0Z stdlog F x", "2006-01-02T15:04:05Z stdout X y", "a b c d"]
        {
            assert_eq!(parse(line.as_bytes()), None, "{line}");
        }
        assert_eq!(parse(b"2006-01-02T15:04:05Z stdout F").unwrap().text, b"");
    }
}
