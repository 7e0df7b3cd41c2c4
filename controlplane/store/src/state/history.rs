//! The recent past: what each revision changed, kept within bounds of count, bytes and age.

use crate::{Change, Error, Moment, Result, Revision};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How much of the past is kept. Whichever bound is met first holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// At most so many revisions.
    pub revisions: usize,
    /// At most so many bytes of keys and values, new and previous.
    pub bytes: usize,
    /// Not older than this.
    pub age: Duration,
}

impl Default for Window {
    /// Ten minutes, 50,000 revisions, 16 MiB.
    fn default() -> Self {
        Self { revisions: 50_000, bytes: 16 << 20, age: Duration::from_mins(10) }
    }
}

/// What a revision changes, while it is being applied.
#[derive(Debug)]
pub(crate) struct Draft {
    when: Instant,
    bytes: usize,
    changes: Vec<Change>,
    before: Vec<Option<Revision>>,
}

impl Draft {
    pub(crate) fn at(when: Instant) -> Self {
        Self { when, bytes: 0, changes: Vec::new(), before: Vec::new() }
    }

    pub(crate) fn push(&mut self, change: Change, before: Option<Revision>) {
        // A change costs about this much beside its bytes.
        const OVERHEAD: usize = 160;
        self.bytes += OVERHEAD + change.key.len() + change.value.len();
        self.bytes += change.previous.as_ref().map_or(0, bytes::Bytes::len);
        self.changes.push(change);
        self.before.push(before);
    }
}

/// What one revision changed.
#[derive(Debug)]
pub(crate) struct Past {
    when: Instant,
    bytes: usize,
    /// Shared by everyone who reads them.
    pub(crate) changes: Arc<[Change]>,
    /// Beside each change: when the key had been written before.
    before: Box<[Option<Revision>]>,
}

impl Past {
    pub(crate) fn changes_with_before(&self) -> impl DoubleEndedIterator<Item = (&Change, Option<Revision>)> {
        self.changes.iter().zip(self.before.iter().copied())
    }
}

/// One [`Past`] for every revision after `floor`, without a gap.
#[derive(Debug)]
pub(crate) struct History {
    window: Window,
    floor: Revision,
    /// Since when things were as they are told of the floor.
    begun: Instant,
    bytes: usize,
    past: VecDeque<Past>,
}

impl History {
    pub(crate) fn new(window: Window, floor: Revision, now: Instant) -> Self {
        Self { window, floor, begun: now, bytes: 0, past: VecDeque::new() }
    }

    /// The oldest revision at which things can still be told.
    #[cfg(test)]
    pub(crate) fn oldest(&self) -> Revision {
        self.floor
    }

    /// How many revisions are kept, and their bytes.
    pub(crate) fn size(&self) -> (usize, usize) {
        (self.past.len(), self.bytes)
    }

    /// How things can be told of the moment so long before `now`.
    pub(crate) fn moment(&self, ago: Duration, now: Instant) -> Moment {
        let reach = now.saturating_duration_since(self.begun);
        let age = |past: &Past| now.saturating_duration_since(past.when);
        let before = self.past.partition_point(|past| age(past) >= ago);
        let revision = (ago <= reach).then(|| self.floor + before as Revision);
        Moment { revision, oldest: self.floor, newest: self.floor + self.past.len() as Revision, reach }
    }

    /// Adds what the next revision changed, and lets go of what no longer fits.
    pub(crate) fn push(&mut self, draft: Draft) {
        let Draft { when: now, bytes, changes, before } = draft;
        self.bytes += bytes;
        self.past.push_back(Past { when: now, bytes, changes: changes.into(), before: before.into() });
        while let Some(oldest) = self.past.front()
            && (self.past.len() > self.window.revisions
                || self.bytes > self.window.bytes
                || now.saturating_duration_since(oldest.when) > self.window.age)
        {
            self.bytes -= oldest.bytes;
            self.begun = oldest.when;
            self.past.pop_front();
            self.floor += 1;
        }
    }

    /// What happened after revision `from`, oldest first.
    pub(crate) fn since(
        &self,
        from: Revision,
        newest: Revision,
    ) -> Result<impl DoubleEndedIterator<Item = &Past>> {
        if from > newest {
            return Err(Error::Future { asked: from, newest });
        }
        if from < self.floor {
            return Err(Error::Compacted { asked: from, oldest: self.floor });
        }
        let skip = usize::try_from(from - self.floor).unwrap_or(usize::MAX).min(self.past.len());
        Ok(self.past.range(skip..))
    }
}
