//! Where a rollout is, as `kubectl rollout status` judges it. Pure.

use serde_json::Value;

/// Where a rollout is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Progress {
    Going(String),
    Done(String),
    Failed(String),
}

/// Of a deployment, a daemon set or a stateful set.
pub(super) fn progress(object: &Value) -> Progress {
    let number = |path: &str| object.pointer(path).and_then(Value::as_i64).unwrap_or(0);
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    let kind = object["kind"].as_str().unwrap_or_default();
    if number("/metadata/generation") > number("/status/observedGeneration") {
        let kind = if kind == "DaemonSet" { "daemon set" } else { "deployment" };
        return Progress::Going(match object["kind"].as_str() {
            Some("StatefulSet") => "Waiting for statefulset spec update to be observed...".into(),
            _ => format!("Waiting for {kind} spec update to be observed..."),
        });
    }
    match kind {
        "DaemonSet" => daemon_set(name, &number),
        "StatefulSet" => stateful_set(object, name, &number),
        _ => deployment(object, name, &number),
    }
}

type Number<'a> = dyn Fn(&str) -> i64 + 'a;

fn deployment(object: &Value, name: &str, number: &Number<'_>) -> Progress {
    let conditions = object["status"]["conditions"].as_array();
    let failed = |c: &&Value| c["type"] == "Progressing" && c["reason"] == "ProgressDeadlineExceeded";
    if conditions.into_iter().flatten().any(|c| failed(&c)) {
        return Progress::Failed(format!("deployment {name:?} exceeded its progress deadline"));
    }
    let wanted = object["spec"]["replicas"].as_i64().unwrap_or(1);
    let (updated, all) = (number("/status/updatedReplicas"), number("/status/replicas"));
    let available = number("/status/availableReplicas");
    let waiting = |rest: String| {
        Progress::Going(format!("Waiting for deployment {name:?} rollout to finish: {rest}..."))
    };
    if updated < wanted {
        return waiting(format!("{updated} out of {wanted} new replicas have been updated"));
    }
    if all > updated {
        return waiting(format!("{} old replicas are pending termination", all - updated));
    }
    if available < updated {
        return waiting(format!("{available} of {updated} updated replicas are available"));
    }
    Progress::Done(format!("deployment {name:?} successfully rolled out"))
}

fn daemon_set(name: &str, number: &Number<'_>) -> Progress {
    let wanted = number("/status/desiredNumberScheduled");
    let (updated, available) = (number("/status/updatedNumberScheduled"), number("/status/numberAvailable"));
    let waiting = |rest: String| {
        Progress::Going(format!("Waiting for daemon set {name:?} rollout to finish: {rest}..."))
    };
    if updated < wanted {
        return waiting(format!("{updated} out of {wanted} new pods have been updated"));
    }
    if available < wanted {
        return waiting(format!("{available} of {wanted} updated pods are available"));
    }
    Progress::Done(format!("daemon set {name:?} successfully rolled out"))
}

fn stateful_set(object: &Value, name: &str, number: &Number<'_>) -> Progress {
    let wanted = object["spec"]["replicas"].as_i64().unwrap_or(1);
    let ready = number("/status/readyReplicas");
    if ready < wanted {
        return Progress::Going(format!("Waiting for {} pods to be ready...", wanted - ready));
    }
    let partition = number("/spec/updateStrategy/rollingUpdate/partition");
    let updated = number("/status/updatedReplicas");
    let status = &object["status"];
    if partition > 0 && updated < wanted - partition {
        return Progress::Going(format!(
            "Waiting for partitioned roll out to finish: {updated} out of {} new pods have been updated...",
            wanted - partition
        ));
    }
    if partition == 0 && status["updateRevision"] != status["currentRevision"] {
        let revision = status["updateRevision"].as_str().unwrap_or_default();
        return Progress::Going(format!(
            "waiting for statefulset rolling update to complete {updated} pods at revision {revision}..."
        ));
    }
    Progress::Done(format!("statefulset rolling update complete: {updated} pods of {name:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn at(updated: i32, all: i32, available: i32) -> Progress {
        progress(&json!({
            "kind": "Deployment", "metadata": {"name": "web", "generation": 1}, "spec": {"replicas": 2},
            "status": {
                "observedGeneration": 1, "updatedReplicas": updated, "replicas": all,
                "availableReplicas": available,
            },
        }))
    }

    #[test]
    fn a_rollout_is_done_when_only_new_replicas_are_left_and_available() {
        assert!(matches!(at(1, 3, 2), Progress::Going(line) if line.contains("1 out of 2 new")));
        assert!(matches!(at(2, 3, 2), Progress::Going(line) if line.contains("1 old")));
        assert!(matches!(at(2, 2, 1), Progress::Going(line) if line.contains("1 of 2 updated")));
        assert!(matches!(at(2, 2, 2), Progress::Done(_)));
    }

    #[test]
    fn sets_are_judged_by_their_own_counts() {
        let daemons = |available: i32| {
            progress(&json!({
                "kind": "DaemonSet", "metadata": {"name": "d"},
                "status": {"desiredNumberScheduled": 3, "updatedNumberScheduled": 3, "numberAvailable": available},
            }))
        };
        assert!(matches!(daemons(2), Progress::Going(line) if line.contains("2 of 3 updated pods")));
        assert!(matches!(daemons(3), Progress::Done(_)));
        let sets = |ready: i32, current: &str| {
            progress(&json!({
                "kind": "StatefulSet", "metadata": {"name": "s"}, "spec": {"replicas": 2},
                "status": {"readyReplicas": ready, "updateRevision": "b", "currentRevision": current},
            }))
        };
        assert!(matches!(sets(1, "b"), Progress::Going(line) if line.contains("1 pods to be ready")));
        assert!(matches!(sets(2, "a"), Progress::Going(_)));
        assert!(matches!(sets(2, "b"), Progress::Done(_)));
    }
}
