//! Two texts, and the lines in which they differ.

use similar::TextDiff;

/// The lines that differ, each with a few around it: `-` was, `+` is. Empty when nothing does.
pub(crate) fn lines(before: &str, after: &str, from: &str, to: &str) -> String {
    if before == after {
        return String::new();
    }
    let diff = TextDiff::from_lines(before, after);
    let text = diff.unified_diff().context_radius(3).header(from, to).to_string();
    crate::neutral(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_stands_among_what_does_not() {
        let text = lines("a\nb\nc\nd\ne\nf\n", "a\nb\nc\nx\u{1b}[2J\ne\nf\n", "then", "now");
        assert_eq!(text, "--- then\n+++ now\n@@ -1,6 +1,6 @@\n a\n b\n c\n-d\n+x␛[2J\n e\n f\n");
        assert_eq!(lines("a\n", "a\n", "then", "now"), "");
    }
}
