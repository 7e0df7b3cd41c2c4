//! What is decided about cron jobs, as tables.

use super::*;
use serde_json::{Value, json};
use shared_api::{Object, OwnedBy};
use shared_reconcile::Change;
use shared_testkit::{MetaWords, moment, object};

/// The minute of the moment, as names of jobs have it.
const MINUTE: i64 = 29_453_760;

fn later(seconds: i64) -> Timestamp {
    Timestamp::from_second(moment().as_second() + seconds).unwrap()
}

/// A cron job for every minute, made at the moment.
fn cron(spec: &Value, status: &Value) -> CronJob {
    let mut whole = json!({"schedule": "* * * * *", "jobTemplate": {"metadata": {"labels": {"app": "tick"}}, "spec": {"template": {}}}});
    whole.as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
    let cron = json!({"apiVersion": "batch/v1", "kind": "CronJob", "spec": whole, "status": status,
        "metadata": {"name": "tick", "namespace": "default", "uid": "uid-tick", "creationTimestamp": moment().to_string()}});
    let mut cron = (*Object::from_value(&cron).unwrap().to_kind::<CronJob>().unwrap()).clone();
    shared_api::Kind::set_defaults(&mut cron);
    cron
}

/// Its job for so many minutes after the moment, which ended like this.
fn job(minutes: i64, end: &str) -> Job {
    let name = format!("tick-{}", MINUTE + minutes);
    let at = later(minutes * 60).to_string();
    let mut status = json!({"startTime": at});
    if !end.is_empty() {
        status["conditions"] = json!([{"type": end, "status": "True"}]);
    }
    if end == "Complete" {
        status["completionTime"] = json!(at);
    }
    let job = json!({"apiVersion": "batch/v1", "kind": "Job", "spec": {"template": {}}, "status": status,
        "metadata": {"name": name, "namespace": "default", "uid": format!("uid-{minutes}")}});
    let job = (*Object::from_value(&job).unwrap().to_kind::<Job>().unwrap()).clone();
    job.annotated(run::SCHEDULED, &at).owned_by(&cron(&json!({}), &json!({})))
}

fn active(minutes: &[i64]) -> Value {
    let reference = |m: &i64| json!({"apiVersion": "batch/v1", "kind": "Job", "namespace": "default", "name": format!("tick-{}", MINUTE + m), "uid": format!("uid-{m}")});
    minutes.iter().map(reference).collect::<Vec<_>>().into()
}

fn plan(cron: &CronJob, jobs: &[Job], after: i64) -> Plan {
    CronJobs.reconcile(cron, &World::of(jobs.iter().map(object)).at(later(after)))
}

/// In words; jobs by their minutes after the moment.
fn words(plan: &Plan) -> Vec<String> {
    let minute =
        |name: &str| name.rsplit('-').next().and_then(|m| m.parse::<i64>().ok()).unwrap_or(0) - MINUTE;
    let word = |change: &Change| match change {
        Change::Create { object, .. } => format!("create {}", minute(object.name())),
        Change::Delete { key, .. } => format!("delete {}", minute(&key.name)),
        Change::UpdateStatus(object) => {
            let status = &object.value()["status"];
            let names = status["active"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|a| minute(a["name"].as_str().unwrap()));
            let time = |field: &str| status[field].as_str().map_or("never", |t| &t[11..16]).to_owned();
            format!(
                "is {:?} {} {}",
                names.collect::<Vec<_>>(),
                time("lastScheduleTime"),
                time("lastSuccessfulTime")
            )
        }
        Change::Record(note) => format!("tell {}", note.reason),
        other => format!("{other:?}"),
    };
    plan.changes.iter().map(word).collect()
}

fn check(spec: &Value, status: &Value, jobs: &[Job], after: i64, expected: &[&str]) {
    let plan = plan(&cron(spec, status), jobs, after);
    assert_eq!(words(&plan), expected, "{spec} {status} after {after}");
}

#[test]
fn a_job_is_made_when_the_time_has_come() {
    check(&json!({}), &json!({}), &[], 59, &[]);
    check(&json!({}), &json!({}), &[], 60, &["create 1", "is [] 00:01 never"]);
    check(&json!({}), &json!({}), &[], 200, &["create 3", "is [] 00:03 never"]);
    let last = json!({"lastScheduleTime": later(120).to_string()});
    check(&json!({}), &last, &[], 150, &[]);
    check(&json!({}), &last, &[], 180, &["create 3", "is [] 00:03 never"]);
    check(&json!({"suspend": true}), &last, &[], 180, &[]);
    check(
        &json!({"schedule": "0 12 * * 1-5", "timeZone": "Asia/Shanghai"}),
        &json!({}),
        &[],
        14_400,
        &["create 240", "is [] 04:00 never"],
    );
    // It was made, only the status was not written.
    check(&json!({}), &last, &[job(3, "")], 180, &["is [3] 00:03 never"]);
    let again =
        |spec: Value, after: i64| plan(&cron(&spec, &json!({})), &[], after).again_in.map(|d| d.as_secs());
    assert_eq!(again(json!({}), 15), Some(45));
    assert_eq!(again(json!({"schedule": "@daily"}), 60), Some(86_340));
    assert_eq!(again(json!({"schedule": "0 0 31 2 *"}), 60), None);
}

#[test]
fn its_jobs_say_when_they_were_made_for() {
    let made = |zone: Value| {
        let plan = plan(&cron(&json!({"timeZone": zone}), &json!({})), &[], 60);
        let Some(Change::Create { object, told: Some(told) }) = plan.changes.first() else {
            panic!("{plan:?}")
        };
        assert_eq!((told.reason, told.message), ("SuccessfulCreate", "Created job "));
        assert_eq!(object.metadata().labels.as_ref().unwrap()["app"], "tick");
        assert_eq!(object.controller().unwrap().uid, "uid-tick");
        object.metadata().annotations.as_ref().unwrap()[run::SCHEDULED].clone()
    };
    assert_eq!(made(Value::Null), "2026-01-01T00:01:00Z");
    assert_eq!(made(json!("Asia/Shanghai")), "2026-01-01T08:01:00+08:00");
}

#[test]
fn starts_that_were_missed_are_made_up_for_by_one() {
    let many = &["tell TooManyMissedTimes", "create 200", "is [] 03:20 never"];
    check(&json!({}), &json!({}), &[], 12_000, many);
    check(
        &json!({"startingDeadlineSeconds": 200}),
        &json!({}),
        &[],
        12_000,
        &["create 200", "is [] 03:20 never"],
    );
    let hourly = |deadline: i64| json!({"schedule": "0 * * * *", "startingDeadlineSeconds": deadline});
    check(&hourly(10), &json!({}), &[], 3630, &[]);
    check(&hourly(30), &json!({}), &[], 3630, &["create 60", "is [] 01:00 never"]);
    // Not the same time apart.
    let odd = json!({"schedule": "0 0,1,20 * * *"});
    check(&odd, &json!({}), &[], 19 * 3600, &["create 60", "is [] 01:00 never"]);
    check(
        &json!({"schedule": "* 9 * * *"}),
        &json!({}),
        &[],
        32 * 3600,
        &["tell TooManyMissedTimes", "create 599", "is [] 09:59 never"],
    );
    check(&odd, &json!({}), &[], 21 * 3600, &["create 1200", "is [] 20:00 never"]);
}

#[test]
fn jobs_at_the_same_time_are_let_be_or_not() {
    let policy = |policy: &str| json!({"concurrencyPolicy": policy});
    let status = json!({"active": active(&[1]), "lastScheduleTime": later(60).to_string()});
    let check = |policy: &Value, expected: &[&str]| check(policy, &status, &[job(1, "")], 120, expected);
    check(&policy("Allow"), &["create 2", "is [1] 00:02 never"]);
    check(&policy("Forbid"), &["tell JobAlreadyActive"]);
    check(&policy("Replace"), &["delete 1", "create 2", "is [] 00:02 never"]);
}

#[test]
fn what_becomes_of_jobs_is_told() {
    let status = |active: &Value| {
        let mut status = json!({"lastScheduleTime": later(120).to_string()});
        if active != &json!([]) {
            status["active"] = active.clone();
        }
        status
    };
    let check = |known: &[i64], jobs: &[Job], expected: &[&str]| {
        check(&json!({}), &status(&active(known)), jobs, 130, expected);
    };
    check(&[], &[job(2, "")], &["is [2] 00:02 never"]);
    check(&[2], &[job(2, "")], &[]);
    check(&[2], &[job(2, "Complete")], &["is [] 00:02 00:02", "tell SawCompletedJob"]);
    check(&[2], &[job(2, "Failed")], &["is [] 00:02 never", "tell SawCompletedJob"]);
    check(&[2], &[], &["is [] 00:02 never", "tell MissingJob"]);
    let mut manual = job(2, "");
    manual.metadata.name = Some("by-hand".into());
    check(&[], &[manual], &["tell UnexpectedJob"]);
}

#[test]
fn the_oldest_jobs_are_forgotten() {
    let jobs: Vec<_> =
        [(1, "Complete"), (2, "Failed"), (3, "Complete"), (4, "Failed"), (5, "Complete"), (6, "Complete")]
            .map(|(minutes, end)| job(minutes, end))
            .into();
    let status =
        json!({"lastScheduleTime": later(360).to_string(), "lastSuccessfulTime": later(360).to_string()});
    check(&json!({}), &status, &jobs, 370, &["delete 1", "delete 2"]);
    let none = json!({"successfulJobsHistoryLimit": 0, "failedJobsHistoryLimit": 2});
    check(&none, &status, &jobs, 370, &["delete 1", "delete 3", "delete 5", "delete 6"]);
}

#[test]
fn a_cron_job_that_goes_starts_nothing() {
    let going = cron(&json!({}), &json!({})).deleted(moment());
    assert!(plan(&going, &[], 60).is_nothing());
}
