use super::*;
use crate::{
    fixtures::{at, exited, running, seen},
    observed::{Doing, Health, Slot, Trouble},
};
use agent_runtime::Phase;
use serde_json::{Value, json};

fn pod(spec: &Value) -> Pod {
    let mut spec = spec.clone();
    if spec["containers"].is_null() {
        spec["containers"] = json!([{"name": "main", "image": "a"}]);
    }
    let value = json!({"apiVersion": "v1", "kind": "Pod", "spec": spec, "metadata": {"name": "p", "namespace": "n", "uid": "u"},
        "status": {"startTime": at(0).to_string(), "conditions": [{"type": "PodScheduled", "status": "True"}]}});
    serde_json::from_value(value).unwrap()
}

fn container(name: &str, attempt: u32, phase: Phase) -> Seen {
    Seen {
        id: format!("{name}{attempt}"),
        name: name.into(),
        attempt,
        streak: attempt,
        hash: String::new(),
        image_id: "a@sha256:1".into(),
        resources: None,
        phase,
        message: Some("bye".into()),
        logs_as_message: false,
    }
}

fn of(pod: &Pod, seen: &Observed) -> Value {
    serde_json::to_value(status(pod, seen, &Host { ip: "10.0.0.1" }, at(5))).unwrap()
}

/// The phase, and what the first container waits for or ended with.
fn short(pod: &Pod, seen: &Observed) -> String {
    let status = of(pod, seen);
    let state = &status["containerStatuses"][0]["state"];
    let what =
        ["waiting", "terminated"].iter().find_map(|w| state[w]["reason"].as_str()).unwrap_or("running");
    format!("{} {what}", status["phase"].as_str().unwrap_or_default())
}

fn condition(status: &Value, name: &str) -> String {
    let all = status["conditions"].as_array().unwrap();
    let found = all.iter().find(|c| c["type"] == name).unwrap();
    format!("{} {}", found["status"].as_str().unwrap(), found["reason"].as_str().unwrap_or_default())
}

#[test]
fn phases_and_reasons_are_kubelets() {
    let always = pod(&json!({}));
    let never = pod(&json!({"restartPolicy": "Never"}));
    let init = pod(&json!({"initContainers": [{"name": "init", "image": "a"}]}));
    let main = |attempt, phase| seen([container("main", attempt, phase)]);
    for (pod, seen, expected) in [
        (&always, Observed::default(), "Pending ContainerCreating"),
        (&always, seen([]), "Pending ContainerCreating"),
        (&always, main(0, Phase::Created), "Pending ContainerCreating"),
        (&always, main(0, running()), "Running running"),
        (&always, main(0, exited(1, false)), "Running Error"),
        (&always, main(0, exited(0, false)), "Running Completed"),
        (&always, main(1, exited(1, false)), "Running CrashLoopBackOff"),
        (&never, main(0, exited(0, false)), "Succeeded Completed"),
        (&never, main(0, exited(3, false)), "Failed Error"),
        (&never, main(0, exited(137, true)), "Failed OOMKilled"),
        (&init, seen([]), "Pending PodInitializing"),
        (&init, seen([container("init", 0, running())]), "Pending PodInitializing"),
        (
            &init,
            seen([container("init", 0, exited(0, false)), container("main", 0, running())]),
            "Running running",
        ),
    ] {
        assert_eq!(short(pod, &seen), expected, "{seen:#?}");
    }
}

#[test]
fn a_running_pod_is_told_in_full() {
    let status = of(
        &pod(&json!({})),
        &seen([container("main", 2, running()), container("main", 1, exited(3, false))]),
    );
    assert_eq!(
        status["containerStatuses"][0],
        json!({
            "name": "main", "image": "a", "imageID": "a@sha256:1", "containerID": "containerd://main2",
            "ready": true, "started": true, "restartCount": 2,
            "state": {"running": {"startedAt": "1970-01-01T00:16:40Z"}},
            "lastState": {"terminated": {"containerID": "containerd://main1", "exitCode": 3, "reason": "Error", "message": "bye",
                "startedAt": "1970-01-01T00:16:40Z", "finishedAt": "1970-01-01T00:16:40Z"}}
        })
    );
    assert_eq!(status["podIPs"], json!([{"ip": "10.1.0.2"}]));
    assert_eq!(status["hostIPs"], json!([{"ip": "10.0.0.1"}]));
    assert_eq!(status["qosClass"], "BestEffort");
    for name in ["PodReadyToStartContainers", "Initialized", "ContainersReady", "Ready", "PodScheduled"] {
        assert_eq!(condition(&status, name), "True ", "{name}");
    }
}

#[test]
fn conditions_say_what_is_missing() {
    let empty = of(&pod(&json!({"initContainers": [{"name": "init", "image": "a"}]})), &Observed::default());
    assert_eq!(condition(&empty, "PodReadyToStartContainers"), "False ");
    assert_eq!(condition(&empty, "Initialized"), "False ContainersNotInitialized");
    assert_eq!(condition(&empty, "Ready"), "False ContainersNotReady");
    let done = of(&pod(&json!({"restartPolicy": "Never"})), &seen([container("main", 0, exited(0, false))]));
    assert_eq!(condition(&done, "Ready"), "False PodCompleted");
    assert_eq!(condition(&done, "Initialized"), "True PodCompleted");
    let gated = pod(&json!({"readinessGates": [{"conditionType": "x"}]}));
    let gated = of(&gated, &seen([container("main", 0, running())]));
    assert_eq!(
        (condition(&gated, "ContainersReady").as_str(), condition(&gated, "Ready").as_str()),
        ("True ", "False ReadinessGatesNotReady")
    );
}

#[test]
fn probes_decide_readiness() {
    let pod = pod(
        &json!({"containers": [{"name": "main", "image": "a", "startupProbe": {}, "readinessProbe": {}}]}),
    );
    let mut seen = seen([container("main", 0, running())]);
    let mut check = |startup, readiness| {
        seen.health.insert("main0".into(), Health { startup, readiness, liveness: None });
        let status = of(&pod, &seen);
        let container = &status["containerStatuses"][0];
        (container["started"].as_bool().unwrap(), container["ready"].as_bool().unwrap())
    };
    assert_eq!(check(None, None), (false, false));
    assert_eq!(check(None, Some(true)), (false, false));
    assert_eq!(check(Some(true), None), (true, false));
    assert_eq!(check(Some(true), Some(true)), (true, true));
}

#[test]
fn what_fails_and_what_takes_long_is_told() {
    let mut waiting = seen([]);
    let slot = Slot::Container("main".into());
    let pod = pod(&json!({}));
    waiting.busy.insert(slot.clone(), Doing::Making(Some("Pulling image \"a\": 40% of 9 MB".into())));
    let state = of(&pod, &waiting)["containerStatuses"][0]["state"]["waiting"].clone();
    assert_eq!(state, json!({"reason": "ContainerCreating", "message": "Pulling image \"a\": 40% of 9 MB"}));
    let mut trouble = |reason: &str, second| {
        let trouble = Trouble {
            reason: reason.into(),
            message: "why".into(),
            count: 1,
            at: at(second),
            retry_at: at(20),
        };
        waiting.troubles.insert(slot.clone(), trouble);
        of(&pod, &waiting)["containerStatuses"][0]["state"]["waiting"].clone()
    };
    assert_eq!(trouble("ErrImagePull", 4), json!({"reason": "ErrImagePull", "message": "why"}));
    let backed_off =
        json!({"reason": "ImagePullBackOff", "message": "Back-off pulling image \"a\": ErrImagePull: why"});
    assert_eq!(trouble("ErrImagePull", 0), backed_off);
    let config = json!({"reason": "CreateContainerConfigError", "message": "why"});
    assert_eq!(trouble("CreateContainerConfigError", 0), config);
}

#[test]
fn what_was_told_of_a_pod_that_ended_stays() {
    let never = pod(&json!({"restartPolicy": "Never"}));
    let mut ended = never.clone();
    let first =
        status(&never, &seen([container("main", 0, exited(3, false))]), &Host { ip: "10.0.0.1" }, at(1));
    ended.status = Some(first.clone());
    let later = status(&ended, &Observed::default(), &Host { ip: "10.0.0.1" }, at(9));
    assert_eq!(later.phase.as_deref(), Some("Failed"));
    assert_eq!(later.container_statuses, first.container_statuses);
    assert_eq!(later.pod_ip, first.pod_ip);
}

#[test]
fn a_pod_that_is_refused_has_failed_and_nothing_of_it_was() {
    let asked = pod(&json!({}));
    let refused = Observed { refused: true, ..Observed::default() };
    let told = of(&asked, &refused);
    assert_eq!((&told["phase"], &told["reason"]), (&json!("Failed"), &json!("NodePorts")));
    assert_eq!(told["containerStatuses"], Value::Null);
    let mut again = asked;
    again.status = serde_json::from_value(told.clone()).unwrap();
    assert_eq!(of(&again, &Observed::default())["containerStatuses"], Value::Null, "it stays so");
}
