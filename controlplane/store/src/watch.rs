//! The state while it is being used: read by anyone, followed by watchers without a gap.
//!
//! Changes are kept once, in the history; a watcher is a place in it and a bell.

#[cfg(test)]
mod tests;

use crate::state::State;
use crate::{Change, Changes, Entry, Error, Moment, Page, Range, Report, Result, Revision};
use futures::StreamExt;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, Weak};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// A watcher takes so many revisions each time it looks, so that it seldom holds the lock.
const AT_ONCE: usize = 64;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tip {
    At(Revision),
    Closed,
}

/// The state, and a bell that rings when it changes.
#[derive(Debug, Clone)]
pub(crate) struct Live {
    state: Arc<RwLock<State>>,
    bell: watch::Sender<Tip>,
    /// How far each watcher is; those that are gone are let go of when another comes.
    places: Arc<Mutex<Vec<Weak<AtomicU64>>>>,
}

impl Live {
    pub(crate) fn new(state: State) -> Self {
        let (bell, _) = watch::channel(Tip::At(state.revision()));
        Self { state: Arc::new(RwLock::new(state)), bell, places: Arc::default() }
    }

    /// The state, to be read for a moment.
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, State> {
        // A panic while applying would leave the state as it was between two operations; nothing in
        // apply can panic, and a reader is better served than refused.
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state, then wakes the watchers once.
    pub(crate) fn write<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let before = state.revision();
        let result = change(&mut state);
        let after = state.revision();
        drop(state);
        if before != after {
            self.bell.send_if_modified(|tip| {
                let open = *tip != Tip::Closed;
                if open {
                    *tip = Tip::At(after);
                }
                open
            });
        }
        result
    }

    pub(crate) fn get(&self, key: &[u8]) -> Option<Entry> {
        self.read().get(key)
    }

    pub(crate) fn range(&self, range: &Range) -> Result<Page> {
        self.read().range(range)
    }

    pub(crate) fn revision(&self) -> Revision {
        self.read().revision()
    }

    /// How the moment so long ago can be told of.
    pub(crate) fn moment(&self, ago: Duration) -> Moment {
        self.read().history().moment(ago, Instant::now())
    }

    /// What there is to say of the state and its watchers; nothing of who keeps it.
    pub(crate) fn report(&self) -> Report {
        let moment = self.moment(Duration::ZERO);
        let places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let places: Vec<u64> =
            places.iter().filter_map(Weak::upgrade).map(|place| place.load(Ordering::Relaxed)).collect();
        let state = self.read();
        let behind = |place: &u64| state.revision().saturating_sub(*place);
        Report {
            revision: state.revision(),
            keys: state.entries().len() as u64,
            bytes: state.bytes() as u64,
            oldest: moment.oldest,
            history_bytes: state.history().size().1 as u64,
            reach: moment.reach,
            watchers: places.len() as u64,
            slowest: places.iter().map(behind).max().unwrap_or(0),
            ..Report::default()
        }
    }

    /// Ends every watch: the store is being closed.
    pub(crate) fn close(&self) {
        self.bell.send_replace(Tip::Closed);
    }

    /// Every change after `from`.
    pub(crate) fn watch(&self, from: Revision) -> Result<Changes> {
        let told = Arc::new(AtomicU64::new(from));
        let reader = Reader {
            state: self.state.clone(),
            bell: self.bell.subscribe(),
            told: told.clone(),
            place: from,
            taken: VecDeque::new(),
            over: false,
        };
        // Refuses a place outside history now rather than at the first read.
        reader.look()?;
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.retain(|place| place.strong_count() > 0);
        places.push(Arc::downgrade(&told));
        drop(places);
        Ok(futures::stream::unfold(reader, Reader::next).boxed())
    }
}

struct Reader {
    state: Arc<RwLock<State>>,
    bell: watch::Receiver<Tip>,
    /// How far was told, for others to see.
    told: Arc<AtomicU64>,
    place: Revision,
    taken: VecDeque<Arc<[Change]>>,
    over: bool,
}

impl Reader {
    /// The next changes after our place, and the place they reach.
    fn look(&self) -> Result<(VecDeque<Arc<[Change]>>, Revision)> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let (mut taken, mut place) = (VecDeque::new(), self.place);
        for past in state.history().since(self.place, state.revision())?.take(AT_ONCE) {
            place += 1;
            // A transaction that changed nothing has nothing to tell.
            if !past.changes.is_empty() {
                taken.push_back(past.changes.clone());
            }
        }
        Ok((taken, place))
    }

    async fn next(mut self) -> Option<(Result<Arc<[Change]>>, Self)> {
        while !self.over {
            if let Some(changes) = self.taken.pop_front() {
                let told = changes.first().map_or(self.place, |change| change.revision);
                self.told.store(told, Ordering::Relaxed);
                return Some((Ok(changes), self));
            }
            self.told.store(self.place, Ordering::Relaxed);
            // Marked as seen before looking: what happens meanwhile rings again.
            let tip = *self.bell.borrow_and_update();
            match self.look() {
                Ok((taken, place)) if place > self.place => {
                    (self.taken, self.place) = (taken, place);
                    continue;
                }
                Ok(_) if tip != Tip::Closed => {}
                Ok(_) => return None,
                Err(error) => {
                    self.over = true;
                    return Some((Err(error), self));
                }
            }
            if self.bell.changed().await.is_err() {
                self.over = true;
                return Some((Err(Error::Unavailable("it was closed".into())), self));
            }
        }
        None
    }
}
