//! Every end is counted once, whatever happens between the steps.

use super::*;

const TOLD: &[&str] = &["succeeded", "failed", "uncountedTerminatedPods"];

fn counted(spec: &Value, status: &Value, pods: &[Pod]) -> Vec<String> {
    words(&plan(spec, &began(status), pods, 600), TOLD)
}

#[test]
fn an_end_is_written_down_then_let_go_then_counted() {
    let spec = json!({"completions": 3});
    let done = exited(of("a"), 0, 1);
    let free = |pod: &Pod| template::free(pod);
    // Its uid is written, and it is let go.
    assert_eq!(
        counted(&spec, &json!({}), std::slice::from_ref(&done)),
        ["is uncountedTerminatedPods {\"succeeded\":[\"uid-a\"]}", "free a", "create pi-"]
    );
    // It was not let go: it is again, and not counted twice.
    let waiting = json!({"ready": 0, "terminating": 0, "uncountedTerminatedPods": {"succeeded": ["uid-a"]}});
    assert_eq!(counted(&spec, &waiting, std::slice::from_ref(&done)), ["free a", "create pi-"]);
    // It was let go, or is even gone.
    for pods in [vec![free(&done)], vec![]] {
        assert_eq!(
            counted(&spec, &waiting, &pods),
            ["is succeeded 1, uncountedTerminatedPods {}", "create pi-"]
        );
    }
}

#[test]
fn failures_are_counted_too() {
    let spec = json!({"completions": 3});
    let failed = exited(of("a"), 1, 1);
    assert_eq!(
        counted(&spec, &json!({}), &[failed]),
        ["is uncountedTerminatedPods {\"failed\":[\"uid-a\"]}", "free a", "create pi-"]
    );
    let waiting = json!({"failed": 1, "uncountedTerminatedPods": {"failed": ["uid-a"]}});
    assert_eq!(counted(&spec, &waiting, &[]), ["is failed 2, uncountedTerminatedPods {}", "create pi-"]);
}

#[test]
fn a_job_that_goes_lets_its_pods_go() {
    let pods = [of("a").ready(), exited(of("b"), 0, 1)];
    let going = job(&json!({"completions": 5}), &began(&json!({}))).deleted(moment());
    let plan = Jobs.reconcile(&going, &World::of(pods.iter().map(object)).at(moment()));
    assert_eq!(
        words(&plan, TOLD),
        ["is uncountedTerminatedPods {\"succeeded\":[\"uid-b\"]}", "free a", "free b"]
    );
}

#[test]
fn pods_that_fail_are_replaced_later_each_time() {
    let spec = json!({"completions": 9});
    let failed = |name: &str, at: i64| template::free(&exited(of(name), 1, at));
    let done = |at: i64| template::free(&exited(of("done"), 0, at));
    for (pods, now, again, made) in [
        (vec![failed("a", 0)], 4, Some(6), 0),
        (vec![failed("a", 0)], 10, None, 1),
        (vec![failed("a", 0), failed("b", 20)], 30, Some(10), 0),
        (vec![failed("a", 0), failed("b", 20), done(10)], 30, None, 1),
        (vec![failed("a", 0), failed("b", 20).deleted(moment())], 11, None, 1),
    ] {
        let plan = plan(&spec, &began(&json!({})), &pods, now);
        let created = plan.changes.iter().filter(|c| matches!(c, Change::Create { .. })).count();
        assert_eq!((plan.again_in.map(|d| d.as_secs()), created), (again, made), "{pods:?}");
    }
}

#[test]
fn the_rules_for_failures_say_what_counts() {
    let rule = |action: &str, when: Value| {
        let mut rule = json!({"action": action});
        rule.as_object_mut().unwrap().extend(when.as_object().unwrap().clone());
        json!({"completions": 3, "podFailurePolicy": {"rules": [rule]}})
    };
    let codes = |codes: &[i32]| json!({"onExitCodes": {"operator": "In", "values": codes}});
    let moved = json!({"onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]});
    let counts = ["is uncountedTerminatedPods {\"failed\":[\"uid-a\"]}", "free a", "create pi-"];
    let ignored = ["is uncountedTerminatedPods {}", "free a", "create pi-"];
    let fails = ["is uncountedTerminatedPods {\"failed\":[\"uid-a\"]}, FailureTarget", "free a"];
    let failed = &exited(of("a"), 42, 1);
    let displaced = &failed.clone().condition("DisruptionTarget", "True");
    let left_alone = &failed.clone().condition("DisruptionTarget", "False");
    for (spec, pod, expected) in [
        (rule("Ignore", codes(&[42])), failed, &ignored[..]),
        (rule("Ignore", codes(&[1])), failed, &counts),
        (rule("Ignore", json!({"onExitCodes": {"operator": "NotIn", "values": [1]}})), failed, &ignored),
        (rule("Ignore", moved.clone()), displaced, &ignored),
        (rule("Ignore", moved.clone()), left_alone, &counts),
        (rule("Count", codes(&[42])), failed, &counts),
        (rule("FailJob", codes(&[42])), failed, &fails),
        (rule("FailJob", moved), failed, &counts),
    ] {
        assert_eq!(counted(&spec, &json!({}), std::slice::from_ref(pod)), expected, "{spec}");
    }
    let why = verdict_of(&rule("FailJob", codes(&[42])), std::slice::from_ref(failed));
    assert_eq!(
        why,
        "Container app for pod default/a failed with exit code 42 matching FailJob rule at index 0"
    );
}

/// The message of the condition that says that the job is to fail.
fn verdict_of(spec: &Value, pods: &[Pod]) -> String {
    let plan = plan(spec, &began(&json!({})), pods, 600);
    let Some(Change::UpdateStatus(told)) = plan.changes.first() else { panic!("{plan:?}") };
    told.value()["status"]["conditions"][0]["message"].as_str().unwrap().to_owned()
}
