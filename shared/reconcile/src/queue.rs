//! Which keys are to be looked at, and when.

use shared_api::{Key, Revision};
use std::{
    collections::{BTreeSet, HashMap, HashSet, VecDeque},
    time::Duration,
};
use tokio::time::Instant;

/// How an attempt at a key ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Everything was done.
    Done,
    /// Somebody was faster: look again in a moment.
    Overtaken,
    /// The cluster said no: look again, later each time.
    Refused,
}

/// Keys to look at, each at most once at a time.
///
/// A key is looked at again only once the world shows what was last done about it, so nothing is done
/// twice for not having been seen.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    due: VecDeque<Key>,
    queued: HashSet<Key>,
    busy: HashSet<Key>,
    again: HashSet<Key>,
    wrote: HashMap<Key, Revision>,
    waiting: BTreeSet<(Revision, Key)>,
    timers: BTreeSet<(Instant, Key)>,
    attempts: HashMap<Key, u32>,
    revision: Revision,
    alone: bool,
}

impl Queue {
    /// An empty queue; `alone` hands out one key at a time and waits for its writes to be seen.
    pub(crate) fn new(alone: bool) -> Self {
        Self { alone, ..Self::default() }
    }

    /// A key is to be looked at.
    pub(crate) fn add(&mut self, key: Key) {
        if self.busy.contains(&key) {
            self.again.insert(key);
        } else if self.queued.insert(key.clone()) {
            self.due.push_back(key);
        }
    }

    /// The world now shows this revision.
    pub(crate) fn observed(&mut self, revision: Revision) {
        if revision < self.revision {
            // History went back: what was written is not coming.
            self.wrote.clear();
            self.due.extend(std::mem::take(&mut self.waiting).into_iter().map(|(_, key)| key));
        }
        self.revision = revision;
        while self.waiting.first().is_some_and(|(at, _)| *at <= revision) {
            self.due.extend(self.waiting.pop_first().map(|(_, key)| key));
        }
        self.wrote.retain(|_, at| *at > revision);
    }

    /// The next key whose last writes have been seen.
    pub(crate) fn next(&mut self, now: Instant) -> Option<Key> {
        while self.timers.first().is_some_and(|(at, _)| *at <= now) {
            if let Some((_, key)) = self.timers.pop_first() {
                self.add(key);
            }
        }
        if self.alone && !(self.busy.is_empty() && self.wrote.is_empty()) {
            return None;
        }
        while let Some(key) = self.due.pop_front() {
            if let Some(at) = self.wrote.get(&key) {
                self.waiting.insert((*at, key));
                continue;
            }
            self.queued.remove(&key);
            self.busy.insert(key.clone());
            return Some(key);
        }
        None
    }

    /// What was decided about `key` has been done, or not; `wrote` is the last revision to wait for.
    pub(crate) fn done(
        &mut self,
        key: Key,
        ending: Ending,
        wrote: Revision,
        again: Option<Duration>,
        now: Instant,
    ) {
        self.busy.remove(&key);
        if wrote > self.revision {
            self.wrote.insert(key.clone(), wrote);
        }
        let pause = match ending {
            Ending::Done => {
                self.attempts.remove(&key);
                again
            }
            Ending::Overtaken => Some(self.pause(&key, Duration::from_millis(10), Duration::from_secs(1))),
            Ending::Refused => Some(self.pause(&key, Duration::from_millis(100), Duration::from_secs(30))),
        };
        if let Some(pause) = pause {
            self.timers.insert((now + pause, key.clone()));
        }
        if self.again.remove(&key) && ending != Ending::Refused {
            self.add(key);
        }
    }

    fn pause(&mut self, key: &Key, first: Duration, most: Duration) -> Duration {
        let attempt = self.attempts.entry(key.clone()).or_default();
        *attempt += 1;
        first.saturating_mul(1 << (*attempt - 1).min(16)).min(most)
    }

    /// The first revision that something waits for.
    pub(crate) fn awaits(&self) -> Option<Revision> {
        self.wrote.values().min().copied()
    }

    /// When a timer runs out next.
    pub(crate) fn wakes(&self) -> Option<Instant> {
        self.timers.first().map(|(at, _)| *at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared_api::core::Pod;

    fn key(name: &str) -> Key {
        Key::of::<Pod>("default", name)
    }

    #[test]
    fn a_key_waits_until_its_writes_are_seen() {
        let (mut queue, now) = (Queue::new(false), Instant::now());
        queue.add(key("a"));
        queue.add(key("a"));
        assert_eq!(queue.next(now), Some(key("a")));
        queue.add(key("a"));
        assert_eq!(queue.next(now), None, "it is being worked on");
        queue.done(key("a"), Ending::Done, 7, None, now);
        assert_eq!(queue.next(now), None, "revision 7 has not been seen");
        queue.observed(6);
        assert_eq!(queue.next(now), None);
        queue.observed(7);
        assert_eq!(queue.next(now), Some(key("a")));
        assert_eq!(queue.next(now), None);
    }

    #[test]
    fn refusals_are_tried_again_later_each_time() {
        let (mut queue, mut now) = (Queue::new(false), Instant::now());
        queue.add(key("a"));
        for pause in [100, 200, 400] {
            assert_eq!(queue.next(now), Some(key("a")));
            queue.done(key("a"), Ending::Refused, 0, None, now);
            assert_eq!(queue.next(now), None);
            assert_eq!(queue.wakes(), Some(now + Duration::from_millis(pause)));
            now += Duration::from_millis(pause);
        }
    }

    #[test]
    fn history_going_back_frees_what_waits() {
        let (mut queue, now) = (Queue::new(false), Instant::now());
        queue.observed(100);
        queue.add(key("a"));
        assert_eq!(queue.next(now), Some(key("a")));
        queue.add(key("a"));
        queue.done(key("a"), Ending::Done, 110, None, now);
        assert_eq!(queue.next(now), None);
        queue.observed(3);
        assert_eq!(queue.next(now), Some(key("a")));
    }

    #[test]
    fn alone_means_one_at_a_time_and_seen() {
        let (mut queue, now) = (Queue::new(true), Instant::now());
        queue.add(key("a"));
        queue.add(key("b"));
        assert_eq!(queue.next(now), Some(key("a")));
        assert_eq!(queue.next(now), None);
        queue.done(key("a"), Ending::Done, 5, None, now);
        assert_eq!(queue.next(now), None);
        queue.observed(5);
        assert_eq!(queue.next(now), Some(key("b")));
    }
}
