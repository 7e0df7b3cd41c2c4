//! Change for the sake of change: so many pods a second, one after the other by chance.

use crate::seed::mixed;
use shared_api::Key;
use std::time::Duration;
use tokio::time::{Instant, Interval, MissedTickBehavior};

/// Changes come in ticks of this length.
const TICK: Duration = Duration::from_millis(20);
/// Changes that are owed at most: what was missed while there was no room is not made up for.
const MOST: usize = 32;

/// Which pod changes when.
pub(crate) struct Churn {
    each_second: usize,
    pods: Vec<Key>,
    last: u64,
    begun: Option<Instant>,
    made: usize,
    ticks: Option<Interval>,
}

impl Churn {
    /// So many changes a second.
    pub(crate) fn new(each_second: usize) -> Self {
        Self { each_second, pods: Vec::new(), last: 0, begun: None, made: 0, ticks: None }
    }

    /// A pod that may change.
    pub(crate) fn meet(&mut self, key: &Key) {
        if self.each_second > 0 {
            self.pods.push(key.clone());
        }
    }

    /// Waits until changes are owed; for ever when none ever are.
    pub(crate) async fn tick(&mut self) {
        if self.each_second == 0 {
            return std::future::pending().await;
        }
        let ticks = self.ticks.get_or_insert_with(|| {
            let mut ticks = tokio::time::interval(TICK);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            ticks
        });
        ticks.tick().await;
    }

    /// How many changes are to be made now.
    pub(crate) fn owed(&mut self) -> usize {
        let begun = *self.begun.get_or_insert_with(Instant::now);
        let millis = usize::try_from(begun.elapsed().as_millis()).unwrap_or(usize::MAX);
        let owed = (millis.saturating_mul(self.each_second) / 1000).saturating_sub(self.made);
        self.made += owed;
        owed.min(MOST)
    }

    /// One of the pods that still are there.
    pub(crate) fn choose(&mut self, there: impl Fn(&Key) -> bool) -> Option<Key> {
        loop {
            self.last = mixed(self.last);
            let count = u64::try_from(self.pods.len()).ok().filter(|count| *count > 0)?;
            let at = usize::try_from(self.last % count).ok()?;
            let key = self.pods.get(at)?;
            if there(key) {
                return Some(key.clone());
            }
            self.pods.swap_remove(at);
        }
    }
}
