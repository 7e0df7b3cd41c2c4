//! How a job ends: decided first, over when the last of its pods is.

use super::*;

#[test]
fn a_job_is_over_when_nothing_is_left_of_it() {
    let met = json!([{"type": "SuccessCriteriaMet", "status": "True", "reason": "CompletionsReached"}]);
    let target =
        json!([{"type": "FailureTarget", "status": "True", "reason": "DeadlineExceeded", "message": "late"}]);
    let free = |pod: Pod| template::free(&pod);
    for (what, status, pods, expected) in [
        ("decided", json!({}), vec![exited(of("a"), 0, 1)], vec!["is SuccessCriteriaMet", "free a"]),
        (
            "over",
            json!({"conditions": met, "uncountedTerminatedPods": {"succeeded": ["uid-a"]}}),
            vec![free(exited(of("a"), 0, 1))],
            vec!["is SuccessCriteriaMet, Complete", "tell Completed"],
        ),
        (
            "one is not yet gone",
            json!({"conditions": target, "failed": 1}),
            vec![free(of("a").ready()).deleted(moment())],
            vec!["is FailureTarget"],
        ),
        (
            "all are gone",
            json!({"conditions": target, "failed": 1}),
            vec![],
            vec!["is FailureTarget, Failed", "tell DeadlineExceeded"],
        ),
        (
            "it was over",
            json!({"conditions": [{"type": "Complete", "status": "True"}]}),
            vec![of("a")],
            vec![],
        ),
    ] {
        assert_eq!(decide(&json!({}), &began(&status), &pods), expected, "{what}");
    }
    assert_eq!(
        decide(&json!({"completions": 0}), &json!({}), &[]),
        ["is SuccessCriteriaMet, Complete", "tell Completed"],
        "there was nothing to do"
    );
}

#[test]
fn a_queue_is_done_when_one_says_so_and_the_others_end() {
    let spec = json!({"parallelism": 2});
    let done = exited(of("a"), 0, 1);
    assert_eq!(decide(&spec, &began(&json!({})), &[done.clone(), of("b").ready()]), ["free a"]);
    assert_eq!(decide(&spec, &began(&json!({})), &[done]), ["is SuccessCriteriaMet", "free a"]);
}

#[test]
fn a_job_fails_for_a_reason() {
    let failed = |name: &str| exited(of(name), 1, 1);
    let mut restarting = exited(of("a"), 0, 1).ready();
    restarting.status_mut().container_statuses.as_mut().unwrap()[0].restart_count = 2;
    let fails = |of: &[&str]| {
        let mut all = vec!["is FailureTarget".to_owned()];
        all.extend(of.iter().map(|pod| (*pod).to_owned()));
        all
    };
    for (what, spec, pods, reason, more) in [
        (
            "too often",
            json!({"backoffLimit": 0}),
            vec![failed("a")],
            "BackoffLimitExceeded",
            fails(&["free a"]),
        ),
        (
            "and what runs is stopped",
            json!({"backoffLimit": 0, "parallelism": 2, "completions": 2}),
            vec![failed("a"), of("b").ready()],
            "BackoffLimitExceeded",
            fails(&["free a", "free b", "delete b"]),
        ),
        (
            "restarted in place too often",
            json!({"backoffLimit": 2, "restarts": "OnFailure"}),
            vec![restarting],
            "BackoffLimitExceeded",
            fails(&["free a", "delete a"]),
        ),
        (
            "too long",
            json!({"activeDeadlineSeconds": 600}),
            vec![of("a").ready()],
            "DeadlineExceeded",
            fails(&["free a", "delete a"]),
        ),
    ] {
        let plan = plan(&spec, &began(&json!({})), &pods, 600);
        assert_eq!(words(&plan, &[]), more, "{what}");
        let Some(Change::UpdateStatus(told)) = plan.changes.first() else { panic!("{plan:?}") };
        let status = &told.value()["status"];
        assert_eq!(status["conditions"][0]["reason"], reason, "{what}");
        let failed = pods.len();
        assert_eq!(status["uncountedTerminatedPods"]["failed"].as_array().unwrap().len(), failed, "{what}");
    }
}

#[test]
fn a_deadline_is_kept_in_mind() {
    let spec = json!({"activeDeadlineSeconds": 600});
    let left = |now: i64, spec: &Value| {
        plan(spec, &began(&json!({})), &[of("a").ready()], now).again_in.map(|d| d.as_secs())
    };
    assert_eq!(left(100, &spec), Some(500));
    assert_eq!(left(100, &json!({})), None);
    assert_eq!(left(100, &json!({"activeDeadlineSeconds": 600, "suspend": true})), None);
}
