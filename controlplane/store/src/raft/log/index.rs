//! Where each entry of the log is: in memory, in a file, or both. Pure.

use crate::raft::types::{Entry, LogId, Vote};
use crate::raft::wal::Place;
use std::collections::VecDeque;

/// Entries of about this many bytes stay in memory; what has been applied is seldom read again.
const MEMORY: usize = 4 << 20;

#[derive(Debug)]
struct Slot {
    id: LogId,
    size: usize,
    place: Option<Place>,
    entry: Option<Box<Entry>>,
}

/// An entry, or where to read it.
#[derive(Debug)]
pub(super) enum Held {
    Here(Entry),
    There { index: u64, place: Place },
}

/// The log's entries after `purged`, without a gap.
#[derive(Debug, Default)]
pub(super) struct Index {
    pub(super) vote: Option<Vote>,
    pub(super) purged: Option<LogId>,
    slots: VecDeque<Slot>,
    /// Slots before this one have left memory.
    left: usize,
    bytes: usize,
}

impl Index {
    pub(super) fn last(&self) -> Option<LogId> {
        self.slots.back().map(|slot| slot.id).or(self.purged)
    }

    pub(super) fn is_pristine(&self) -> bool {
        self.vote.is_none() && self.last().is_none()
    }

    /// Adds the next entry.
    pub(super) fn push(&mut self, entry: Entry, size: usize) -> Result<(), String> {
        let id = entry.log_id;
        if let Some(last) = self.slots.back().map(|slot| slot.id.index)
            && id.index != last + 1
        {
            return Err(format!("entry {} follows entry {last}", id.index));
        }
        self.bytes += size;
        self.slots.push_back(Slot { id, size, place: None, entry: Some(Box::new(entry)) });
        Ok(())
    }

    /// Entries have been written here; the oldest in memory may leave it.
    pub(super) fn placed(&mut self, first: u64, count: usize, place: Place) {
        let at = self.position(first);
        for slot in self.slots.iter_mut().skip(at).take(count).filter(|slot| slot.id.index >= first) {
            slot.place = Some(place);
        }
        while self.bytes > MEMORY
            && let Some(slot) = self.slots.get_mut(self.left)
            && slot.place.is_some()
        {
            slot.entry = None;
            self.bytes -= slot.size;
            self.left += 1;
        }
    }

    /// Everything without a place was written here.
    pub(super) fn placed_all(&mut self, place: Place) {
        let count = self.slots.iter().rev().take_while(|slot| slot.place.is_none()).count();
        if let Some(slot) = self.slots.get(self.slots.len() - count) {
            self.placed(slot.id.index, count, place);
        }
    }

    pub(super) fn get(&self, start: u64, end: u64) -> Vec<Held> {
        let wanted = self.slots.iter().skip(self.position(start)).take_while(|slot| slot.id.index < end);
        let held = |slot: &Slot| match (&slot.entry, slot.place) {
            (Some(entry), _) => Some(Held::Here(Entry::clone(entry))),
            (None, Some(place)) => Some(Held::There { index: slot.id.index, place }),
            (None, None) => None,
        };
        wanted.filter_map(held).collect()
    }

    /// Removes entries from `since` on.
    pub(super) fn truncate(&mut self, since: u64) {
        for slot in self.slots.drain(self.position(since)..) {
            self.bytes -= if slot.entry.is_some() { slot.size } else { 0 };
        }
        self.left = self.left.min(self.slots.len());
    }

    /// Removes entries up to this one.
    pub(super) fn purge(&mut self, upto: Option<LogId>) {
        let Some(upto) = upto else { return };
        let gone = self.position(upto.index.saturating_add(1));
        for slot in self.slots.drain(..gone) {
            self.bytes -= if slot.entry.is_some() { slot.size } else { 0 };
        }
        self.left = self.left.saturating_sub(gone);
        self.purged = self.purged.max(Some(upto));
    }

    /// The oldest file that holds an entry still in the log.
    pub(super) fn oldest_segment(&self) -> Option<u64> {
        self.slots.iter().find_map(|slot| slot.place).map(|place| place.segment)
    }

    /// Says what is missing between what was purged and the first entry.
    pub(super) fn check(&self) -> Result<(), String> {
        let (Some(first), next) = (self.slots.front(), self.purged.map_or(0, |id| id.index + 1)) else {
            return Ok(());
        };
        if first.id.index == next {
            return Ok(());
        }
        Err(format!("the log begins with entry {}, but should with {next}", first.id.index))
    }

    fn position(&self, index: u64) -> usize {
        let first = self.slots.front().map_or(index, |slot| slot.id.index);
        usize::try_from(index.saturating_sub(first)).unwrap_or(usize::MAX).min(self.slots.len())
    }
}
