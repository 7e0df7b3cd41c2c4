//! A pod's life, second by second.

use super::*;
use crate::life::ANNOTATION;
use shared_testkit::{MetaWords, PodWords, moment, object, pod};

fn place() -> Place {
    Place { host: "10.20.0.10".into(), address: "10.244.0.2".into(), takes: 2 }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(moment().as_second() + second).unwrap()
}

/// What a person sees of a pod.
fn seen(pod: &Pod) -> String {
    let status = pod.status.clone().unwrap_or_default();
    let all = status.container_statuses.unwrap_or_default();
    let each = all.iter().map(|s| {
        let state = s.state.clone().unwrap_or_default();
        let word = match (&state.waiting, &state.terminated) {
            (Some(w), _) => w.reason.clone().unwrap_or_default(),
            (_, Some(t)) => t.reason.clone().unwrap_or_default(),
            _ => "runs".into(),
        };
        format!("{word}{}{}", if s.ready { "+" } else { "" }, s.restart_count)
    });
    format!("{} {}", status.phase.unwrap_or_default(), each.collect::<Vec<_>>().join(" "))
}

/// Lives a pod until it rests or is removed, at most so many steps.
fn live(mut pod: Pod, steps: usize) -> Vec<(i64, String)> {
    let (mut now, mut lived) = (moment(), Vec::new());
    for _ in 0..steps * 2 {
        match next(&pod, &place(), now) {
            Next::Tell(status) => {
                pod.status = Some(*status);
                // What is told can be stored and read.
                let again = object(&pod).to_kind::<Pod>().unwrap();
                assert_eq!(again.status, pod.status);
                lived.push((now.as_second() - moment().as_second(), seen(&pod)));
            }
            Next::Wait(then) => {
                assert!(then > now, "{} waits for a moment that is past", seen(&pod));
                now = then;
            }
            Next::Remove => {
                lived.push((now.as_second() - moment().as_second(), "removed".into()));
                break;
            }
            Next::Rest => break,
        }
        if lived.len() == steps {
            break;
        }
    }
    lived
}

fn check(pod: Pod, steps: usize, wanted: &[(i64, &str)]) {
    let lived = live(pod, steps);
    let lived: Vec<_> = lived.iter().map(|(second, seen)| (*second, seen.as_str())).collect();
    assert_eq!(lived, wanted);
}

fn lives(word: &str) -> Pod {
    pod("a").on("hollow-0").annotated(ANNOTATION, word)
}

#[test]
fn a_pod_begins_runs_and_rests() {
    check(lives("runs"), 9, &[(0, "Pending ContainerCreating0"), (2, "Running runs+0")]);
    check(lives("unready"), 9, &[(0, "Pending ContainerCreating0"), (2, "Running runs0")]);
}

#[test]
fn a_probe_delays_readiness() {
    let mut pod = lives("runs");
    let probe = shared_api::core::Probe { initial_delay_seconds: Some(3), ..Default::default() };
    pod.spec.as_mut().unwrap().containers[0].readiness_probe = Some(probe);
    check(pod, 9, &[(0, "Pending ContainerCreating0"), (2, "Running runs0"), (5, "Running runs+0")]);
}

#[test]
fn an_image_that_is_not_there_is_waited_for() {
    check(
        lives("missing"),
        9,
        &[(0, "Pending ContainerCreating0"), (2, "Pending ErrImagePull0"), (12, "Pending ImagePullBackOff0")],
    );
}

#[test]
fn a_crash_is_tried_again_ever_later() {
    check(
        lives("crash"),
        7,
        &[
            (0, "Pending ContainerCreating0"),
            (2, "Running runs+0"),
            (6, "Running runs+1"),
            (10, "Running CrashLoopBackOff1"),
            (20, "Running runs+2"),
            (24, "Running CrashLoopBackOff2"),
            (44, "Running runs+3"),
        ],
    );
}

#[test]
fn work_that_is_done_is_over() {
    for (word, policy, wanted) in [
        ("done", "Never", "Succeeded Completed0"),
        ("crash", "Never", "Failed Error0"),
        ("oom", "Never", "Failed OOMKilled0"),
        ("done", "OnFailure", "Succeeded Completed0"),
        ("crash", "OnFailure", "Running runs+1"),
    ] {
        let mut pod = lives(word);
        pod.spec.as_mut().unwrap().restart_policy = Some(policy.into());
        assert_eq!(live(pod, 3).last().unwrap().1, wanted, "{word} {policy}");
    }
}

#[test]
fn a_pod_that_is_deleted_ends_in_a_moment_and_not_after_its_grace() {
    for (grace, takes, wanted) in [(30, 2, 2), (1, 2, 1), (30, 0, 0)] {
        let mut pod = lives("runs").deleted(at(grace));
        pod.metadata.deletion_grace_period_seconds = Some(grace);
        let place = Place { takes, ..place() };
        let mut now = at(0);
        if let Next::Wait(then) = next(&pod, &place, now) {
            now = then;
        }
        assert_eq!((next(&pod, &place, now), now), (Next::Remove, at(wanted)));
    }
    let mut kept = lives("runs").deleted(at(0)).kept_by("example.com/mine");
    kept.metadata.deletion_grace_period_seconds = Some(0);
    assert_eq!(next(&kept, &place(), at(9)), Next::Rest);
}

#[test]
fn what_others_say_of_a_pod_stays() {
    let Next::Tell(status) = next(&lives("runs").condition("PodScheduled", "True"), &place(), at(0)) else {
        panic!("something to tell");
    };
    let conditions = status.conditions.unwrap();
    assert!(conditions.iter().any(|c| c.type_ == "PodScheduled" && c.status == "True"));
    assert!(conditions.iter().any(|c| c.type_ == "Ready" && c.status == "False"));
}

#[test]
fn a_restart_is_a_change() {
    let mut pod = lives("runs").ready();
    let after = restarted(&pod, at(60)).unwrap();
    pod.status = Some(after);
    assert_eq!(seen(&pod), "Running runs+1");
    assert!(restarted(&lives("runs"), at(0)).is_none(), "nothing runs yet");
}

#[test]
fn what_happens_to_a_pod_is_worth_telling() {
    let mut old = PodStatus::default();
    let mut reasons = Vec::new();
    let mut pod = lives("crash");
    for second in [0, 2, 6, 10] {
        let Next::Tell(status) = next(&pod, &place(), at(second)) else { panic!("something to tell") };
        reasons.extend(told(&old, &status).into_iter().map(|t| t.reason));
        old = (*status).clone();
        pod.status = Some(*status);
    }
    let start = ["Pulled", "Created", "Started"];
    assert_eq!(reasons, [&["Pulling"][..], &start, &start, &["BackOff"]].concat());
}

#[test]
fn a_guest_runs_from_when_it_comes() {
    let mut one = pod("a").on("n1");
    let guest =
        serde_json::from_value(serde_json::json!({"name": "debugger-1", "image": "busybox", "stdin": true}));
    one.spec.as_mut().unwrap().ephemeral_containers = Some(vec![guest.unwrap()]);
    let Next::Tell(status) = next(&one, &place(), at(5)) else { panic!("there is something to tell") };
    one.status = Some(*status);
    let Next::Tell(status) = next(&one, &place(), at(9)) else { panic!("there is more to tell") };
    let guests = status.ephemeral_container_statuses.unwrap();
    assert!(guests[0].state.as_ref().unwrap().running.is_some() && !guests[0].ready, "{guests:?}");
}
