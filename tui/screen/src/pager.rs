//! Lines to scroll through: logs that grow at the end, or a text that stays.

use ratatui::text::Span;
use std::{collections::VecDeque, ops::Range};

/// How many lines are kept.
pub(crate) const KEPT: usize = 50_000;

/// Lines, and where the reader is in them.
#[derive(Debug, Default, Clone)]
pub(crate) struct Pager {
    pub(crate) lines: VecDeque<String>,
    /// How many lines were dropped at the front: line numbers never change.
    pub(crate) dropped: u64,
    /// The number of the first line shown; `None` follows the end.
    pub(crate) top: Option<u64>,
    pub(crate) wrap: bool,
    /// Only lines with this in them.
    pub(crate) filter: String,
}

impl Pager {
    /// A text, read from its beginning.
    pub(crate) fn of(text: &str) -> Self {
        let mut pager = Self { top: Some(0), ..Self::default() };
        pager.push(text.lines().map(tidy).collect());
        pager
    }

    pub(crate) fn push(&mut self, lines: Vec<String>) {
        self.lines.extend(lines);
        let extra = self.lines.len().saturating_sub(KEPT);
        self.lines.drain(..extra);
        self.dropped += extra as u64;
    }

    pub(crate) fn len(&self) -> usize {
        self.lines.len()
    }

    /// The places of the lines that the filter lets through.
    fn shown(&self) -> Vec<usize> {
        let wanted = self.filter.to_lowercase();
        let all = self.lines.iter().enumerate();
        all.filter(|(_, l)| wanted.is_empty() || l.to_lowercase().contains(&wanted)).map(|(i, _)| i).collect()
    }

    /// All lines that the filter lets through.
    pub(crate) fn text(&self) -> String {
        self.shown().into_iter().flat_map(|at| [&*self.lines[at], "\n"]).collect()
    }

    pub(crate) fn shown_len(&self) -> usize {
        if self.filter.is_empty() { self.lines.len() } else { self.shown().len() }
    }

    /// The rows of the picture, and the number of the first line in it.
    pub(crate) fn window(&self, width: u16, height: u16) -> (Vec<&str>, u64) {
        let (width, height) = (usize::from(width.max(1)), usize::from(height));
        let shown = self.shown();
        let mut rows: VecDeque<&str> = VecDeque::new();
        let number = |at: usize| shown.get(at).map_or(0, |i| *i as u64 + self.dropped);
        if let Some(top) = self.top {
            let first = shown.partition_point(|i| (*i as u64 + self.dropped) < top);
            for i in &shown[first..] {
                if rows.len() >= height {
                    break;
                }
                rows.extend(self.pieces(*i, width));
            }
            rows.truncate(height);
            return (rows.into(), number(first));
        }
        let mut first = shown.len();
        while first > 0 && rows.len() < height {
            first -= 1;
            for piece in self.pieces(shown[first], width).into_iter().rev() {
                rows.push_front(piece);
            }
        }
        let extra = rows.len().saturating_sub(height);
        rows.drain(..extra);
        (rows.into(), number(first))
    }

    fn pieces(&self, line: usize, width: usize) -> Vec<&str> {
        let line = &self.lines[line];
        if self.wrap { wrap(line, width).into_iter().map(|r| &line[r]).collect() } else { vec![line] }
    }

    /// Moves by so many lines; at the end it follows again when `follow` allows.
    pub(crate) fn scroll(&mut self, by: isize, width: u16, height: u16, follow: bool) {
        let shown = self.shown();
        let first = self.window(width, height).1;
        let at = shown.partition_point(|i| (*i as u64 + self.dropped) < first);
        let end = self.end(&shown, width, height);
        let to = at.saturating_add_signed(by).min(end);
        self.top = if follow && to == end && by > 0 {
            None
        } else {
            Some(shown.get(to).map_or(0, |i| *i as u64 + self.dropped))
        };
    }

    /// The place of the first line shown when the last one is at the bottom.
    fn end(&self, shown: &[usize], width: u16, height: u16) -> usize {
        let (mut rows, mut first) = (0, shown.len());
        while first > 0 {
            rows += self.pieces(shown[first - 1], usize::from(width.max(1))).len();
            if rows > usize::from(height) {
                break;
            }
            first -= 1;
        }
        first.min(shown.len().saturating_sub(1))
    }
}

/// A line that a terminal shows and never obeys.
pub(crate) fn tidy(line: &str) -> String {
    tui_commands::neutral(line.trim_end_matches('\r')).replace('\t', "    ").replace('\n', " ")
}

/// How many columns a text takes.
pub(crate) fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { Span::raw(text).width() }
}

/// Cuts a line into pieces of at most `width` columns.
pub(crate) fn wrap(line: &str, limit: usize) -> Vec<Range<usize>> {
    let (mut pieces, mut from, mut used) = (Vec::new(), 0, 0);
    for (at, c) in line.char_indices() {
        let w = width(c.encode_utf8(&mut [0; 4]));
        if used + w > limit && at > from {
            pieces.push(from..at);
            (from, used) = (at, 0);
        }
        used += w;
    }
    pieces.push(from..line.len());
    pieces
}

/// `text` in exactly `columns` columns: cut with `…`, or filled up.
pub(crate) fn fit(text: &str, columns: usize) -> String {
    let has = width(text);
    if has <= columns {
        return format!("{text}{}", " ".repeat(columns - has));
    }
    let (mut cut, mut used) = (String::new(), 0);
    for c in text.chars() {
        let w = width(c.encode_utf8(&mut [0; 4]));
        if used + w + 1 > columns {
            break;
        }
        used += w;
        cut.push(c);
    }
    if columns > 0 {
        cut.push('…');
        used += 1;
    }
    cut + &" ".repeat(columns.saturating_sub(used))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(n: usize) -> Vec<String> {
        (0..n).map(|i| format!("line {i}")).collect()
    }

    #[test]
    fn following_stops_when_scrolled_up_and_starts_again_at_the_end() {
        let mut pager = Pager::default();
        pager.push(lines(10));
        assert_eq!(pager.window(80, 3).0, ["line 7", "line 8", "line 9"]);
        pager.scroll(-1, 80, 3, true);
        pager.push(lines(1));
        assert_eq!(pager.window(80, 3).0, ["line 6", "line 7", "line 8"]);
        pager.scroll(5, 80, 3, true);
        assert_eq!(pager.top, None);
        assert_eq!(pager.window(80, 3).0, ["line 8", "line 9", "line 0"]);
    }

    #[test]
    fn what_is_dropped_is_counted_and_the_reader_stays() {
        let mut pager = Pager::default();
        pager.push(lines(KEPT));
        pager.top = Some(100);
        pager.push(lines(50));
        assert_eq!((pager.dropped, pager.len()), (50, KEPT));
        assert_eq!(pager.window(80, 1).0, ["line 100"]);
    }

    #[test]
    fn a_filter_and_wrapping_go_together() {
        let mut pager = Pager { wrap: true, filter: "WEB".into(), ..Pager::default() };
        pager.push(vec!["web-123".into(), "db".into(), "宽宽web".into()]);
        assert_eq!(pager.window(4, 9).0, ["web-", "123", "宽宽", "web"]);
        assert_eq!(pager.shown_len(), 2);
    }

    #[test]
    fn a_text_is_fitted_by_columns() {
        assert_eq!(fit("abc", 5), "abc  ");
        assert_eq!(fit("abcdef", 4), "abc…");
        assert_eq!(fit("宽宽宽", 4), "宽… ");
        assert_eq!(fit("abc", 0), "");
    }
}
