//! What is answered, and what is advised.

use super::*;
use serde_json::{Value, json};
use shared_api::{Kind, core::EventSource};
use shared_testkit::*;

fn ask<K: Kind>(object: &K, around: impl IntoIterator<Item = Object>) -> String {
    ask_of(&Object::from_kind(object), around, &[])
}

fn ask_of(object: &Object, around: impl IntoIterator<Item = Object>, tails: &[Tail]) -> String {
    let world = World::of(around.into_iter().chain([object.clone()])).at(moment());
    why(object, &Known { world: &world, tails }).text()
}

#[track_caller]
fn says(text: &str, lines: &[&str]) {
    for line in lines {
        assert!(text.lines().any(|l| l.trim() == *line), "{line:?} is not in\n{text}");
    }
}

fn status(pod: &Pod, container: &Value) -> Pod {
    let mut value = Object::from_kind(pod).value();
    value["status"] = json!({"phase": "Running", "containerStatuses": [container]});
    (*Object::from_value(&value).unwrap().to_kind::<Pod>().unwrap()).clone()
}

#[test]
fn a_pod_that_fits_nowhere_is_told_which_node_is_nearest_and_what_would_help() {
    let nodes = || {
        [
            object(&node("small").cpu("2").memory("1Gi").ready()),
            object(&node("tainted").cpu("8").memory("1Gi").ready().tainted("gpu", "NoSchedule")),
            object(&node("both").cpu("1").memory("1Gi").ready().tainted("gpu", "NoSchedule")),
        ]
    };
    let text = ask(&pod("big").requests("cpu", "3"), nodes());
    says(
        &text,
        &[
            "Pod big has no node: the scheduler has not looked at it yet",
            "→ tolerate the taints of tainted: gpu:NoSchedule",
        ],
    );
    let places: Vec<_> =
        ["tainted", "small", "both"].map(|n| text.find(&format!("\n  {n}")).unwrap()).to_vec();
    assert!(places.is_sorted(), "the nearest first:\n{text}");
    let [small, ..] = nodes();
    says(
        &ask(&pod("big").requests("cpu", "3"), [small]),
        &["→ no pod that asks 3 cpu fits on small, which has 2: ask for less, or join a larger node"],
    );
    let taken = object(&pod("other").requests("cpu", "1500m").on("small"));
    let text = ask(&pod("mid").requests("cpu", "1"), [object(&node("small").cpu("2").ready()), taken]);
    says(&text, &["→ free 500m cpu on small, or ask for at most 500m"]);
    let text = ask(
        &pod("a").selects("disk", "ssd"),
        [object(&node("n").cpu("2").ready().cordoned().tainted("x", "NoSchedule"))],
    );
    says(
        &text,
        &[
            "→ n is cordoned: uncordon n",
            "→ tolerate the taints of n: x:NoSchedule",
            "→ n lacks the labels disk=ssd: label node n disk=ssd",
        ],
    );
}

#[test]
fn a_crash_is_told_with_its_last_words() {
    let broken = status(
        &pod("web").on("n1"),
        &json!({
        "name": "app", "image": "x", "imageID": "", "ready": false, "restartCount": 4,
        "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s"}},
        "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}}),
    );
    assert_eq!(worth_hearing(&broken), [("app".to_owned(), true)]);
    let tails = [Tail { container: "app".into(), lines: vec!["allocating".into(), "more".into()] }];
    let text = ask_of(&Object::from_kind(&broken), [], &tails);
    says(
        &text,
        &[
            "Pod web: container app has ended 4 times; last exit code 137 (signal 9), OOMKilled",
            "→ it has no memory limit: the node itself ran short",
            "Last words of app",
            "more",
        ],
    );
}

#[test]
fn an_image_that_cannot_be_had_is_told_in_the_words_of_the_registry() {
    let waits = status(
        &pod("web").on("n1"),
        &json!({
        "name": "app", "image": "x:none", "imageID": "", "ready": false, "restartCount": 0,
        "state": {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image"}}}),
    );
    let mut event = Event {
        reason: Some("Failed".into()),
        message: Some("Failed to pull image: not found".into()),
        ..Event::default()
    };
    event.metadata.name = Some("e".into());
    event.metadata.namespace = Some("default".into());
    event.involved_object.kind = Some("Pod".into());
    event.involved_object.name = Some("web".into());
    event.source = Some(EventSource::default());
    let text = ask(&waits, [object(&event)]);
    says(
        &text,
        &["Pod web: the image x:none of container app cannot be had: Failed to pull image: not found"],
    );
}

#[test]
fn a_service_that_reaches_nobody_says_whom_it_wants() {
    let mut web = service("web");
    web.spec_mut().selector = Some([("app".to_owned(), "web".to_owned())].into());
    says(&ask(&web, []), &["Service web reaches nobody: no pod has the labels app=web"]);
    let ill = object(&pod("p").labelled("app", "web"));
    says(&ask(&web, [ill.clone()]), &["Service web reaches nobody: none of its 1 pods is ready"]);
    let well = object(&pod("q").labelled("app", "web").on("n1").ready());
    says(&ask(&web, [ill, well]), &["Service web is well: 1 of its 2 pods are ready"]);
}

#[test]
fn a_workload_says_what_its_pods_say() {
    let text = ask(
        &deployment("web", 2),
        [
            object(&pod("a").labelled("app", "web").on("n1").ready()),
            object(&pod("b").labelled("app", "web").requests("cpu", "9")),
            object(&node("n1").cpu("2").ready()),
        ],
    );
    says(
        &text,
        &[
            "Deployment web: 1 of 2 pods are ready",
            "Pod b has no node: the scheduler has not looked at it yet",
        ],
    );
    assert!(text.contains("asks 9 cpu, 2 of 2 left"), "{text}");
}

#[test]
fn a_node_and_any_other_kind_say_what_their_conditions_say() {
    says(&ask(&node("n1").ready(), []), &["Node n1 is well: it is ready and takes pods"]);
    says(&ask(&node("n1").ready().cordoned(), []), &["→ uncordon n1"]);
    assert!(ask(&node("n1").unready("Unknown"), []).starts_with("Node n1 has not been heard"));
    let claim = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "namespace": "default"}, "status": {"phase": "Pending"}});
    says(&ask_of(&Object::from_value(&claim).unwrap(), [], &[]), &["PersistentVolumeClaim data is Pending"]);
}

/// What is answered about an object of these words, in its first line.
fn answer(value: &Value) -> String {
    let object = Object::from_value(value).unwrap();
    ask_of(&object, [], &[]).lines().next().unwrap_or_default().to_owned()
}

#[test]
fn a_job_says_how_far_it_is_or_why_it_failed() {
    let job = |spec: Value, status: Value| {
        let mut spec = spec;
        spec["template"] = json!({});
        answer(
            &json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "pi", "namespace": "default"}, "spec": spec, "status": status}),
        )
    };
    let is = |type_: &str, reason: &str, message: &str| json!([{"type": type_, "status": "True", "reason": reason, "message": message}]);
    for (spec, status, expected) in [
        (
            json!({"completions": 5}),
            json!({"succeeded": 2, "active": 1}),
            "Job pi goes on: 2 of 5 done, 1 at work",
        ),
        (
            json!({"completions": 1}),
            json!({"failed": 2}),
            "Job pi goes on: 0 of 1 done, 2 failed, 0 at work: the next pod is made after a pause",
        ),
        (
            json!({"completions": 1}),
            json!({"succeeded": 1, "conditions": is("Complete", "", "")}),
            "Job pi has done its work: 1 of 1 done",
        ),
        (
            json!({"completions": 1}),
            json!({"failed": 7, "conditions": is("Failed", "BackoffLimitExceeded", "too often")}),
            "Job pi has failed: BackoffLimitExceeded: too often; 0 of 1 done, 7 failed",
        ),
        (json!({"suspend": true}), json!({}), "Job pi is suspended: 0 done"),
        (
            json!({"managedBy": "a.io/b"}),
            json!({}),
            "Job pi is left to a.io/b: nothing here acts on it; 0 done",
        ),
    ] {
        assert_eq!(job(spec, status), expected);
    }
}

#[test]
fn a_cron_job_says_when_it_runs_next() {
    let cron = |spec: Value| {
        let mut spec = spec;
        spec["jobTemplate"] = json!({"spec": {"template": {}}});
        answer(
            &json!({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "tick", "namespace": "default"}, "spec": spec}),
        )
    };
    for (spec, expected) in [
        (
            json!({"schedule": "*/5 * * * *"}),
            "CronJob tick runs next at 2026-01-01T00:05:00Z, in 5m; it has never run",
        ),
        (json!({"schedule": "@hourly", "suspend": true}), "CronJob tick is suspended; it has never run"),
        (json!({"schedule": "0 0 30 2 *"}), "CronJob tick never runs: \"0 0 30 2 *\" does not happen"),
        (
            json!({"schedule": "now"}),
            "CronJob tick cannot be run: \"now\": expected exactly 5 fields, found 1: [now]",
        ),
    ] {
        assert_eq!(cron(spec), expected);
    }
}

#[test]
fn an_autoscaler_says_what_holds_it() {
    let scaler = |conditions: Value| {
        let status = json!({"currentReplicas": 1, "desiredReplicas": 2, "conditions": conditions});
        let spec = json!({"maxReplicas": 3, "scaleTargetRef": {"kind": "Deployment", "name": "web"}});
        answer(&json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": "web", "namespace": "default"}, "spec": spec, "status": status}))
    };
    let is =
        |type_: &str, is: &str, message: &str| json!([{"type": type_, "status": is, "message": message}]);
    for (conditions, expected) in [
        (json!([]), "HorizontalPodAutoscaler web has not been looked at yet"),
        (is("ScalingActive", "False", "no metrics"), "HorizontalPodAutoscaler web does nothing: no metrics"),
        (
            is("ScalingLimited", "True", "the most"),
            "HorizontalPodAutoscaler web is held back at 1 replicas, 2 wanted: the most",
        ),
        (is("ScalingLimited", "False", "fits"), "HorizontalPodAutoscaler web is well: 1 replicas, 2 wanted"),
    ] {
        assert_eq!(scaler(conditions), expected);
    }
}
