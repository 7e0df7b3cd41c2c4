//! What a table of pods shows.

use super::{Pod, status};
use crate::{Column, Timestamp, ago, cells};

pub(super) const COLUMNS: &[Column<Pod>] = &[
    Column::text("Ready", |p, _| {
        let view = status::view(p);
        format!("{}/{}", view.ready, view.containers)
    }),
    Column::text("Status", |p, _| status::view(p).reason),
    Column::text("Restarts", restarts),
    Column::age(),
    Column::text("IP", |p: &Pod, _| {
        let ips = p.status.iter().flat_map(|s| s.pod_ips.iter().flatten());
        cells::or_none(ips.into_iter().next().map(|i| i.ip.as_str()))
    })
    .wide(),
    Column::text("Node", |p: &Pod, _| cells::or_none(p.spec.as_ref().and_then(|s| s.node_name.as_deref())))
        .wide(),
    Column::text("Nominated Node", |p: &Pod, _| {
        cells::or_none(p.status.as_ref().and_then(|s| s.nominated_node_name.as_deref()))
    })
    .wide(),
    Column::text("Readiness Gates", |p: &Pod, _| gates(p)).wide(),
];

fn restarts(pod: &Pod, now: Timestamp) -> String {
    let view = status::view(pod);
    match view.restarted.filter(|_| view.restarts != 0) {
        Some(at) => format!("{} ({} ago)", view.restarts, ago(at, now)),
        None => view.restarts.to_string(),
    }
}

fn gates(pod: &Pod) -> String {
    let gates = pod.spec.as_ref().and_then(|s| s.readiness_gates.as_deref()).unwrap_or_default();
    if gates.is_empty() {
        return cells::or_none(None);
    }
    let open = |type_: &str| status::condition(pod, type_).is_some_and(|c| c.status == "True");
    format!("{}/{}", gates.iter().filter(|g| open(&g.condition_type)).count(), gates.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::testing::row;
    use serde_json::json;

    #[test]
    fn a_running_pod_is_shown_whole() {
        let pod = json!({
            "metadata": {"name": "a", "creationTimestamp": "2026-01-01T00:00:00Z"},
            "spec": {"containers": [{"name": "app"}], "nodeName": "n1", "readinessGates": [{"conditionType": "Lit"}]},
            "status": {"phase": "Running", "podIPs": [{"ip": "10.0.0.1"}], "containerStatuses": [{
                "name": "app", "image": "", "imageID": "", "ready": true, "restartCount": 2, "state": {"running": {}},
                "lastState": {"terminated": {"exitCode": 1, "finishedAt": "2026-01-01T00:00:50Z"}}
            }]}
        });
        assert_eq!(
            row::<Pod>(pod),
            ["1/1", "Running", "2 (10s ago)", "60s", "10.0.0.1", "n1", "<none>", "0/1"]
        );
        let new = json!({"spec": {"containers": [{"name": "app"}]}});
        assert_eq!(
            row::<Pod>(new),
            ["0/1", "Pending", "0", "<unknown>", "<none>", "<none>", "<none>", "<none>"]
        );
    }
}
