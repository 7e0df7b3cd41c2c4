//! Tables of schedules, templates and rows.

use super::CronJob;
use crate::core::testing::{changed, completed, findings, row};
use serde_json::{Value, json};

fn cron(more: &Value) -> Value {
    let pod = json!({"containers": [{"name": "a", "image": "x:1"}], "restartPolicy": "OnFailure"});
    let mut spec = json!({"schedule": "*/5 * * * *", "jobTemplate": {"spec": {"template": {"spec": pod}}}});
    for (key, value) in more.as_object().unwrap() {
        spec[key] = value.clone();
    }
    json!({"spec": spec})
}

fn check(more: &Value, expected: &[&str]) {
    assert_eq!(findings::<CronJob>(cron(more)), expected);
}

#[test]
fn the_shortest_cron_job_becomes_whole() {
    let mut spec = completed::<CronJob>(cron(&json!({})))["spec"].clone();
    assert_eq!(spec["jobTemplate"]["spec"].get("backoffLimit"), None, "decided when a job is made");
    assert_eq!(spec["jobTemplate"]["spec"]["template"]["spec"]["dnsPolicy"], "ClusterFirst");
    spec.as_object_mut().unwrap().remove("jobTemplate");
    assert_eq!(
        spec,
        json!({"concurrencyPolicy": "Allow", "failedJobsHistoryLimit": 1, "schedule": "*/5 * * * *",
            "successfulJobsHistoryLimit": 3, "suspend": false})
    );
}

#[test]
fn a_cron_job_is_shown_by_its_schedule() {
    let mut job = cron(&json!({"timeZone": "Asia/Shanghai"}));
    job["status"] = json!({"active": [{"name": "a-1"}], "lastScheduleTime": "2026-01-01T00:00:30Z"});
    assert_eq!(
        row::<CronJob>(job),
        ["*/5 * * * *", "Asia/Shanghai", "False", "1", "30s", "<unknown>", "a", "x:1", "<none>"]
    );
    let never = row::<CronJob>(cron(&json!({"suspend": true})));
    assert_eq!(never[1..5], ["<none>", "True", "0", "<none>"]);
}

#[test]
fn each_finding_names_its_field() {
    check(&json!({}), &[]);
    check(&json!({"schedule": ""}), &["spec.schedule: Required value"]);
    check(
        &json!({"schedule": "now"}),
        &["spec.schedule: Invalid value: \"now\": expected exactly 5 fields, found 1: [now]"],
    );
    check(
        &json!({"schedule": "TZ=UTC * * * * *"}),
        &[
            "spec.schedule: Invalid value: \"TZ=UTC * * * * *\": cannot use TZ or CRON_TZ in schedule, use timeZone field \
             instead",
        ],
    );
    check(
        &json!({"timeZone": "Mars/Base"}),
        &["spec.timeZone: Invalid value: \"Mars/Base\": unknown time zone Mars/Base"],
    );
    check(
        &json!({"concurrencyPolicy": "Queue"}),
        &[
            "spec.concurrencyPolicy: Unsupported value: \"Queue\": supported values: \"Allow\", \"Forbid\", \"Replace\"",
        ],
    );
    check(
        &json!({"startingDeadlineSeconds": -1, "failedJobsHistoryLimit": -2}),
        &[
            "spec.startingDeadlineSeconds: Invalid value: -1: must be greater than or equal to 0",
            "spec.failedJobsHistoryLimit: Invalid value: -2: must be greater than or equal to 0",
        ],
    );
}

#[test]
fn its_jobs_choose_their_pods_and_end() {
    let pod = json!({"containers": [{"name": "a", "image": "b"}]});
    let spec =
        json!({"manualSelector": true, "selector": {"matchLabels": {"a": "b"}}, "template": {"spec": pod}});
    check(
        &json!({"jobTemplate": {"spec": spec}}),
        &[
            "spec.jobTemplate.spec.template.spec.restartPolicy: Required value: valid values: \"OnFailure\", \"Never\"",
            "spec.jobTemplate.spec.selector: Invalid value: {\"matchLabels\":{\"a\":\"b\"}}: `selector` will be auto-generated",
            "spec.jobTemplate.spec.manualSelector: Unsupported value: true: supported values: \"nil\", \"false\"",
        ],
    );
}

#[test]
fn a_name_leaves_room_for_those_of_its_jobs() {
    let mut long = cron(&json!({}));
    long["metadata"] = json!({"name": "a".repeat(53)});
    let found = findings::<CronJob>(long.clone());
    assert!(found.len() == 1 && found[0].ends_with(": must be no more than 52 bytes"), "{found:?}");
    assert_eq!(changed::<CronJob>(long.clone(), long), [""; 0], "it was there before the rule");
}
