//! Hostile text: names, messages and annotations may carry escape sequences; a terminal must not obey them.

use std::borrow::Cow;

/// `text` with control characters made visible: `\x1b` becomes `␛`. Tabs and line feeds stay.
pub fn neutral(text: &str) -> Cow<'_, str> {
    let hostile = |c: char| {
        (c.is_control() && c != '\n' && c != '\t')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(hostile) {
        return Cow::Borrowed(text);
    }
    let show = |c: char| match c {
        c if !hostile(c) => c,
        c if u32::from(c) < 0x20 => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        _ => '\u{fffd}',
    };
    Cow::Owned(text.chars().map(show).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_shown_not_obeyed() {
        assert_eq!(neutral("a\x1b[2Jb"), "a␛[2Jb");
        assert_eq!(neutral("a\u{9b}1m"), "a\u{fffd}1m");
        assert_eq!(neutral("plain\tü\n"), "plain\tü\n");
    }
}
