use super::{Kept, Merge, Spot};
use std::collections::VecDeque;

/// Where the reader is in the lines: at the end, which it follows, or at a line it stays on.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// The first line shown; `None` follows the end.
    top: Option<Spot>,
}

impl Place {
    pub(crate) fn follows(self) -> bool {
        self.top.is_none()
    }

    /// The lines in a picture of `height` rows, and how many rows of the first are above it; `rows` says how many
    /// rows a line takes.
    pub(crate) fn window(
        self,
        merge: &Merge,
        height: usize,
        rows: &dyn Fn(&Kept) -> usize,
    ) -> (Vec<usize>, usize) {
        let (mut found, mut used) = (VecDeque::new(), 0);
        if let Some(top) = self.top {
            let mut at = merge.find(top);
            while used < height
                && let Some(line) = merge.get(at)
            {
                if line.shown {
                    found.push_back(at);
                    used += rows(line);
                }
                at += 1;
            }
            return (found.into(), 0);
        }
        let mut at = merge.len();
        while used < height && at > 0 {
            at -= 1;
            if let Some(line) = merge.get(at).filter(|line| line.shown) {
                found.push_front(at);
                used += rows(line);
            }
        }
        (found.into(), used.saturating_sub(height))
    }

    /// Moves by so many lines; at the end it follows again.
    pub(crate) fn scroll(&mut self, by: isize, merge: &Merge, height: usize, rows: &dyn Fn(&Kept) -> usize) {
        let end = Self::default().window(merge, height, rows).0.first().copied().unwrap_or(0);
        let from = self.top.map_or(end, |top| merge.find(top));
        let to = step(merge, from, by).min(end);
        self.top = if by > 0 && to >= end { None } else { merge.get(to).map(Kept::spot) };
    }

    /// To the next line, or the one before, that is wanted; says whether there is one.
    pub(crate) fn seek(
        &mut self,
        forward: bool,
        merge: &Merge,
        height: usize,
        rows: &dyn Fn(&Kept) -> usize,
        wanted: &dyn Fn(&Kept) -> bool,
    ) -> bool {
        let first = self.window(merge, height, rows).0.first().copied().unwrap_or(0);
        let fits = |at: &usize| merge.get(*at).is_some_and(|line| line.shown && wanted(line));
        let found = if forward {
            // While it follows, what is on the screen was seen: the search begins anew at the top.
            let from = if self.follows() { 0 } else { first + 1 };
            (from..merge.len()).find(fits).or_else(|| (0..from.min(merge.len())).find(fits))
        } else {
            (0..first).rev().find(fits).or_else(|| (first..merge.len()).rev().find(fits))
        };
        if let Some(line) = found.and_then(|at| merge.get(at)) {
            self.top = Some(line.spot());
        }
        found.is_some()
    }
}

/// So many shown lines further, or as far as there are.
fn step(merge: &Merge, from: usize, by: isize) -> usize {
    let (mut at, mut left) = (from, by.unsigned_abs());
    // Whoever goes to an end does not count the lines on the way.
    if left > merge.len() {
        return if by < 0 { 0 } else { merge.len() };
    }
    while left > 0 {
        let next = if by < 0 { at.checked_sub(1) } else { Some(at + 1).filter(|at| *at < merge.len()) };
        let Some(next) = next else { return if by < 0 { at } else { merge.len() } };
        at = next;
        left -= usize::from(merge.get(at).is_some_and(|line| line.shown));
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared_api::Timestamp;

    fn merge(count: usize) -> Merge {
        let mut merge = Merge::default();
        merge.push(0, (0..count).map(|n| format!("line {n}")).collect(), Timestamp::UNIX_EPOCH);
        merge
    }

    fn seen(place: Place, merge: &Merge, height: usize) -> Vec<String> {
        place
            .window(merge, height, &|_| 1)
            .0
            .iter()
            .map(|at| merge.get(*at).unwrap().text.to_string())
            .collect()
    }

    #[test]
    fn following_stops_when_scrolled_up_and_starts_again_at_the_end() {
        let (mut merge, mut place) = (merge(10), Place::default());
        assert_eq!(seen(place, &merge, 3), ["line 7", "line 8", "line 9"]);
        place.scroll(-1, &merge, 3, &|_| 1);
        merge.push(0, vec!["line 10".into()], Timestamp::UNIX_EPOCH);
        assert_eq!(seen(place, &merge, 3), ["line 6", "line 7", "line 8"]);
        place.scroll(5, &merge, 3, &|_| 1);
        assert!(place.follows());
        place.scroll(isize::MIN / 2, &merge, 3, &|_| 1);
        assert_eq!(seen(place, &merge, 2), ["line 0", "line 1"]);
    }

    #[test]
    fn a_search_goes_on_and_comes_round_and_skips_what_is_hidden() {
        let (mut merge, mut place) = (merge(30), Place::default());
        let wanted = |line: &Kept| line.text.ends_with('3');
        for expected in ["line 3", "line 13", "line 23", "line 3"] {
            assert!(place.seek(true, &merge, 3, &|_| 1, &wanted));
            assert_eq!(seen(place, &merge, 1), [expected]);
        }
        assert!(place.seek(false, &merge, 3, &|_| 1, &wanted));
        assert_eq!(seen(place, &merge, 1), ["line 23"]);
        merge.filter_by("!line 13");
        assert!(place.seek(false, &merge, 3, &|_| 1, &wanted));
        assert_eq!(seen(place, &merge, 1), ["line 3"]);
        assert!(!place.seek(true, &merge, 3, &|_| 1, &|_| false));
    }

    #[test]
    fn long_lines_take_several_rows() {
        let merge = merge(5);
        let (lines, above) = Place::default().window(&merge, 3, &|_| 2);
        assert_eq!((lines, above), (vec![3, 4], 1));
    }
}
