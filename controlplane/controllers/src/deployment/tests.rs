//! The steps of a rollout.

use super::*;
use serde_json::json;
use shared_api::{
    IntOrString, Object, Timestamp,
    apps::{DeploymentStatus, DeploymentStrategy, RollingUpdateDeployment},
};
use shared_testkit::{
    DeploymentWords, MetaWords, ReplicaSetWords, deployment, moment, object, pod, replica_set,
};

/// A set of the deployment `web` whose pods run `image`, of this revision and size.
fn set(image: &str, revision: i64, size: i32, ready: i32) -> ReplicaSet {
    let mut set = replica_set("web", size).image(image).has(size, ready);
    set.metadata.name = Some(format!("web-{revision}"));
    set.metadata.uid = Some(format!("uid-web-{revision}"));
    set.metadata.creation_timestamp = Some(shared_api::Time(at(revision)));
    set.annotated("deployment.kubernetes.io/revision", &revision.to_string())
        .annotated("deployment.kubernetes.io/desired-replicas", "4")
        .annotated("deployment.kubernetes.io/max-replicas", "5")
        .labelled("app", "web")
        .owned_by(&deployment("web", 4))
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(moment().as_second() + seconds).unwrap()
}

/// `web` with image `new`, one pod more or one fewer at a time.
fn web() -> Deployment {
    let mut web = deployment("web", 4).image("new").annotated("deployment.kubernetes.io/revision", "2");
    web.spec_mut().strategy = Some(DeploymentStrategy {
        type_: Some("RollingUpdate".into()),
        rolling_update: Some(RollingUpdateDeployment {
            max_surge: Some(IntOrString::Int(1)),
            max_unavailable: Some(IntOrString::Int(1)),
        }),
    });
    web
}

fn decide(deployment: &Deployment, sets: impl IntoIterator<Item = ReplicaSet>) -> Plan {
    Deployments.reconcile(deployment, &World::of(sets.into_iter().map(|s| object(&s))).at(at(100)))
}

/// Every resized or created set with its new size.
fn sizes(plan: &Plan) -> Vec<(String, i64)> {
    let sized = |o: &Object| {
        let size = o.value()["spec"]["replicas"].as_i64().unwrap_or(-1);
        let name = if o.name().len() > 5 { "created" } else { o.name() };
        (name.to_owned(), size)
    };
    let of = |c: &Change| match c {
        Change::Create { object, .. } | Change::Update(object) => Some(sized(object)),
        _ => None,
    };
    plan.changes.iter().filter_map(of).collect()
}

fn status(plan: &Plan) -> DeploymentStatus {
    let told = plan.changes.iter().find_map(|c| if let Change::UpdateStatus(o) = c { Some(o) } else { None });
    told.and_then(|o| o.to_kind::<Deployment>().ok()).and_then(|d| d.status.clone()).expect("a status")
}

fn reason(plan: &Plan) -> String {
    condition::known(&status(plan), "Progressing").and_then(|c| c.reason.clone()).unwrap_or_default()
}

#[track_caller]
fn check(old: (i32, i32), new: (i32, i32), expected: &[(&str, i64)]) {
    let plan = decide(&web(), [set("old", 1, old.0, old.1), set("new", 2, new.0, new.1)]);
    let expected: Vec<_> = expected.iter().map(|(name, size)| ((*name).to_owned(), *size)).collect();
    assert_eq!(sizes(&plan), expected);
}

#[test]
fn a_new_deployment_gets_its_set() {
    let mut new = web();
    new.metadata.annotations = None;
    let plan = decide(&new, []);
    assert_eq!(sizes(&plan), [("created".to_owned(), 4)]);
    assert_eq!(reason(&plan), "NewReplicaSetCreated");
    let Some(Change::Create { object: made, .. }) = plan.changes.first() else { panic!("{plan:?}") };
    let made = made.value();
    let hash = made["metadata"]["labels"]["pod-template-hash"].as_str().unwrap().to_owned();
    assert_eq!(made["metadata"]["name"], format!("web-{hash}"));
    assert_eq!(made["spec"]["selector"]["matchLabels"]["pod-template-hash"], hash);
    assert_eq!(made["spec"]["template"]["metadata"]["labels"]["pod-template-hash"], hash);
    assert!(
        plan.changes.iter().any(|c| matches!(c, Change::Record(n) if n.message.ends_with("from 0 to 4")))
    );
}

#[test]
fn a_rollout_stays_within_its_limits() {
    let created = decide(&web(), [set("old", 1, 4, 4)]);
    assert_eq!(sizes(&created), [("created".to_owned(), 1)], "as many as may be too many");
    check((4, 4), (1, 0), &[("web-1", 3)]);
    check((3, 3), (1, 0), &[("web-2", 2)]);
    check((3, 3), (2, 0), &[]);
    check((3, 3), (2, 2), &[("web-1", 1)]);
    check((1, 1), (2, 2), &[("web-2", 4)]);
    check((1, 1), (4, 4), &[("web-1", 0)]);
    check((0, 0), (4, 4), &[]);
}

#[test]
fn old_pods_that_never_worked_go_first() {
    check((4, 2), (1, 0), &[("web-1", 3)]);
    check((3, 0), (2, 2), &[("web-1", 1)]);
}

#[test]
fn a_recreated_deployment_waits_for_the_last_old_pod() {
    let db = web().recreating();
    assert_eq!(sizes(&decide(&db, [set("old", 1, 4, 4)])), [("web-1".to_owned(), 0)]);
    let ending = pod("web-a").labelled("app", "web").owned_by(&set("old", 1, 0, 0)).deleted(moment());
    let old = set("old", 1, 0, 0);
    let plan = Deployments.reconcile(&db, &World::of([object(&old), object(&ending)]).at(at(100)));
    assert_eq!(sizes(&plan), []);
    assert_eq!(sizes(&decide(&db, [old])), [("created".to_owned(), 4)]);
}

#[test]
fn a_changed_number_of_pods_is_shared_out() {
    let scaled = |replicas, sets: Vec<ReplicaSet>| {
        let mut web = web();
        web.spec_mut().replicas = Some(replicas);
        sizes(&decide(&web, sets))
    };
    assert_eq!(scaled(6, vec![set("new", 2, 4, 4)]), [("web-2".to_owned(), 6)]);
    assert_eq!(scaled(0, vec![set("new", 2, 4, 4)]), [("web-2".to_owned(), 0)]);
    // Nine may run while eight are asked for: 3 of 5 and 2 of 5 become 5 and 4.
    let both = vec![set("old", 1, 3, 3), set("new", 2, 2, 2)];
    assert_eq!(scaled(8, both), [("web-1".to_owned(), 5), ("web-2".to_owned(), 4)]);
}

#[test]
fn a_paused_deployment_only_scales() {
    let mut paused = web();
    paused.spec_mut().paused = Some(true);
    let plan = decide(&paused, [set("old", 1, 4, 4)]);
    assert_eq!((sizes(&plan), reason(&plan).as_str()), (vec![], "DeploymentPaused"));
    paused.spec_mut().replicas = Some(2);
    assert_eq!(sizes(&decide(&paused, [set("old", 1, 4, 4)])), [("web-1".to_owned(), 2)]);
}

#[test]
fn going_back_makes_the_old_set_the_newest() {
    let back = deployment("web", 4).image("old").annotated("deployment.kubernetes.io/revision", "2");
    let plan = decide(&back, [set("old", 1, 0, 0), set("new", 2, 4, 4)]);
    let Some(Change::Update(renewed)) = plan.changes.first() else { panic!("{plan:?}") };
    let annotations = renewed.metadata().annotations.clone().unwrap();
    assert_eq!(annotations["deployment.kubernetes.io/revision"], "3");
    assert_eq!(annotations["deployment.kubernetes.io/revision-history"], "1");
    assert!(plan.changes.iter().any(|c| matches!(c, Change::Patch { .. })), "and the deployment says so");
}

#[test]
fn the_status_tells_when_it_is_done_or_stuck() {
    let done = decide(&web(), [set("old", 1, 0, 0), set("new", 2, 4, 4)]);
    assert_eq!(reason(&done), "NewReplicaSetAvailable");
    assert_eq!(condition::known(&status(&done), "Available").map(|c| c.status.as_str()), Some("True"));
    let moving = decide(&web(), [set("old", 1, 3, 3), set("new", 2, 2, 0)]);
    assert_eq!(
        (reason(&moving).as_str(), moving.again_in),
        ("ReplicaSetUpdated", Some(std::time::Duration::from_mins(10)))
    );
    // The same picture ten minutes later.
    let mut stuck = web();
    stuck.status = Some(status(&moving));
    let sets = [set("old", 1, 3, 3), set("new", 2, 2, 0)].map(|s| object(&s));
    let plan = Deployments.reconcile(&stuck, &World::of(sets.clone()).at(at(699)));
    assert_eq!(plan.again_in, Some(std::time::Duration::from_secs(1)));
    let plan = Deployments.reconcile(&stuck, &World::of(sets).at(at(700)));
    assert_eq!(reason(&plan), "ProgressDeadlineExceeded");
}

#[test]
fn history_is_kept_only_so_long() {
    let mut short = web();
    short.spec_mut().revision_history_limit = Some(1);
    short.metadata.annotations = Some([(history::REVISION.to_owned(), "3".to_owned())].into());
    let plan = decide(&short, [set("a", 1, 0, 0), set("b", 2, 0, 0), set("new", 3, 4, 4)]);
    let gone = |c: &&Change| matches!(c, Change::Delete { key, .. } if key.name == "web-1");
    assert_eq!(plan.changes.iter().filter(gone).count(), 1, "{plan:?}");
    assert_eq!(plan.changes.iter().filter(|c| matches!(c, Change::Delete { .. })).count(), 1);
}

#[test]
fn what_keeps_its_newest_set_from_making_pods_is_told() {
    let refused = |set: ReplicaSet, message: &str| {
        let mut value = object(&set).value();
        let reason =
            json!({"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": message});
        value["status"]["conditions"] = json!([reason]);
        ReplicaSet::clone(&Object::from_value(&value).unwrap().to_kind::<ReplicaSet>().unwrap())
    };
    let (old, new) = (|| set("old", 1, 3, 3), || set("new", 2, 1, 0));
    let told = |sets: [ReplicaSet; 2]| {
        let status = status(&decide(&web(), sets));
        condition::known(&status, "ReplicaFailure").and_then(|c| c.message.clone())
    };
    assert_eq!(told([refused(old(), "old"), refused(new(), "new")]).as_deref(), Some("new"));
    assert_eq!(told([refused(old(), "old"), new()]).as_deref(), Some("old"));
    assert_eq!(told([old(), new()]), None);
}
