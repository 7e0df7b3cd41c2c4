//! Who goes, and in which order.

use super::*;
use shared_api::{OwnedBy, apps::ReplicaSet, core::Pod};
use shared_testkit::{MetaWords, moment, namespace, node, object, pod, replica_set};

fn decide(about: &Object, others: impl IntoIterator<Item = Object>) -> Plan {
    Garbage.decide(&about.key(), &World::of(others.into_iter().chain([about.clone()])))
}

fn owned() -> Pod {
    pod("web-a").owned_by(&replica_set("web", 1))
}

fn set() -> ReplicaSet {
    replica_set("web", 1)
}

#[test]
fn what_nobody_owns_any_more_goes() {
    assert!(decide(&object(&owned()), [object(&set())]).is_nothing());
    assert!(decide(&object(&pod("alone")), []).is_nothing());
    let plan = decide(&object(&owned()), []);
    let [Change::Delete { key, how, .. }] = &plan.changes[..] else { panic!("{plan:?}") };
    assert_eq!((key.name.as_str(), how.preconditions.uid.as_deref()), ("web-a", Some("uid-web-a")));
    assert!(decide(&object(&owned().deleted(moment())), []).is_nothing(), "it is on its way");
}

#[test]
fn a_namesake_is_no_owner() {
    let mut namesake = set();
    namesake.metadata.uid = Some("another".into());
    assert_eq!(decide(&object(&owned()), [object(&namesake)]).changes.len(), 1);
}

#[test]
fn an_owner_of_an_unknown_kind_is_taken_to_be_there() {
    let mut pod = owned();
    pod.metadata.owner_references.iter_mut().flatten().for_each(|o| o.api_version = "example.com/v1".into());
    assert!(decide(&object(&pod), []).is_nothing());
}

#[test]
fn one_owner_that_stays_is_enough() {
    let mut other = replica_set("other", 1);
    other.metadata.uid = Some("uid-other".into());
    let plan = decide(&object(&owned().owned_by(&other)), [object(&other)]);
    let [Change::Update(kept)] = &plan.changes[..] else { panic!("{plan:?}") };
    assert_eq!(kept.metadata().owner_references.as_ref().map(Vec::len), Some(1));
}

#[test]
fn in_the_foreground_the_owner_goes_last() {
    let going = object(&set().deleted(moment()).kept_by(FOREGROUND));
    assert!(decide(&going, [object(&owned())]).is_nothing(), "it waits");
    assert_eq!(decide(&object(&owned()), [going.clone()]).changes.len(), 1, "meanwhile they go");
    let plan = decide(&going, []);
    let [Change::Update(free)] = &plan.changes[..] else { panic!("{plan:?}") };
    assert_eq!(free.metadata().finalizers.as_ref().map_or(0, Vec::len), 0);
}

#[test]
fn orphans_are_let_go_first() {
    let going = object(&set().deleted(moment()).kept_by(ORPHAN));
    let plan = decide(&going, [object(&owned())]);
    let [Change::Update(free)] = &plan.changes[..] else { panic!("{plan:?}") };
    assert_eq!((free.name(), free.controller().is_none()), ("web-a", true));
    let plan = decide(&going, [object(&pod("web-a"))]);
    assert!(matches!(&plan.changes[..], [Change::Update(o)] if o.name() == "web"), "{plan:?}");
}

#[test]
fn the_end_of_an_owner_concerns_those_it_owned() {
    let world = World::of([object(&owned())]);
    assert_eq!(Garbage.concerns(&Event::Deleted(object(&set())), &world), [object(&owned()).key()]);
}

#[test]
fn an_owner_in_another_namespace_is_none_and_that_is_said() {
    let strayed = object(&owned().within("far"));
    let plan = decide(&strayed, [object(&set()), object(&namespace("default")), object(&namespace("far"))]);
    let [Change::Delete { .. }, Change::Record(note)] = &plan.changes[..] else { panic!("{plan:?}") };
    assert_eq!((note.reason.as_str(), note.warning), ("OwnerRefInvalidNamespace", true));
    let uid = object(&set()).uid().to_owned();
    let said = format!(
        "ownerRef [apps/v1/ReplicaSet, namespace: far, name: web, uid: {uid}] does not exist in namespace \"far\""
    );
    assert_eq!(note.message, said);
}

#[test]
fn what_lives_in_no_namespace_is_not_lost_with_an_owner_that_does() {
    let node = object(&node("n1").owned_by(&set()));
    let plan = decide(&node, [object(&set()), object(&namespace("default"))]);
    assert!(matches!(&plan.changes[..], [Change::Record(_)]), "{plan:?}");
    assert!(decide(&node, []).is_nothing());
}

#[test]
fn only_what_blocks_its_owner_is_waited_for() {
    let going = object(&set().deleted(moment()).kept_by(FOREGROUND));
    let mut free = owned();
    free.metadata.owner_references.iter_mut().flatten().for_each(|o| o.block_owner_deletion = Some(false));
    let plan = decide(&going, [object(&free)]);
    assert!(matches!(&plan.changes[..], [Change::Update(o)] if o.name() == "web"), "{plan:?}");
}

#[test]
fn a_circle_of_owners_does_not_wait_for_itself() {
    let ring = |name: &str, owner: &str| {
        let mut one = pod(name).owned_by(&pod(owner)).deleted(moment()).kept_by(FOREGROUND);
        one.metadata.owner_references.iter_mut().flatten().for_each(|o| o.block_owner_deletion = Some(true));
        object(&one)
    };
    let (a, b) = (ring("a", "c"), ring("b", "a"));
    let plan = decide(&a, [b.clone(), ring("c", "b")]);
    assert!(matches!(&plan.changes[..], [Change::Update(o)] if o.name() == "a"), "{plan:?}");
    let mut waiting = pod("c").owned_by(&pod("b"));
    waiting.metadata.owner_references.iter_mut().flatten().for_each(|o| o.block_owner_deletion = Some(true));
    assert!(decide(&a, [b, object(&waiting)]).is_nothing(), "the last of them is still there to be deleted");
}
