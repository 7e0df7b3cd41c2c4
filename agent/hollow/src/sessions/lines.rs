//! The lines of a made-up log: each follows from the container and its number. Pure.

use crate::{
    life::Life,
    seed::{mixed, one, seed},
};
use shared_api::{Time, Timestamp, core::ContainerStatus};

/// One run of a container, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) since: i64,
    /// When it ended, if it did.
    pub(super) till: Option<i64>,
    restarts: i32,
}

impl Run {
    /// The run of now, or the one that has ended for good.
    pub(super) fn now(status: &ContainerStatus) -> Option<Self> {
        let state = status.state.as_ref()?;
        let restarts = status.restart_count;
        if let Some(running) = &state.running {
            return Some(Self { since: millis(running.started_at.as_ref())?, till: None, restarts });
        }
        let end = state.terminated.as_ref()?;
        Some(Self {
            since: millis(end.started_at.as_ref())?,
            till: millis(end.finished_at.as_ref()),
            restarts,
        })
    }

    /// The run before it.
    pub(super) fn last(status: &ContainerStatus) -> Option<Self> {
        let end = status.last_state.as_ref()?.terminated.as_ref()?;
        let (since, till) = (millis(end.started_at.as_ref())?, millis(end.finished_at.as_ref()));
        Some(Self { since, till, restarts: status.restart_count - 1 })
    }
}

fn millis(at: Option<&Time>) -> Option<i64> {
    at.map(|at| at.0.as_millisecond())
}

/// A container's voice.
#[derive(Debug, Clone)]
pub(super) struct Voice {
    name: String,
    seed: u64,
    life: Life,
    run: Run,
}

/// What is said first.
const FIRST: [&str; 3] =
    ["reading configuration from /etc/app/config.yaml", "connecting to db:5432", "listening on :8080"];
const PATHS: [&str; 6] = ["/", "/cart", "/items/7", "/login", "/healthz", "/orders"];
const CODES: [u16; 8] = [200, 200, 200, 200, 201, 304, 404, 500];
const WORK: [&str; 5] =
    ["took a job from the queue", "job done", "cache refreshed", "nothing to do", "checkpoint written"];

impl Voice {
    /// The voice of a container in one of its runs.
    pub(super) fn of(uid: &str, name: &str, life: Life, run: Run) -> Self {
        Self { name: name.into(), seed: seed(&format!("{uid}/{name}/{}", run.restarts)), life, run }
    }

    /// When a line is written.
    pub(super) fn moment(&self, n: u64) -> Timestamp {
        let first = u64::try_from(FIRST.len()).unwrap_or(0);
        let (early, late) = (n.min(first), n.saturating_sub(first));
        let jitter = mixed(self.seed ^ n) % 300;
        let after = early * 120 + late * (500 + self.seed % 1500) + jitter;
        let at = self.run.since.saturating_add(i64::try_from(after).unwrap_or(i64::MAX));
        // What is said last is said before the end.
        let at = self.run.till.map_or(at, |till| at.min(till));
        Timestamp::from_millisecond(at).unwrap_or(Timestamp::MAX)
    }

    /// How many lines are written at a moment, all of them when the run is over.
    pub(super) fn count(&self, now: Timestamp) -> u64 {
        let till = self.run.till.map_or(now, |till| Timestamp::from_millisecond(till).unwrap_or(now));
        // Moments only grow from line to line but for their jitter, which no line outlives by another.
        let (mut low, mut high) = (0_u64, 1_u64 << 40);
        while low < high {
            let middle = u64::midpoint(low, high);
            if self.plain(middle) <= till.as_millisecond() { low = middle + 1 } else { high = middle }
        }
        low + u64::from(self.run.till.is_some())
    }

    /// A line's moment without its jitter, at its latest.
    fn plain(&self, n: u64) -> i64 {
        let first = u64::try_from(FIRST.len()).unwrap_or(0);
        let (early, late) = (n.min(first), n.saturating_sub(first));
        let after = early * 120 + late * (500 + self.seed % 1500) + 300;
        self.run.since.saturating_add(i64::try_from(after).unwrap_or(i64::MAX))
    }

    /// A line, without its end.
    pub(super) fn line(&self, n: u64) -> String {
        let chance = mixed(self.seed.rotate_left(17) ^ n);
        if let Some(last) = self.run.till
            && n + 1 == self.count(Timestamp::from_millisecond(last).unwrap_or(Timestamp::MAX))
        {
            return self.last_words();
        }
        let (word, text) = match usize::try_from(n).ok().and_then(|n| FIRST.get(n)) {
            Some(first) => ("info", (*first).to_owned()),
            None if chance.is_multiple_of(23) => ("warn", format!("slow query: {} ms", 200 + chance % 900)),
            None if self.seed.is_multiple_of(3) => {
                ("info", one(&WORK, chance).unwrap_or_default().to_owned())
            }
            None => {
                let (path, code) =
                    (one(&PATHS, chance >> 8).unwrap_or("/"), one(&CODES, chance >> 16).unwrap_or(200));
                let word = if code >= 500 { "error" } else { "info" };
                (word, format!("GET {path} {code} {}ms", 1 + chance % 80))
            }
        };
        if self.seed.is_multiple_of(2) {
            return format!(r#"{{"level":"{word}","app":"{}","line":{n},"msg":"{text}"}}"#, self.name);
        }
        format!("{:<5} {} {text}", word.to_uppercase(), self.name)
    }

    fn last_words(&self) -> String {
        match self.life {
            Life::Ends { oom: true, .. } => "allocating 512 MiB for the cache".into(),
            Life::Ends { code: 0, .. } => "done".into(),
            Life::Ends { .. } => "fatal: connecting to db:5432: connection refused".into(),
            Life::Runs | Life::Unready | Life::NoImage => "received SIGTERM, leaving".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn voice(till: Option<i64>) -> Voice {
        Voice::of(
            "uid",
            "app",
            Life::Ends { after: 4, code: 1, oom: false },
            Run { since: 1000, till, restarts: 0 },
        )
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(millis).unwrap()
    }

    #[test]
    fn lines_come_with_time_and_stay_as_they_are() {
        let voice = voice(None);
        assert_eq!(voice.count(at(900)), 0);
        let (soon, later) = (voice.count(at(10_000)), voice.count(at(60_000)));
        assert!(3 < soon && soon < later, "{soon} {later}");
        assert!(voice.line(1).contains("connecting to db"));
        assert_eq!(voice.line(9), voice.line(9));
        assert!((0..soon).all(|n| voice.moment(n) <= at(10_000)), "nothing is told before its time");
    }

    #[test]
    fn a_run_that_ended_has_last_words() {
        let voice = voice(Some(5000));
        let count = voice.count(at(60_000));
        assert_eq!(count, voice.count(at(600_000)));
        assert_eq!(voice.line(count - 1), "fatal: connecting to db:5432: connection refused");
        assert!(voice.moment(count - 1) <= at(5000));
    }
}
