//! The state machine: keys, their values, and which revision wrote them. Pure; the heart of the store.

mod history;
#[cfg(test)]
mod tests;

pub use history::Window;
pub(crate) use history::{Draft, History};

use crate::{Change, Check, Entry, Error, Op, Page, Range, Result, Revision, Txn, Value};
use bytes::{Bytes, BytesMut};
use std::collections::BTreeMap;
use std::ops::Bound;
use std::time::Instant;

/// A value and when it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) revision: Revision,
    pub(crate) value: Bytes,
}

/// A check that did not hold: its key and what the key is instead.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Conflict {
    pub(crate) key: Bytes,
    pub(crate) entry: Option<Entry>,
}

impl From<Conflict> for Error {
    fn from(conflict: Conflict) -> Self {
        Self::Conflict(Box::new((conflict.key, conflict.entry)))
    }
}

/// Every key as it is now, and the recent past.
#[derive(Debug)]
pub(crate) struct State {
    entries: BTreeMap<Bytes, Stored>,
    revision: Revision,
    sum: u64,
    /// Of all keys and values.
    bytes: usize,
    history: History,
}

impl State {
    /// No key, revision 0.
    pub(crate) fn new(window: Window, now: Instant) -> Self {
        Self::with(window, BTreeMap::new(), 0, now)
    }

    /// Keys that were written down earlier. Their history is gone.
    pub(crate) fn with(
        window: Window,
        entries: BTreeMap<Bytes, Stored>,
        revision: Revision,
        now: Instant,
    ) -> Self {
        let sum = sum(&entries);
        let bytes = entries.iter().map(|(key, stored)| key.len() + stored.value.len()).sum();
        Self { entries, revision, sum, bytes, history: History::new(window, revision, now) }
    }

    /// Every key.
    pub(crate) fn entries(&self) -> &BTreeMap<Bytes, Stored> {
        &self.entries
    }

    /// The newest revision.
    pub(crate) fn revision(&self) -> Revision {
        self.revision
    }

    /// Changes when anything stored does; says whether a written copy is the same.
    pub(crate) fn sum(&self) -> u64 {
        self.sum
    }

    /// How many bytes all keys and values have.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// What changed lately.
    pub(crate) fn history(&self) -> &History {
        &self.history
    }

    /// Makes a transaction happen at the next revision, or says which check did not hold and changes
    /// nothing. `now` dates it for the history window and decides nothing else.
    pub(crate) fn apply(&mut self, txn: &Txn, now: Instant) -> Result<Revision, Conflict> {
        for check in &txn.checks {
            self.check(check)?;
        }
        self.revision += 1;
        let mut draft = Draft::at(now);
        for op in &txn.ops {
            match op {
                Op::Put { key, value } => self.put(key, value, &mut draft),
                Op::Delete { key, last } => self.delete(key, last.as_ref(), &mut draft),
            }
        }
        self.history.push(draft);
        Ok(self.revision)
    }

    fn check(&self, check: &Check) -> Result<(), Conflict> {
        let stored = self.entries.get(&check.key);
        if stored.map(|stored| stored.revision) == check.revision {
            return Ok(());
        }
        Err(Conflict { key: check.key.clone(), entry: stored.map(|stored| entry(&check.key, stored)) })
    }

    fn put(&mut self, key: &Bytes, value: &Value, draft: &mut Draft) {
        let stored = Stored { revision: self.revision, value: fill(value, self.revision) };
        self.sum = self.sum.wrapping_add(fingerprint(key, &stored));
        self.bytes += key.len() + stored.value.len();
        let value = stored.value.clone();
        let before = self.entries.insert(key.clone(), stored);
        self.forget(key, before.as_ref());
        self.record(key, value, before, false, draft);
    }

    fn delete(&mut self, key: &Bytes, last: Option<&Value>, draft: &mut Draft) {
        let Some(before) = self.entries.remove(key) else { return };
        self.forget(key, Some(&before));
        let value = last.map_or_else(|| before.value.clone(), |last| fill(last, self.revision));
        self.record(key, value, Some(before), true, draft);
    }

    fn forget(&mut self, key: &Bytes, before: Option<&Stored>) {
        if let Some(before) = before {
            self.sum = self.sum.wrapping_sub(fingerprint(key, before));
            self.bytes -= key.len() + before.value.len();
        }
    }

    fn record(&self, key: &Bytes, value: Bytes, before: Option<Stored>, deleted: bool, draft: &mut Draft) {
        let (written, previous) = match before {
            Some(before) => (Some(before.revision), Some(before.value)),
            None => (None, None),
        };
        draft.push(Change { revision: self.revision, key: key.clone(), value, previous, deleted }, written);
    }

    /// One key as it is now.
    pub(crate) fn get(&self, key: &[u8]) -> Option<Entry> {
        self.entries.get_key_value(key).map(|(key, stored)| entry(key, stored))
    }

    /// Many keys, as they were at one revision.
    pub(crate) fn range(&self, range: &Range) -> Result<Page> {
        let at = range.at.unwrap_or(self.revision);
        let since = self.history.since(at, self.revision)?;
        // Walking back, the oldest change after `at` is met last and says what the key was then.
        let mut then: BTreeMap<&Bytes, Option<Stored>> = BTreeMap::new();
        for past in since.rev() {
            for (change, before) in past.changes_with_before().rev() {
                if wanted(range, &change.key) {
                    let stored = before.zip(change.previous.clone());
                    then.insert(&change.key, stored.map(|(revision, value)| Stored { revision, value }));
                }
            }
        }
        Ok(page(range, at, self.matching(range), then))
    }

    fn matching<'a>(&'a self, range: &'a Range) -> impl Iterator<Item = (&'a Bytes, &'a Stored)> {
        let from = match &range.after {
            Some(after) if *after >= range.prefix => Bound::Excluded(after),
            _ => Bound::Included(&range.prefix),
        };
        self.entries
            .range::<Bytes, _>((from, Bound::Unbounded))
            .take_while(|(key, _)| key.starts_with(&range.prefix))
    }
}

fn wanted(range: &Range, key: &Bytes) -> bool {
    key.starts_with(&range.prefix) && range.after.as_ref().is_none_or(|after| key > after)
}

/// Merges keys as they are with what differed then, in key order.
fn page<'a>(
    range: &Range,
    at: Revision,
    now: impl Iterator<Item = (&'a Bytes, &'a Stored)>,
    then: BTreeMap<&'a Bytes, Option<Stored>>,
) -> Page {
    let limit = if range.limit == 0 { usize::MAX } else { range.limit };
    let mut page = Page { entries: Vec::new(), revision: at, more: false, left: 0 };
    let (mut now, mut then) = (now.peekable(), then.into_iter().peekable());
    loop {
        let next_now = now.peek().map(|(key, _)| *key);
        let next_then = then.peek().map(|(key, _)| *key);
        let earlier = match (next_now, next_then) {
            (None, None) => return page,
            (Some(now), Some(then)) => then <= now,
            (None, Some(_)) => true,
            (Some(_), None) => false,
        };
        let full = page.entries.len() == limit;
        let found = if earlier {
            if next_now == next_then {
                now.next();
            }
            then.next().and_then(|(key, stored)| stored.map(|stored| (!full).then(|| entry(key, &stored))))
        } else {
            now.next().map(|(key, stored)| (!full).then(|| entry(key, stored)))
        };
        match found {
            None => {}
            Some(Some(entry)) => page.entries.push(entry),
            Some(None) => {
                page.more = true;
                page.left += 1;
                if !range.count {
                    return page;
                }
            }
        }
    }
}

fn entry(key: &Bytes, stored: &Stored) -> Entry {
    Entry { key: key.clone(), value: stored.value.clone(), revision: stored.revision }
}

/// Writes the digits of the revision into the hole. A hole past the end is at the end.
fn fill(value: &Value, revision: Revision) -> Bytes {
    let Some(hole) = value.hole else { return value.bytes.clone() };
    let hole = usize::try_from(hole).unwrap_or(usize::MAX).min(value.bytes.len());
    let digits = revision.to_string();
    let mut filled = BytesMut::with_capacity(value.bytes.len() + digits.len());
    filled.extend_from_slice(&value.bytes[..hole]);
    filled.extend_from_slice(digits.as_bytes());
    filled.extend_from_slice(&value.bytes[hole..]);
    filled.freeze()
}

/// Says whether two copies are the same.
pub(crate) fn sum(entries: &BTreeMap<Bytes, Stored>) -> u64 {
    entries.iter().fold(0, |sum, (key, stored)| sum.wrapping_add(fingerprint(key, stored)))
}

fn fingerprint(key: &Bytes, stored: &Stored) -> u64 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(key);
    let key = hasher.clone().finalize();
    hasher.update(&stored.revision.to_be_bytes());
    hasher.update(&stored.value);
    (u64::from(key) << 32) | u64::from(hasher.finalize())
}
