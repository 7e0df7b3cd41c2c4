use super::*;
use crate::{
    fixtures::{self, at, running, seen},
    observed::{Health, Trouble},
};
use serde_json::{Value, json};

fn pod(spec: &Value) -> Pod {
    let mut spec = spec.clone();
    spec["containers"] = json!([{"name": "main", "image": "a"}]);
    let value = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "n", "uid": "u"}, "spec": spec});
    serde_json::from_value(value).unwrap()
}

fn always() -> Pod {
    pod(&json!({}))
}

fn deleted(mut pod: Pod) -> Pod {
    pod.metadata.deletion_timestamp = Some(shared_api::Time(at(0)));
    pod.metadata.deletion_grace_period_seconds = Some(7);
    pod
}

fn container(name: &str, attempt: u32, phase: Phase) -> Seen {
    let made = Container { name: name.into(), image: Some("a".into()), ..Container::default() };
    Seen {
        id: format!("{name}-{attempt}"),
        name: name.into(),
        attempt,
        streak: attempt,
        hash: labels::hash(&made),
        image_id: String::new(),
        resources: None,
        phase,
        message: None,
        logs_as_message: false,
    }
}

fn exited(code: i32) -> Phase {
    fixtures::exited(code, false)
}

fn start(name: &str, attempt: u32, streak: u32) -> Step {
    Step::Start { name: name.into(), attempt, streak }
}

fn stop(name: &str, attempt: u32, grace: i64, why: Why) -> Step {
    Step::Stop { id: format!("{name}-{attempt}"), name: name.into(), grace, why }
}

#[test]
fn a_life() {
    let main = |attempt, phase| seen([container("main", attempt, phase)]);
    let nothing: [Step; 0] = [];
    assert_eq!(plan(&always(), &Observed::default(), at(0)), [Step::CreateSandbox, Step::Mount]);
    assert_eq!(plan(&pod(&json!({"hostNetwork": true})), &Observed::default(), at(0)), [Step::Mount]);
    assert_eq!(plan(&always(), &seen([]), at(0)), [start("main", 0, 0)]);
    assert_eq!(plan(&always(), &main(0, Phase::Created), at(0)), [start("main", 0, 0)]);
    assert_eq!(plan(&always(), &main(0, running()), at(0)), nothing);
    assert_eq!(
        plan(&always(), &main(0, exited(0)), at(0)),
        [start("main", 1, 1)],
        "the first end is forgiven"
    );
    assert_eq!(plan(&always(), &main(1, exited(1)), at(9)), nothing, "the second is not");
    assert_eq!(plan(&always(), &main(1, exited(1)), at(10)), [start("main", 2, 2)]);
    assert_eq!(plan(&deleted(always()), &main(1, running()), at(0)), [stop("main", 1, 7, Why::Ending)]);
    assert_eq!(
        plan(&deleted(always()), &main(1, Phase::Created), at(0)),
        [Step::Remove { id: "main-1".into() }]
    );
    assert_eq!(plan(&deleted(always()), &main(1, exited(0)), at(0)), [Step::Finish]);
    assert_eq!(plan(&deleted(always()), &Observed::default(), at(0)), [Step::Finish]);
}

#[test]
fn policies_decide_what_is_made_again() {
    for (policy, code, again) in [
        ("OnFailure", 0, false),
        ("OnFailure", 1, true),
        ("Never", 0, false),
        ("Never", 1, false),
        ("Always", 0, true),
    ] {
        let steps =
            plan(&pod(&json!({"restartPolicy": policy})), &seen([container("main", 0, exited(code))]), at(0));
        let expected = if again { vec![start("main", 1, 1)] } else { vec![Step::Release] };
        assert_eq!(steps, expected, "{policy} {code}");
    }
}

#[test]
fn what_is_being_done_is_not_begun_again() {
    let mut busy = seen([container("main", 0, running())]);
    busy.busy.insert(Slot::Container("main".into()), Doing::Stopping(30));
    assert_eq!(
        plan(&deleted(always()), &busy, at(0)),
        [stop("main", 0, 7, Why::Ending)],
        "a shorter grace overrules"
    );
    busy.busy.insert(Slot::Container("main".into()), Doing::Stopping(7));
    assert_eq!(plan(&deleted(always()), &busy, at(0)), []);
    busy.busy.insert(Slot::Container("main".into()), Doing::Making(None));
    assert_eq!(plan(&deleted(always()), &busy, at(0)), [], "a start is waited for");
}

#[test]
fn what_failed_is_tried_again_when_it_is_due() {
    let mut waiting = seen([]);
    let trouble = Trouble {
        reason: "ErrImagePull".into(),
        message: String::new(),
        count: 1,
        at: at(0),
        retry_at: at(10),
    };
    waiting.troubles.insert(Slot::Container("main".into()), trouble);
    assert_eq!(plan(&always(), &waiting, at(9)), []);
    assert_eq!(wake(&always(), &waiting, at(1)), Some(at(3)), "it is called a back-off from then on");
    assert_eq!(wake(&always(), &waiting, at(4)), Some(at(10)));
    assert_eq!(plan(&always(), &waiting, at(10)), [start("main", 0, 0)]);
}

#[test]
fn init_containers_come_first_and_one_by_one() {
    let pod = pod(&json!({"initContainers": [
        {"name": "one", "image": "a"}, {"name": "side", "image": "a", "restartPolicy": "Always"}, {"name": "two", "image": "a"}]}));
    let one = |phase| container("one", 0, phase);
    let side = || container("side", 0, running());
    for (containers, expected) in [
        (vec![], vec![start("one", 0, 0)]),
        (vec![one(running())], vec![]),
        (vec![one(exited(1))], vec![start("one", 1, 1)]),
        (vec![one(exited(0))], vec![start("side", 0, 0)]),
        (vec![one(exited(0)), side()], vec![start("two", 0, 0)]),
        (vec![one(exited(0)), side(), container("two", 0, exited(0))], vec![start("main", 0, 0)]),
        (vec![side(), container("main", 0, running())], vec![]),
    ] {
        assert_eq!(plan(&pod, &seen(containers.clone()), at(0)), expected, "{containers:#?}");
    }
    let both = seen([side(), container("main", 0, running())]);
    assert_eq!(plan(&deleted(pod.clone()), &both, at(0)), [stop("main", 0, 7, Why::Ending)]);
    let last = seen([side(), container("main", 0, exited(0))]);
    assert_eq!(
        plan(&deleted(pod), &last, at(0)),
        [stop("side", 0, 7, Why::Ending)],
        "it outlives the others"
    );
}

#[test]
fn what_is_not_well_or_not_as_asked_is_ended() {
    let mut pod = always();
    let probe =
        || Some(shared_api::core::Probe { termination_grace_period_seconds: Some(3), ..Default::default() });
    let container_spec = &mut pod.spec.as_mut().unwrap().containers[0];
    (container_spec.liveness_probe, container_spec.startup_probe) = (probe(), probe());
    let mut sick = seen([container("main", 0, running())]);
    let mut says = |health| {
        sick.health.insert("main-0".into(), health);
        plan(&pod, &sick, at(0))
    };
    assert_eq!(says(Health::default()), []);
    assert_eq!(
        says(Health { liveness: Some(false), ..Health::default() }),
        [stop("main", 0, 3, Why::Unhealthy)]
    );
    assert_eq!(
        says(Health { startup: Some(false), ..Health::default() }),
        [stop("main", 0, 3, Why::NotStarted)]
    );
    let mut other = always();
    other.spec.as_mut().unwrap().containers[0].image = Some("b".into());
    let there = seen([container("main", 0, running())]);
    assert_eq!(plan(&other, &there, at(0)), [stop("main", 0, 30, Why::Changed)]);
    let ended = seen([container("main", 3, exited(0))]);
    assert_eq!(plan(&other, &ended, at(0)), [start("main", 4, 4)], "no back-off for what was asked");
}

#[test]
fn one_ended_container_is_kept_beside_the_newest() {
    let three = seen([
        container("main", 0, exited(1)),
        container("main", 1, exited(1)),
        container("main", 2, running()),
    ]);
    assert_eq!(plan(&always(), &three, at(0)), [Step::Remove { id: "main-0".into() }]);
}

#[test]
fn a_deadline_ends_the_pod_but_keeps_it() {
    let mut pod = pod(&json!({"activeDeadlineSeconds": 60}));
    pod.status =
        Some(shared_api::core::PodStatus { start_time: Some(shared_api::Time(at(0))), ..Default::default() });
    let there = seen([container("main", 0, running())]);
    assert_eq!(plan(&pod, &there, at(59)), []);
    assert_eq!(wake(&pod, &there, at(59)), Some(at(60)));
    assert_eq!(plan(&pod, &there, at(60)), [stop("main", 0, 30, Why::Ending)]);
    assert_eq!(plan(&pod, &seen([container("main", 0, exited(143))]), at(61)), [Step::Release]);
}

#[test]
fn counting_goes_on_where_the_cluster_left_off() {
    let mut pod = always();
    let status = json!({"containerStatuses": [{"name": "main", "image": "a", "imageID": "", "ready": false,
        "restartCount": 4, "containerID": "containerd://x"}]});
    pod.status = serde_json::from_value(status).unwrap();
    assert_eq!(plan(&pod, &seen([]), at(0)), [start("main", 5, 0)]);
}
