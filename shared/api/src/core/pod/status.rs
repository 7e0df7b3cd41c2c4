//! A pod's state in one word, as people know it from tables: `Running`, `Init:0/1`, `CrashLoopBackOff`.

use super::Pod;
use crate::Timestamp;
use k8s_openapi::api::core::v1::{ContainerStateTerminated, ContainerStatus, PodCondition};

/// What a table tells of a pod's containers.
pub(super) struct View {
    pub(super) ready: usize,
    pub(super) containers: usize,
    pub(super) reason: String,
    pub(super) restarts: i32,
    pub(super) restarted: Option<Timestamp>,
}

/// How often containers were started again, and when last.
#[derive(Default, Clone, Copy)]
struct Restarts {
    count: i32,
    last: Option<Timestamp>,
}

impl Restarts {
    fn add(&mut self, container: &ContainerStatus) {
        self.count = self.count.saturating_add(container.restart_count);
        let ended = container.last_state.as_ref().and_then(|s| s.terminated.as_ref());
        self.last = self.last.max(ended.and_then(|t| t.finished_at.as_ref()).map(|t| t.0));
    }
}

/// Follows Kubernetes' own table printer, so that both tell the same.
pub(super) fn view(pod: &Pod) -> View {
    let phase = pod.status.as_ref().and_then(|s| s.phase.as_deref()).unwrap_or_default();
    let told = pod.status.as_ref().and_then(|s| s.reason.as_deref()).unwrap_or_default();
    let mut view = View {
        ready: 0,
        containers: pod.spec.as_ref().map_or(0, |s| s.containers.len()) + sidecars(pod).count(),
        reason: if told.is_empty() { phase } else { told }.to_owned(),
        restarts: 0,
        restarted: None,
    };
    if condition(pod, "PodScheduled").is_some_and(|c| c.reason.as_deref() == Some("SchedulingGated")) {
        view.reason = "SchedulingGated".into();
    }
    let (mut restarts, of_sidecars, initializing) = initial(pod, &mut view);
    if !initializing || condition(pod, "Initialized").is_some_and(|c| c.status == "True") {
        restarts = of_sidecars;
        main(pod, &mut view, &mut restarts);
    }
    if pod.metadata.deletion_timestamp.is_some() {
        if told == "NodeLost" {
            view.reason = "Unknown".into();
        } else if !matches!(phase, "Succeeded" | "Failed") {
            view.reason = "Terminating".into();
        }
    }
    (view.restarts, view.restarted) = (restarts.count, restarts.last);
    view
}

/// Init containers run one after the other: the first that is not done tells the state.
fn initial(pod: &Pod, view: &mut View) -> (Restarts, Restarts, bool) {
    let (mut all, mut of_sidecars) = (Restarts::default(), Restarts::default());
    let statuses = pod.status.iter().flat_map(|s| s.init_container_statuses.iter().flatten());
    for (at, container) in statuses.enumerate() {
        all.add(container);
        let sidecar = sidecars(pod).any(|name| name == container.name);
        if sidecar {
            of_sidecars.add(container);
        }
        let state = container.state.as_ref();
        let ended = state.and_then(|s| s.terminated.as_ref());
        let waits = state.and_then(|s| s.waiting.as_ref()).and_then(|w| w.reason.as_deref());
        if ended.is_some_and(|t| t.exit_code == 0) {
            continue;
        }
        if sidecar && container.started == Some(true) {
            view.ready += usize::from(container.ready);
            continue;
        }
        view.reason = match (ended, waits.filter(|w| !matches!(*w, "" | "PodInitializing"))) {
            (Some(ended), _) => format!("Init:{}", ending(ended)),
            (None, Some(waits)) => format!("Init:{waits}"),
            (None, None) => {
                let count =
                    pod.spec.as_ref().and_then(|s| s.init_containers.as_ref()).map_or(0, std::vec::Vec::len);
                format!("Init:{at}/{count}")
            }
        };
        return (all, of_sidecars, true);
    }
    (all, of_sidecars, false)
}

/// Of the main containers, the first one in trouble tells the state.
fn main(pod: &Pod, view: &mut View, restarts: &mut Restarts) {
    let mut runs = false;
    let statuses = pod.status.as_ref().and_then(|s| s.container_statuses.as_deref()).unwrap_or_default();
    for container in statuses.iter().rev() {
        restarts.add(container);
        let Some(state) = &container.state else { continue };
        let waits = state.waiting.as_ref().and_then(|w| w.reason.as_deref()).filter(|w| !w.is_empty());
        if let Some(waits) = waits {
            waits.clone_into(&mut view.reason);
        } else if let Some(ended) = &state.terminated {
            view.reason = ending(ended);
        } else if container.ready && state.running.is_some() {
            runs = true;
            view.ready += 1;
        }
    }
    if view.reason == "Completed" && runs {
        let ready = condition(pod, "Ready").is_some_and(|c| c.status == "True");
        view.reason = if ready { "Running" } else { "NotReady" }.into();
    }
}

fn ending(ended: &ContainerStateTerminated) -> String {
    match (ended.reason.as_deref().filter(|r| !r.is_empty()), ended.signal.filter(|s| *s != 0)) {
        (Some(reason), _) => reason.to_owned(),
        (None, Some(signal)) => format!("Signal:{signal}"),
        (None, None) => format!("ExitCode:{}", ended.exit_code),
    }
}

/// The init containers that keep running beside the main ones.
fn sidecars(pod: &Pod) -> impl Iterator<Item = &str> {
    let all = pod.spec.iter().flat_map(|s| s.init_containers.iter().flatten());
    all.filter(|c| c.restart_policy.as_deref() == Some("Always")).map(|c| c.name.as_str())
}

pub(super) fn condition<'a>(pod: &'a Pod, type_: &str) -> Option<&'a PodCondition> {
    pod.status.as_ref()?.conditions.iter().flatten().find(|c| c.type_ == type_)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn container(name: &str, ready: bool, state: &Value) -> Value {
        json!({"name": name, "image": "", "imageID": "", "restartCount": 0, "ready": ready, "state": state})
    }

    fn check(pod: Value, expected: (&str, &str)) {
        let pod: Pod = serde_json::from_value(pod).unwrap();
        let view = view(&pod);
        assert_eq!((format!("{}/{}", view.ready, view.containers).as_str(), view.reason.as_str()), expected);
    }

    fn pod(init: usize, containers: usize, status: &Value) -> Value {
        let named =
            |n: usize, as_: &str| (0..n).map(|i| json!({"name": format!("{as_}{i}")})).collect::<Vec<_>>();
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {},
            "spec": {"initContainers": named(init, "i"), "containers": named(containers, "c")}, "status": status})
    }

    #[test]
    fn main_containers_tell_the_state() {
        let with = |states: &[Value]| {
            let all: Vec<_> = states.iter().map(|s| container("c0", s.get("running").is_some(), s)).collect();
            pod(0, states.len(), &json!({"phase": "Running", "containerStatuses": all}))
        };
        let runs = json!({"running": {}});
        check(with(std::slice::from_ref(&runs)), ("1/1", "Running"));
        check(
            with(&[json!({"waiting": {"reason": "CrashLoopBackOff"}}), runs.clone()]),
            ("1/2", "CrashLoopBackOff"),
        );
        check(with(&[json!({"terminated": {"exitCode": 1, "reason": "Error"}})]), ("0/1", "Error"));
        check(with(&[json!({"terminated": {"exitCode": 3}})]), ("0/1", "ExitCode:3"));
        check(with(&[json!({"terminated": {"exitCode": 137, "signal": 9}})]), ("0/1", "Signal:9"));
        let done = json!({"terminated": {"exitCode": 0, "reason": "Completed"}});
        check(with(std::slice::from_ref(&done)), ("0/1", "Completed"));
        check(with(&[done.clone(), runs.clone()]), ("1/2", "NotReady"));
        let mut ready = with(&[done, runs]);
        ready["status"]["conditions"] = json!([{"type": "Ready", "status": "True"}]);
        check(ready, ("1/2", "Running"));
    }

    #[test]
    fn init_containers_come_first() {
        let with = |states: &[Value]| {
            let all: Vec<_> =
                states.iter().enumerate().map(|(i, s)| container(&format!("i{i}"), false, s)).collect();
            let main = container("c0", false, &json!({"waiting": {"reason": "PodInitializing"}}));
            pod(2, 1, &json!({"phase": "Pending", "initContainerStatuses": all, "containerStatuses": [main]}))
        };
        let done = json!({"terminated": {"exitCode": 0, "reason": "Completed"}});
        check(with(&[json!({"running": {}})]), ("0/1", "Init:0/2"));
        check(with(&[done.clone(), json!({"waiting": {"reason": "PodInitializing"}})]), ("0/1", "Init:1/2"));
        check(with(&[json!({"waiting": {"reason": "ErrImagePull"}})]), ("0/1", "Init:ErrImagePull"));
        check(with(&[json!({"terminated": {"exitCode": 1, "reason": "Error"}})]), ("0/1", "Init:Error"));
        check(with(&[json!({"terminated": {"exitCode": 2}})]), ("0/1", "Init:ExitCode:2"));
        check(with(&[done.clone(), done]), ("0/1", "PodInitializing"));
    }

    #[test]
    fn a_sidecar_counts_as_a_container() {
        let mut sidecar = container("i0", true, &json!({"running": {}}));
        sidecar["started"] = json!(true);
        let main = container("c0", true, &json!({"running": {}}));
        let mut pod = pod(
            1,
            1,
            &json!({"phase": "Running", "initContainerStatuses": [sidecar], "containerStatuses": [main]}),
        );
        pod["spec"]["initContainers"][0]["restartPolicy"] = json!("Always");
        check(pod, ("2/2", "Running"));
    }

    #[test]
    fn the_pod_itself_may_tell_more() {
        let deleted = |status: Value| {
            let mut pod = pod(0, 1, &status);
            pod["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
            pod
        };
        check(deleted(json!({"phase": "Running"})), ("0/1", "Terminating"));
        check(deleted(json!({"phase": "Succeeded"})), ("0/1", "Succeeded"));
        check(deleted(json!({"phase": "Running", "reason": "NodeLost"})), ("0/1", "Unknown"));
        check(pod(0, 1, &json!({"phase": "Failed", "reason": "Evicted"})), ("0/1", "Evicted"));
        let gated = json!([{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}]);
        check(pod(0, 1, &json!({"phase": "Pending", "conditions": gated})), ("0/1", "SchedulingGated"));
    }
}
