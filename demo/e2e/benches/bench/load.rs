//! Many clients asking at once, for a while.

use crate::{
    caller::{Ask, Caller},
    proc,
    statistics::{Sample, milliseconds, per_second},
};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

const TIME: Duration = Duration::from_millis(1500);
/// The time is cut into so many slices: a rate that jumps between them is no yardstick by its mean.
const SLICES: u32 = 5;

/// How it went.
#[derive(Debug, Clone)]
pub(crate) struct Load {
    /// Answers a second.
    pub(crate) rate: f64,
    /// Answers a second in the slowest and in the fastest slice.
    spread: (f64, f64),
    /// How long each took.
    latency: Sample,
    /// The server's processor time for each.
    pub(crate) cpu: Duration,
}

impl Load {
    /// `3210/s (2900–3400), p50 1.20 ms, p99 3.10 ms, 310 µs CPU`.
    pub(crate) fn text(&self) -> String {
        let (p50, p99) =
            (milliseconds(self.latency.percentile(50)), milliseconds(self.latency.percentile(99)));
        let (rate, (slow, fast), cpu) = (self.rate, self.spread, self.cpu.as_micros());
        format!("{rate:.0}/s ({slow:.0}–{fast:.0}), p50 {p50}, p99 {p99}, {cpu} µs CPU")
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
                latencies.push((began.elapsed(), asked.elapsed()));
            }
            Ok::<_, String>((caller, latencies))
        });
    }
    let (mut latencies, mut slices) = (Vec::new(), [0; SLICES as usize]);
    while let Some(done) = running.join_next().await {
        let (caller, taken) = done.map_err(|e| format!("a client: {e}"))??;
        for (at, latency) in taken {
            latencies.push(latency);
            // An answer after the end belongs to no slice.
            let slice = (at.as_nanos() / (TIME / SLICES).as_nanos()).try_into().unwrap_or(usize::MAX);
            slices.get_mut(slice).into_iter().for_each(|count| *count += 1);
        }
        callers.push(caller);
    }
    let (taken, used) = (began.elapsed(), proc::cpu(server)?.saturating_sub(before));
    let latency = Sample::of(latencies);
    let rate = per_second(latency.len(), taken);
    let cpu = used.checked_div(u32::try_from(latency.len()).unwrap_or(u32::MAX)).unwrap_or_default();
    let slice = |count: Option<&usize>| per_second(count.copied().unwrap_or_default(), TIME / SLICES);
    let spread = (slice(slices.iter().min()), slice(slices.iter().max()));
    Ok(Load { rate, spread, latency, cpu })
}
