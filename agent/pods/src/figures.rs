//! What this node's pods are and use, in the forms that measuring tools know.

use crate::{labels, run::Pods};
use serde_json::{Value, json};
use shared_api::{Object, Time, Timestamp, core::Pod};
use std::{collections::BTreeMap, fmt::Write as _};

/// One running container and what it uses.
struct Used {
    pod: String,
    namespace: String,
    uid: String,
    container: String,
    started_at: i64,
    cpu_nanos: u64,
    memory: u64,
}

impl Pods {
    /// A `PodList` of the pods bound to this node.
    pub fn list(&self) -> Value {
        let world = self.shared.live.read();
        let pods = world.on_node::<Pod>(&self.shared.options.node);
        let items: Vec<Value> = pods.map(|pod| Object::from_kind(&*pod).value()).collect();
        json!({"apiVersion": "v1", "kind": "PodList", "metadata": {}, "items": items})
    }

    /// Kubelet's summary of what the node and its pods use.
    pub async fn summary(&self) -> Value {
        summary(&self.shared.options.node, &self.used().await, (self.shared.options.clock)())
    }

    /// The same as metrics to be scraped.
    pub async fn metrics(&self) -> String {
        metrics(&self.used().await)
    }

    async fn used(&self) -> Vec<Used> {
        let sighting = self.shared.sight.subscribe().borrow().clone();
        let mut all = Vec::new();
        for state in sighting.pods.values().flatten() {
            let agent_runtime::Phase::Running { started_at } = state.phase else { continue };
            // One that ended meanwhile uses nothing.
            let Ok(usage) = self.shared.runtime.usage(&state.id).await else { continue };
            let label = |key: &str| state.labels.get(key).cloned().unwrap_or_default();
            all.push(Used {
                pod: label(labels::POD),
                namespace: label(labels::NAMESPACE),
                uid: label(labels::UID),
                container: label(labels::CONTAINER),
                started_at,
                cpu_nanos: usage.cpu_nanos,
                memory: usage.memory_bytes,
            });
        }
        all.sort_by(|a, b| (&a.namespace, &a.pod, &a.container).cmp(&(&b.namespace, &b.pod, &b.container)));
        all
    }
}

fn summary(node: &str, used: &[Used], now: Timestamp) -> Value {
    let at = Time(now);
    let figures = |used: &[&Used]| {
        let (cpu, memory) = used
            .iter()
            .fold((0_u64, 0_u64), |(c, m), u| (c.saturating_add(u.cpu_nanos), m.saturating_add(u.memory)));
        (
            json!({"time": at, "usageCoreNanoSeconds": cpu}),
            json!({"time": at, "usageBytes": memory, "workingSetBytes": memory}),
        )
    };
    let mut pods: BTreeMap<&str, Vec<&Used>> = BTreeMap::new();
    for one in used {
        pods.entry(&one.uid).or_default().push(one);
    }
    let pods: Vec<Value> = pods
        .into_values()
        .map(|all| {
            let containers: Vec<Value> = all
                .iter()
                .map(|one| {
                    let (cpu, memory) = figures(&[one]);
                    let started = Timestamp::from_nanosecond(one.started_at.into()).ok().map(Time);
                    json!({"name": one.container, "startTime": started, "cpu": cpu, "memory": memory})
                })
                .collect();
            let (cpu, memory) = figures(&all);
            let one = all[0];
            let name = json!({"name": one.pod, "namespace": one.namespace, "uid": one.uid});
            json!({"podRef": name, "containers": containers, "cpu": cpu, "memory": memory})
        })
        .collect();
    let (cpu, memory) = figures(&used.iter().collect::<Vec<_>>());
    json!({"node": {"nodeName": node, "cpu": cpu, "memory": memory}, "pods": pods})
}

fn metrics(used: &[Used]) -> String {
    let pods: std::collections::BTreeSet<_> = used.iter().map(|u| &u.uid).collect();
    let mut text = format!(
        "# HELP kubelet_running_pods Number of pods that have a running container\n\
         # TYPE kubelet_running_pods gauge\nkubelet_running_pods {}\n\
         # HELP kubelet_running_containers Number of containers currently running\n\
         # TYPE kubelet_running_containers gauge\nkubelet_running_containers{{container_state=\"running\"}} {}\n",
        pods.len(),
        used.len()
    );
    text += "# HELP container_cpu_usage_seconds_total Cumulative cpu time consumed by the container in core-seconds\n\
             # TYPE container_cpu_usage_seconds_total counter\n";
    for one in used {
        let (whole, rest) = (one.cpu_nanos / 1_000_000_000, one.cpu_nanos % 1_000_000_000);
        let _ = writeln!(text, "container_cpu_usage_seconds_total{{{}}} {whole}.{rest:09}", named(one));
    }
    text += "# HELP container_memory_working_set_bytes Current working set of the container in bytes\n\
             # TYPE container_memory_working_set_bytes gauge\n";
    for one in used {
        let _ = writeln!(text, "container_memory_working_set_bytes{{{}}} {}", named(one), one.memory);
    }
    text
}

fn named(one: &Used) -> String {
    format!("container={:?},namespace={:?},pod={:?}", one.container, one.namespace, one.pod)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_add_up() {
        let one = |container: &str, cpu_nanos, memory| Used {
            pod: "p".into(),
            namespace: "n".into(),
            uid: "u".into(),
            container: container.into(),
            started_at: 0,
            cpu_nanos,
            memory,
        };
        let used = [one("a", 1_500_000_000, 10), one("b", 1, 5)];
        let said = summary("n1", &used, Timestamp::UNIX_EPOCH);
        assert_eq!(said["pods"][0]["podRef"]["name"], "p");
        assert_eq!(said["pods"][0]["memory"]["workingSetBytes"], 15);
        assert_eq!(said["pods"][0]["containers"][1]["cpu"]["usageCoreNanoSeconds"], 1);
        assert_eq!(said["node"]["cpu"]["usageCoreNanoSeconds"], 1_500_000_001_u64);
        let text = metrics(&used);
        let cpu =
            "container_cpu_usage_seconds_total{container=\"a\",namespace=\"n\",pod=\"p\"} 1.500000000\n";
        assert!(text.contains(cpu) && text.contains("kubelet_running_pods 1\n"), "{text}");
    }
}
