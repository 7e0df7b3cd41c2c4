//! Many clients asking at once, for a while.

use crate::{
    caller::{Ask, Caller},
    proc,
    statistics::{Sample, milliseconds, per_second},
};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

const TIME: Duration = Duration::from_millis(1500);

/// How it went.
#[derive(Debug, Clone)]
pub(crate) struct Load {
    /// Answers a second.
    pub(crate) rate: f64,
    /// How long each took.
    latency: Sample,
    /// The server's processor time for each.
    cpu: Duration,
}

impl Load {
    /// `3210/s, p50 1.20 ms, p95 …, 310 µs CPU each`.
    pub(crate) fn text(&self) -> String {
        let (p50, p99) =
            (milliseconds(self.latency.percentile(50)), milliseconds(self.latency.percentile(99)));
        format!("{:.0}/s, p50 {p50}, p99 {p99}, {} µs CPU", self.rate, self.cpu.as_micros())
    }
}

/// Lets every caller ask, one answer after the other, until the time is over; `server` is the process
/// they ask.
pub(crate) async fn drive(callers: &mut Vec<Caller>, ask: Ask, server: u32) -> Result<Load, String> {
    let (before, began) = (proc::cpu(server)?, Instant::now());
    let end = began + TIME;
    let mut running = JoinSet::new();
    for mut caller in callers.drain(..) {
        running.spawn(async move {
            let mut latencies = Vec::new();
            while Instant::now() < end {
                let asked = Instant::now();
                caller.call(ask, latencies.len()).await?;
                latencies.push(asked.elapsed());
            }
            Ok::<_, String>((caller, latencies))
        });
    }
    let mut latencies = Vec::new();
    while let Some(done) = running.join_next().await {
        let (caller, taken) = done.map_err(|e| format!("a client: {e}"))??;
        latencies.extend(taken);
        callers.push(caller);
    }
    let (taken, used) = (began.elapsed(), proc::cpu(server)?.saturating_sub(before));
    let latency = Sample::of(latencies);
    let rate = per_second(latency.len(), taken);
    let cpu = used.checked_div(u32::try_from(latency.len()).unwrap_or(u32::MAX)).unwrap_or_default();
    Ok(Load { rate, latency, cpu })
}
