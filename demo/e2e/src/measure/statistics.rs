//! Percentiles and how they are written.

use std::time::Duration;

/// Durations, in order.
#[derive(Debug, Clone, Default)]
pub struct Sample(Vec<Duration>);

impl Sample {
    /// A sample of these.
    pub fn of(mut durations: Vec<Duration>) -> Self {
        durations.sort();
        Self(durations)
    }

    /// The smallest value that `percent` of the sample do not exceed; zero of nothing.
    pub fn percentile(&self, percent: usize) -> Duration {
        let rank = (self.0.len() * percent).div_ceil(100);
        self.0.get(rank.saturating_sub(1)).copied().unwrap_or_default()
    }

    /// `p50 12 ms, p99 20 ms`.
    pub fn tail(&self) -> String {
        format!("p50 {}, p99 {}", milliseconds(self.percentile(50)), milliseconds(self.percentile(99)))
    }

    /// There are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// `p50 12 ms, p95 20 ms`.
    pub fn text(&self) -> String {
        format!("p50 {}, p95 {}", milliseconds(self.percentile(50)), milliseconds(self.percentile(95)))
    }
}

/// `12 ms`, or `1.23 ms` for what is short.
pub fn milliseconds(duration: Duration) -> String {
    let value = duration.as_secs_f64() * 1e3;
    if value < 10.0 { format!("{value:.2} ms") } else { format!("{value:.0} ms") }
}

/// A rate of so many in so long.
#[allow(clippy::cast_precision_loss)] // counts far below what a float holds exactly
pub fn per_second(count: usize, taken: Duration) -> f64 {
    count as f64 / taken.as_secs_f64()
}
