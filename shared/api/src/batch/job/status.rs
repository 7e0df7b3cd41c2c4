//! What is wrong with what is told of a job.

use super::is;
use crate::{Invalid, core::pod::validate::at_least};
use k8s_openapi::api::batch::v1::JobStatus;

/// Records a status that contradicts itself, or takes back what was final.
pub(super) fn valid(status: &JobStatus, old: Option<&JobStatus>, invalid: &mut Invalid) {
    for (field, number) in [
        ("active", status.active),
        ("succeeded", status.succeeded),
        ("failed", status.failed),
        ("ready", status.ready),
        ("terminating", status.terminating),
    ] {
        at_least(0, number, format!("status.{field}"), invalid);
    }
    let both = [("Complete", "Failed"), ("Complete", "FailureTarget"), ("SuccessCriteriaMet", "Failed")];
    for (one, other) in both {
        if is(status, one) && is(status, other) {
            let other = if other == "FailureTarget" { "FailureTarget=true" } else { "Failed=true" };
            invalid.whole("status.conditions", &format!("cannot set {one}=True and {other} conditions"));
        }
    }
    let finished = is(status, "Complete") || is(status, "Failed");
    if let Some(active) = status.active.filter(|a| *a > 0 && finished) {
        invalid.value("status.active", active, "active>0 is invalid for finished job");
    }
    if finished && status.start_time.is_none() {
        invalid.required("status.startTime", "startTime is required for finished job");
    }
    match (&status.completion_time, is(status, "Complete")) {
        (None, true) => {
            invalid.required("status.completionTime", "completionTime is required for Complete jobs");
        }
        (Some(time), false) => {
            let why = "cannot set completionTime when there is no Complete=True condition";
            invalid.value("status.completionTime", time, why);
        }
        _ => {}
    }
    let Some(old) = old else { return };
    for kind in ["Failed", "Complete", "FailureTarget", "SuccessCriteriaMet"] {
        if is(old, kind) && !is(status, kind) {
            invalid.whole("status.conditions", &format!("cannot disable the terminal {kind}=True condition"));
        }
    }
    if let Some(failed) = status.failed.filter(|f| old.failed.is_some_and(|old| *f < old)) {
        invalid.value("status.failed", failed, "cannot decrease the failed counter");
    }
}

#[cfg(test)]
mod tests {
    use crate::{batch::Job, core::testing::changed};
    use serde_json::{Value, json};

    fn check(old: &Value, new: &Value, expected: &[&str]) {
        let pod = json!({"containers": [{"name": "a", "image": "b"}], "restartPolicy": "Never"});
        let job = |status: &Value| json!({"metadata": {"name": "a", "uid": "u"}, "spec": {"template": {"spec": pod}}, "status": status});
        assert_eq!(changed::<Job>(job(old), job(new)), expected);
    }

    #[test]
    fn a_status_does_not_contradict_itself() {
        let is = |list: &[&str]| -> Value {
            list.iter().map(|c| json!({"type": c, "status": "True"})).collect::<Vec<_>>().into()
        };
        let at = "2026-01-01T00:00:00Z";
        let done =
            json!({"startTime": at, "completionTime": at, "succeeded": 1, "conditions": is(&["Complete"])});
        check(&json!({}), &done, &[]);
        check(
            &json!({}),
            &json!({"active": -1}),
            &["status.active: Invalid value: -1: must be greater than or equal to 0"],
        );
        check(
            &json!({}),
            &json!({"startTime": at, "completionTime": at, "conditions": is(&["Complete", "Failed"])}),
            &["status.conditions: Invalid value: cannot set Complete=True and Failed=true conditions"],
        );
        check(
            &done,
            &json!({"startTime": at, "succeeded": 1}),
            &["status.conditions: Invalid value: cannot disable the terminal Complete=True condition"],
        );
        check(
            &json!({}),
            &json!({"conditions": is(&["Failed"])}),
            &["status.startTime: Required value: startTime is required for finished job"],
        );
    }
}
