//! Sets of indexes, `1,3-5,7`: few words for many numbers.

use std::fmt;

/// Sorted, apart from each other, both ends included.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Indexes(Vec<(i32, i32)>);

impl Indexes {
    /// What the text says below `completions`; what is no number says nothing.
    pub(super) fn parse(text: &str, completions: i32) -> Self {
        let range = |part: &str| {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (first, last) = (first.parse().ok()?, last.parse::<i32>().ok()?.min(completions - 1));
            (0 <= first && first <= last).then_some((first, last))
        };
        Self::of(text.split(',').filter_map(range).collect())
    }

    fn of(mut ranges: Vec<(i32, i32)>) -> Self {
        ranges.sort_unstable();
        let mut all: Vec<(i32, i32)> = Vec::with_capacity(ranges.len());
        for (first, last) in ranges {
            match all.last_mut() {
                Some((_, end)) if first <= end.saturating_add(1) => *end = last.max(*end),
                _ => all.push((first, last)),
            }
        }
        Self(all)
    }

    /// The same with some more.
    #[must_use]
    pub(super) fn with(&self, more: impl IntoIterator<Item = i32>) -> Self {
        let more = more.into_iter().map(|index| (index, index));
        Self::of(self.0.iter().copied().chain(more).collect())
    }

    /// Those in either.
    #[must_use]
    pub(super) fn and(&self, other: &Self) -> Self {
        Self::of(self.0.iter().chain(&other.0).copied().collect())
    }

    pub(super) fn has(&self, index: i32) -> bool {
        let after = self.0.partition_point(|(first, _)| *first <= index);
        after > 0 && self.0[after - 1].1 >= index
    }

    /// How many there are.
    pub(super) fn total(&self) -> i32 {
        self.0.iter().map(|(first, last)| last - first + 1).sum()
    }

    /// How many are in both.
    pub(super) fn common(&self, other: &Self) -> i32 {
        let (mut mine, mut theirs) = (self.0.iter().peekable(), other.0.iter().peekable());
        let mut common = 0;
        while let (Some((a, b)), Some((c, d))) = (mine.peek(), theirs.peek()) {
            common += (b.min(d) - a.max(c) + 1).max(0);
            if b < d {
                mine.next()
            } else {
                theirs.next()
            };
        }
        common
    }

    /// Those below `completions` that are not in it, smallest first.
    pub(super) fn missing(&self, completions: i32) -> impl Iterator<Item = i32> {
        let begins = std::iter::once(0).chain(self.0.iter().map(|(_, last)| last + 1));
        let ends = self.0.iter().map(|(first, _)| *first).chain([completions]);
        begins.zip(ends).flat_map(|(begin, end)| begin..end)
    }
}

impl fmt::Display for Indexes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (first, last)) in self.0.iter().enumerate() {
            let comma = if at > 0 { "," } else { "" };
            match last - first {
                0 => write!(f, "{comma}{first}")?,
                1 => write!(f, "{comma}{first},{last}")?,
                _ => write!(f, "{comma}{first}-{last}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_are_said_in_few_words() {
        for (text, more, expected, total) in [
            ("", vec![], "", 0),
            ("", vec![3], "3", 1),
            ("0,2-4", vec![1], "0-4", 5),
            ("0,2-4", vec![6, 7], "0,2-4,6,7", 6),
            ("1-3,x,8-20,5-4", vec![], "1-3,8,9", 5),
        ] {
            let set = Indexes::parse(text, 10).with(more);
            assert_eq!((set.to_string().as_str(), set.total()), (expected, total), "{text}");
        }
    }

    #[test]
    fn sets_are_asked() {
        let set = Indexes::parse("1-3,7", 10);
        let has: Vec<_> = (0..10).filter(|index| set.has(*index)).collect();
        assert_eq!(has, [1, 2, 3, 7]);
        assert_eq!(set.missing(10).collect::<Vec<_>>(), [0, 4, 5, 6, 8, 9]);
        assert_eq!(Indexes::default().missing(2).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(set.common(&Indexes::parse("0,3-8", 10)), 2);
        assert_eq!(set.and(&Indexes::parse("4", 10)).to_string(), "1-4,7");
    }
}
