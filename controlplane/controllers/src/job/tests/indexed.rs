//! Jobs whose every pod has a number.

use super::*;

fn indexed(more: &Value) -> Value {
    let mut spec = json!({"completionMode": "Indexed", "completions": 4, "parallelism": 2});
    spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    spec
}

#[test]
fn each_index_is_worked_on_by_one() {
    let running = |name: &str, index: i32| at(name, index).on("n1").ready();
    for (status, pods, expected) in [
        (json!({}), vec![], vec!["create pi-0-", "create pi-1-"]),
        (json!({}), vec![running("a", 0)], vec!["create pi-1-"]),
        (json!({"completedIndexes": "0,2"}), vec![running("a", 1)], vec!["create pi-3-"]),
        (json!({}), vec![running("a", 0), at("b", 0)], vec!["free b", "delete b"]),
        (json!({}), vec![running("a", 0), running("b", 9)], vec!["free b", "delete b"]),
    ] {
        assert_eq!(decide(&indexed(&json!({})), &began(&status), &pods), expected, "{status}");
    }
}

#[test]
fn a_pod_knows_its_index() {
    let plan = plan(&indexed(&json!({"completions": 1})), &began(&json!({})), &[], 0);
    let Some(Change::Create { object, .. }) = plan.changes.last() else { panic!("{plan:?}") };
    let pod = object.value();
    let meta = &pod["metadata"];
    assert_eq!((&meta["labels"][INDEX], &meta["annotations"][INDEX]), (&json!("0"), &json!("0")));
    assert_eq!(meta["finalizers"], json!(["batch.kubernetes.io/job-tracking"]));
    assert_eq!(pod["spec"]["hostname"], "pi-0");
    let field = json!({"fieldPath": format!("metadata.labels['{INDEX}']")});
    assert_eq!(
        pod["spec"]["containers"][0]["env"],
        json!([{"name": "JOB_COMPLETION_INDEX", "valueFrom": {"fieldRef": field}}])
    );
}

#[test]
fn what_is_done_is_told_in_few_words() {
    let told = |status: Value, pods: &[Pod]| {
        let told = ["succeeded", "completedIndexes", "failedIndexes", "uncountedTerminatedPods"];
        words(&plan(&indexed(&json!({})), &began(&status), pods, 600), &told)
    };
    let pods = [exited(at("a", 2), 0, 1), exited(at("b", 0), 0, 1), at("c", 1).ready()];
    assert_eq!(
        told(json!({}), &pods),
        [
            "is succeeded 2, completedIndexes \"0,2\", uncountedTerminatedPods {}",
            "free b",
            "free a",
            "create pi-3-"
        ]
    );
    let done = json!({"succeeded": 3, "completedIndexes": "0-2"});
    assert_eq!(
        told(done, &[exited(at("d", 3), 0, 1)]),
        [
            "is succeeded 4, completedIndexes \"0-3\", uncountedTerminatedPods {}, SuccessCriteriaMet",
            "free d"
        ]
    );
}

#[test]
fn some_indexes_may_be_enough() {
    let policy = |rule: Value| indexed(&json!({"successPolicy": {"rules": [rule]}}));
    let pods = || [exited(at("a", 0), 0, 1), at("b", 1).ready()];
    let (met, not_yet) =
        (vec!["is SuccessCriteriaMet", "free a", "free b", "delete b"], vec!["free a", "create pi-2-"]);
    for (rule, expected) in [
        (json!({"succeededIndexes": "0"}), &met),
        (json!({"succeededIndexes": "0-1"}), &not_yet),
        (json!({"succeededIndexes": "0-1", "succeededCount": 1}), &met),
        (json!({"succeededCount": 1}), &met),
        (json!({"succeededCount": 2}), &not_yet),
    ] {
        assert_eq!(&decide(&policy(rule.clone()), &began(&json!({})), &pods()), expected, "{rule}");
    }
}

#[test]
fn each_index_may_have_a_limit_of_its_own() {
    let spec = |more: &Value| {
        let mut spec = indexed(&json!({"completions": 2, "backoffLimitPerIndex": 1}));
        spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        spec
    };
    let failed = |name: &str, index: i32, before: &str| {
        exited(at(name, index).annotated("batch.kubernetes.io/job-index-failure-count", before), 1, 0)
    };
    let decide = |more: Value, status: Value, pods: &[Pod], now: i64| {
        words(&plan(&spec(&more), &began(&status), pods, now), &["failedIndexes"])
    };
    // A first failure keeps its pod until another takes its place, after a pause.
    let pods = [failed("a", 0, "0"), at("b", 1).ready()];
    assert_eq!(decide(json!({}), json!({}), &pods, 5), ["is failedIndexes \"\""]);
    assert_eq!(plan(&spec(&json!({})), &began(&json!({})), &pods, 4).again_in.map(|d| d.as_secs()), Some(6));
    assert_eq!(decide(json!({}), json!({}), &pods, 10), ["is failedIndexes \"\"", "create pi-0-"]);
    let replaced = plan(&spec(&json!({})), &began(&json!({})), &pods, 10);
    let Some(Change::Create { object, .. }) = replaced.changes.last() else { panic!("{replaced:?}") };
    let count =
        &object.metadata().annotations.as_ref().unwrap()["batch.kubernetes.io/job-index-failure-count"];
    assert_eq!(count, "1");
    let pods = [failed("a", 0, "0"), at("c", 0).ready(), at("b", 1).ready()];
    assert_eq!(decide(json!({}), json!({}), &pods, 10), ["is failedIndexes \"\"", "free a"]);
    // A second is one too many for the index, not for the job.
    let pods = [failed("a", 0, "1"), at("b", 1).ready()];
    assert_eq!(decide(json!({}), json!({}), &pods, 10), ["is failedIndexes \"0\"", "free a"]);
    let late = [failed("a", 0, "1"), exited(at("b", 1), 0, 0)];
    assert_eq!(
        decide(json!({}), json!({}), &late, 10),
        ["is failedIndexes \"0\", FailureTarget", "free a", "free b"]
    );
    // Or for the job, where it says so; or at once, where a rule says so.
    assert_eq!(
        decide(json!({"maxFailedIndexes": 0}), json!({}), &pods, 10),
        ["is failedIndexes \"0\", FailureTarget", "free a", "free b", "delete b"]
    );
    let rule = json!({"action": "FailIndex", "onExitCodes": {"operator": "In", "values": [1]}});
    let pods = [failed("a", 0, "0"), at("b", 1).ready()];
    assert_eq!(
        decide(json!({"podFailurePolicy": {"rules": [rule]}}), json!({}), &pods, 10),
        ["is failedIndexes \"0\"", "free a"]
    );
}
