//! Tells every fifteen seconds what the node and its containers use. Nothing of it is kept when nobody hears it.

use agent_pods::labels::{CONTAINER, NAMESPACE, POD};
use agent_runtime::{Phase, Runtime, Usage};
use serde_json::{Value, json};
use shared_api::{Key, Timestamp, WriteHow, core::Node};
use shared_client::Cluster;
use shared_daemon::now;
use std::{
    collections::BTreeMap,
    fs,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::time::{MissedTickBehavior, interval};

const EVERY: Duration = Duration::from_secs(15);

/// Clock ticks of `/proc/stat` a second, as Linux tells them to programs everywhere.
const TICKS: u64 = 100;

/// What was used up to a moment.
#[derive(Debug, Clone)]
struct Sample {
    at: Instant,
    /// Nanoseconds of processor time, of all processors together.
    cpu_nanos: u64,
    memory_bytes: u64,
    containers: BTreeMap<String, Container>,
}

#[derive(Debug, Clone)]
struct Container {
    namespace: String,
    pod: String,
    name: String,
    usage: Usage,
}

/// Measures and tells for ever.
pub(crate) async fn run(cluster: Arc<dyn Cluster>, runtime: Arc<dyn Runtime>, node: String) {
    let key = Key::of::<Node>("", &node);
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut before: Option<Sample> = None;
    loop {
        ticks.tick().await;
        let sample = match sample(&*runtime).await {
            Ok(sample) => sample,
            Err(error) => {
                tracing::debug!(%error, "what containers use could not be measured");
                continue;
            }
        };
        if let Some(before) = &before {
            let report = report(before, &sample, now());
            let told = cluster.subresource(&key, "measurements", Some(report), &WriteHow::default()).await;
            if let Err(error) = told {
                tracing::debug!(%error, "the control plane did not hear what the node uses");
            }
        }
        before = Some(sample);
    }
}

async fn sample(runtime: &dyn Runtime) -> agent_runtime::Result<Sample> {
    let mut containers = BTreeMap::new();
    for state in runtime.list().await? {
        let label = |name: &str| state.labels.get(name).cloned();
        let (Some(namespace), Some(pod), Some(name)) = (label(NAMESPACE), label(POD), label(CONTAINER))
        else {
            continue;
        };
        if !matches!(state.phase, Phase::Running { .. }) {
            continue;
        }
        // It may have ended meanwhile.
        if let Ok(usage) = runtime.usage(&state.id).await {
            containers.insert(state.id.clone(), Container { namespace, pod, name, usage });
        }
    }
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    Ok(Sample {
        at: Instant::now(),
        cpu_nanos: busy(&read("/proc/stat")).unwrap_or(0),
        memory_bytes: used(&read("/proc/meminfo")).unwrap_or(0),
        containers,
    })
}

/// What was used between two samples, as the control plane takes it. A container that had not been seen
/// before is told next time.
fn report(before: &Sample, after: &Sample, now: Timestamp) -> Value {
    let span = after.at.saturating_duration_since(before.at);
    let usage = |since: u64, until: u64, memory: u64| {
        // A cgroup made anew counts from nothing.
        let used = u128::from(until.saturating_sub(since)) * 1_000_000_000 / span.as_nanos().max(1);
        json!({"cpu": format!("{used}n"), "memory": format!("{}Ki", memory / 1024)})
    };
    let mut pods: BTreeMap<(&str, &str), Vec<Value>> = BTreeMap::new();
    for (id, container) in &after.containers {
        let Some(earlier) = before.containers.get(id) else { continue };
        let Usage { cpu_nanos, memory_bytes } = container.usage;
        let usage = usage(earlier.usage.cpu_nanos, cpu_nanos, memory_bytes);
        let measured = json!({"name": container.name, "usage": usage});
        pods.entry((&container.namespace, &container.pod)).or_default().push(measured);
    }
    let pods: Vec<_> = pods
        .into_iter()
        .map(|((namespace, name), containers)| json!({"namespace": namespace, "name": name, "containers": containers}))
        .collect();
    json!({
        "timestamp": shared_api::Time::from(now),
        "window": format!("{:.3}s", span.as_secs_f64()),
        "usage": usage(before.cpu_nanos, after.cpu_nanos, after.memory_bytes),
        "pods": pods,
    })
}

/// Nanoseconds that the processors were not idle, of `/proc/stat`.
fn busy(stat: &str) -> Option<u64> {
    let line = stat.lines().find_map(|line| line.strip_prefix("cpu "))?;
    let ticks: Vec<u64> = line.split_whitespace().map_while(|word| word.parse().ok()).collect();
    // user nice system (idle iowait) irq softirq steal; guests are counted in user already.
    let busy = ticks.iter().take(8).enumerate().filter(|(at, _)| !matches!(at, 3 | 4)).map(|(_, n)| n);
    (ticks.len() > 4).then(|| busy.sum::<u64>() * (1_000_000_000 / TICKS))
}

/// Bytes of memory that cannot be had, of `/proc/meminfo`.
fn used(meminfo: &str) -> Option<u64> {
    let bytes = |name: &str| {
        let line = meminfo.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(':'))?;
        line.split_whitespace().next()?.parse::<u64>().ok().map(|kib| kib * 1024)
    };
    Some(bytes("MemTotal")?.saturating_sub(bytes("MemAvailable")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_used_is_told_by_the_second_and_by_the_pod() {
        let began = Instant::now();
        let container = |name: &str, cpu_nanos, memory_bytes| Container {
            namespace: "a".into(),
            pod: "web".into(),
            name: name.into(),
            usage: Usage { cpu_nanos, memory_bytes },
        };
        let sample = |seconds, cpu_nanos, containers: &[(&str, Container)]| Sample {
            at: began + Duration::from_secs(seconds),
            cpu_nanos,
            memory_bytes: 4096,
            containers: containers.iter().map(|(id, c)| ((*id).to_owned(), c.clone())).collect(),
        };
        let before = sample(0, 100, &[("1", container("app", 1_000, 0)), ("2", container("side", 900, 0))]);
        let after = sample(
            10,
            2_000_000_100,
            &[
                ("1", container("app", 51_000, 8192)),
                ("2", container("side", 5, 1024)),
                ("3", container("new", 9, 9)),
            ],
        );
        let told = report(&before, &after, Timestamp::UNIX_EPOCH);
        let expected = json!({
            "timestamp": "1970-01-01T00:00:00Z", "window": "10.000s", "usage": {"cpu": "200000000n", "memory": "4Ki"},
            "pods": [{"namespace": "a", "name": "web", "containers": [
                {"name": "app", "usage": {"cpu": "5000n", "memory": "8Ki"}},
                {"name": "side", "usage": {"cpu": "0n", "memory": "1Ki"}},
            ]}],
        });
        assert_eq!(told, expected);
    }

    #[test]
    fn the_kernels_words_are_read() {
        assert_eq!(busy("cpu  10 1 5 900 30 1 1 2 7 0\ncpu0 1\n"), Some(200_000_000));
        assert_eq!(busy("intr 5"), None);
        assert_eq!(used("MemTotal:  10 kB\nMemFree: 1 kB\nMemAvailable: 4 kB\n"), Some(6144));
        assert!(busy(&fs::read_to_string("/proc/stat").unwrap()).is_some());
    }
}
