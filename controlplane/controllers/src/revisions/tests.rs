//! Which revision is the present one, and which are forgotten.

use super::*;
use shared_api::apps::DaemonSet;
use shared_reconcile::Change;
use shared_testkit::{DaemonSetWords, MetaWords, daemon_set, object};

const HASH: &str = "hash";

fn of(image: &str) -> DaemonSet {
    daemon_set("logs").image(image).annotated("kubernetes.io/change-cause", "because")
}

fn present(set: &DaemonSet, world: &World) -> Present {
    Revisions::of(set, world).present(set, None, HASH, 0, world)
}

/// The revision that a set with this image makes, under a number.
fn made(image: &str, revision: i64) -> ControllerRevision {
    let plan = present(&of(image), &World::default()).plan;
    let Some(Change::Create { object, .. }) = plan.changes.first() else { panic!("{plan:?}") };
    let mut made = (*object.to_kind::<ControllerRevision>().unwrap()).clone();
    made.metadata.uid = made.metadata.name.clone();
    made.revision = revision;
    made
}

fn world(revisions: &[ControllerRevision]) -> World {
    World::of(revisions.iter().map(object))
}

#[test]
fn a_new_template_is_a_new_revision() {
    let set = of("logs:2");
    let plan = present(&set, &world(&[made("logs:1", 3)])).plan;
    let [Change::Create { object, .. }] = &plan.changes[..] else { panic!("{plan:?}") };
    let new = object.value();
    assert_eq!(new["revision"], 4);
    assert_eq!(new["data"]["spec"]["template"]["$patch"], "replace");
    assert_eq!(new["data"]["spec"]["template"]["spec"]["containers"][0]["image"], "logs:2");
    assert_eq!(new["metadata"]["annotations"]["kubernetes.io/change-cause"], "because");
    let hash = new["metadata"]["labels"][HASH].as_str().unwrap();
    assert_eq!(object.name(), format!("logs-{hash}"));
    assert_eq!(object.controller().unwrap().name, "logs");
    let back = applied(&of("logs:9"), &object.to_kind().unwrap()).unwrap();
    assert_eq!(back.spec.as_ref().unwrap().template, set.spec.unwrap().template);
}

#[test]
fn an_old_template_is_the_newest_again() {
    let [one, two] = [made("logs:1", 1), made("logs:2", 2)];
    let known = world(&[one.clone(), two.clone()]);
    assert_eq!(present(&of("logs:2"), &known).plan, Plan::nothing());
    let back = present(&of("logs:1"), &known);
    assert_eq!(Some(back.name), one.metadata.name);
    let [Change::Update(object)] = &back.plan.changes[..] else { panic!("{:?}", back.plan) };
    assert_eq!(
        (object.name(), &object.value()["revision"]),
        (one.metadata.name.as_deref().unwrap(), &3.into())
    );
}

#[test]
fn a_taken_name_is_counted() {
    let mut theirs = made("logs:1", 1);
    theirs.metadata.owner_references = None;
    let present = present(&of("logs:1"), &world(&[theirs.clone()]));
    assert_eq!(present.collisions, 1);
    assert_ne!(Some(present.name), theirs.metadata.name);
}

#[test]
fn the_oldest_that_nothing_needs_are_forgotten() {
    let all = [made("logs:1", 1), made("logs:2", 2), made("logs:3", 3)];
    let history = Revisions::of(&of("logs:3"), &world(&all));
    let gone = |extra: usize| -> Vec<i64> {
        let plan = history.forget(extra, |r| r.revision == 2);
        let number = |c: &Change| match c {
            Change::Delete { key, .. } => history.named(&key.name).map(|r| r.revision),
            _ => None,
        };
        plan.changes.iter().filter_map(number).collect()
    };
    assert_eq!((gone(0), gone(1), gone(5)), (vec![], vec![1], vec![1, 3]));
}
