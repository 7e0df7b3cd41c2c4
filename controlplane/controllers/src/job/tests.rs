//! What is decided about jobs, as tables: a spec, a status, pods, and the changes they lead to.

mod counting;
mod ending;
mod indexed;

use super::*;
use serde_json::{Value, json};
use shared_api::{Object, OwnedBy, core::ContainerStatus};
use shared_reconcile::Change;
use shared_testkit::{MetaWords, PodWords, moment, object, pod};

/// A job called `pi`, complete as the API server would make it.
fn job(spec: &Value, status: &Value) -> Job {
    let mut spec = spec.clone();
    let container = json!({"name": "app", "image": "busybox"});
    spec["template"] = json!({"metadata": {"labels": {"app": "pi"}},
        "spec": {"containers": [container], "restartPolicy": spec.get("restarts").unwrap_or(&json!("Never"))}});
    spec.as_object_mut().unwrap().remove("restarts");
    spec["selector"] = json!({"matchLabels": {"app": "pi"}});
    spec["manualSelector"] = json!(true);
    let job = json!({"apiVersion": "batch/v1", "kind": "Job",
        "metadata": {"name": "pi", "namespace": "default", "uid": "uid-pi"}, "spec": spec, "status": status});
    let mut job = (*Object::from_value(&job).unwrap().to_kind::<Job>().unwrap()).clone();
    shared_api::Kind::set_defaults(&mut job);
    job
}

/// A pod of the job that is still to be counted.
fn of(name: &str) -> Pod {
    pod(name)
        .labelled("app", "pi")
        .kept_by("batch.kubernetes.io/job-tracking")
        .owned_by(&job(&json!({}), &json!({})))
}

/// The same, working on an index.
fn at(name: &str, index: i32) -> Pod {
    of(name).annotated(INDEX, &index.to_string())
}

/// Ended so many seconds after the moment with this exit code.
fn exited(pod: Pod, code: i32, after: i64) -> Pod {
    let mut pod = pod.phase(if code == 0 { "Succeeded" } else { "Failed" });
    let state = json!({"terminated": {"exitCode": code, "finishedAt": later(after).to_string()}});
    let status: ContainerStatus = serde_json::from_value(
        json!({"name": "app", "image": "", "imageID": "", "ready": false, "restartCount": 0, "state": state}),
    )
    .unwrap();
    pod.status_mut().container_statuses = Some(vec![status]);
    pod
}

fn later(seconds: i64) -> Timestamp {
    Timestamp::from_second(moment().as_second() + seconds).unwrap()
}

/// The status of a job that runs since the moment.
fn began(more: &Value) -> Value {
    let mut status = json!({"startTime": moment().to_string()});
    status.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    status
}

fn plan(spec: &Value, status: &Value, pods: &[Pod], after: i64) -> Plan {
    Jobs.reconcile(&job(spec, status), &World::of(pods.iter().map(object)).at(later(after)))
}

/// A plan in words; of the status only what `told` names.
fn words(plan: &Plan, told: &[&str]) -> Vec<String> {
    let word = |change: &Change| match change {
        Change::Create { object, .. } => {
            format!("create {}", object.metadata().generate_name.as_deref().unwrap())
        }
        Change::Delete { key, .. } => format!("delete {}", key.name),
        Change::Update(object) if object.metadata().finalizers.is_none() => match object.controller() {
            Some(_) => format!("free {}", object.name()),
            None => format!("release {}", object.name()),
        },
        Change::Update(object) => format!("adopt {}", object.name()),
        Change::UpdateStatus(object) => {
            let status = &object.value()["status"];
            let is = |c: &&Value| c["status"] == "True";
            let conditions = status["conditions"].as_array().into_iter().flatten().filter(is);
            let conditions = conditions.map(|c| c["type"].as_str().unwrap().to_owned());
            let fields = told.iter().filter(|f| !status[f].is_null()).map(|f| format!("{f} {}", status[f]));
            format!("is {}", fields.chain(conditions).collect::<Vec<_>>().join(", "))
        }
        Change::Record(note) => format!("tell {}", note.reason),
        other => format!("{other:?}"),
    };
    plan.changes.iter().map(word).collect()
}

/// What is decided, ten minutes after the moment.
fn decide(spec: &Value, status: &Value, pods: &[Pod]) -> Vec<String> {
    let words = words(&plan(spec, status, pods, 600), &[]);
    words.into_iter().filter(|word| word != "is ").collect()
}

#[test]
fn so_many_pods_work_at_once() {
    let running = |name: &str| of(name).on("n1").ready();
    for (spec, status, pods, expected) in [
        (json!({}), json!({}), vec![], vec!["create pi-"]),
        (json!({}), json!({}), vec![running("a")], vec![]),
        (json!({"parallelism": 2, "completions": 5}), json!({}), vec![running("a")], vec!["create pi-"]),
        (json!({"parallelism": 3, "completions": 5}), json!({"succeeded": 4}), vec![], vec!["create pi-"]),
        (
            json!({"parallelism": 1, "completions": 5}),
            json!({}),
            vec![running("a"), running("b")],
            vec!["free a", "delete a"],
        ),
        (json!({"parallelism": 0}), json!({}), vec![running("a")], vec!["free a", "delete a"]),
        (json!({"parallelism": 2}), json!({}), vec![running("a")], vec!["create pi-"]),
        (json!({"parallelism": 2}), json!({"succeeded": 1}), vec![running("a")], vec![]),
        (
            json!({"suspend": true}),
            json!({}),
            vec![running("a")],
            vec!["is Suspended", "tell Suspended", "free a", "delete a"],
        ),
        (json!({"managedBy": "example.com/queue"}), json!({}), vec![], vec![]),
    ] {
        assert_eq!(decide(&spec, &began(&status), &pods), expected, "{spec} {status}");
    }
}

#[test]
fn a_pod_about_to_end_is_replaced_or_awaited() {
    let ending = || [of("a").ready().deleted(moment())];
    assert_eq!(decide(&json!({}), &began(&json!({})), &ending()), ["free a", "create pi-"]);
    let spec = json!({"podReplacementPolicy": "Failed"});
    assert_eq!(decide(&spec, &began(&json!({})), &ending()), [""; 0]);
    let told = words(&plan(&spec, &began(&json!({})), &ending(), 600), &["active", "terminating", "failed"]);
    assert_eq!(told, ["is terminating 1"]);
}

#[test]
fn waifs_are_taken_in_and_strangers_let_go() {
    let waif = pod("waif").labelled("app", "pi");
    let other = pod("other").labelled("app", "db");
    let stranger = of("stranger").labelled("app", "debug");
    assert_eq!(decide(&json!({}), &json!({}), &[waif, other, stranger]), ["release stranger", "adopt waif"]);
}

#[test]
fn events_lead_to_the_job() {
    let world = World::of([object(&job(&json!({}), &json!({})))]);
    let concerned = |pod: &Pod| Reconciler::concerns(&Jobs, &Event::Added(object(pod)), &world).len();
    assert_eq!(concerned(&of("a")), 1);
    assert_eq!(concerned(&pod("waif").labelled("app", "pi")), 1);
    assert_eq!(concerned(&pod("other").labelled("app", "db")), 0);
}

#[test]
fn a_job_that_is_resumed_begins_anew() {
    let held = json!([{"type": "Suspended", "status": "True"}]);
    let plan = plan(&json!({}), &began(&json!({"conditions": held})), &[], 60);
    assert_eq!(
        words(&plan, &["startTime"]),
        [&format!("is startTime \"{}\"", later(60)), "tell Resumed", "create pi-"]
    );
}
