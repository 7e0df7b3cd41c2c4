//! Which pods come, which go, and in which order.

use super::*;
use crate::revisions::label;
use shared_api::{
    OwnedBy, Timestamp,
    apps::{
        RollingUpdateStatefulSetStrategy as Rolling, StatefulSetOrdinals,
        StatefulSetPersistentVolumeClaimRetentionPolicy as Retention, StatefulSetUpdateStrategy,
    },
};
use shared_reconcile::Change;
use shared_testkit::{MetaWords, PodWords, StatefulSetWords, moment, object, pod, stateful_set};

/// The name of the revision that a set with this image has.
fn revision(set: &StatefulSet) -> ControllerRevision {
    let plan = Revisions::of(set, &World::default()).present(set, None, HASH, 0, &World::default()).plan;
    let Some(Change::Create { object, .. }) = plan.changes.first() else { panic!("{plan:?}") };
    let mut made = (*object.to_kind::<ControllerRevision>().unwrap()).clone();
    made.metadata.uid = Some(format!("uid-{}", object.name()));
    made
}

fn name(set: &StatefulSet) -> String {
    revision(set).metadata.name.unwrap()
}

/// A pod of a set as it would have been made.
fn made(set: &StatefulSet, ordinal: i32) -> Pod {
    let template = &set.spec.as_ref().unwrap().template;
    let mut made = identity::pod(set, ordinal, template, &name(set));
    let fresh = pod(made.metadata.name.as_deref().unwrap());
    made.metadata.uid = fresh.metadata.uid;
    made.metadata.creation_timestamp = fresh.metadata.creation_timestamp;
    made.status = fresh.status;
    made
}

fn well(set: &StatefulSet, ordinal: i32) -> Pod {
    made(set, ordinal).on("n1").ready()
}

fn parallel(mut set: StatefulSet) -> StatefulSet {
    set.spec_mut().pod_management_policy = Some("Parallel".into());
    set
}

fn rolling(mut set: StatefulSet, partition: i32, most: i32) -> StatefulSet {
    let rolling =
        Rolling { partition: Some(partition), max_unavailable: Some(shared_api::IntOrString::Int(most)) };
    let strategy =
        StatefulSetUpdateStrategy { type_: Some("RollingUpdate".into()), rolling_update: Some(rolling) };
    set.spec_mut().update_strategy = Some(strategy);
    set
}

fn plan(set: &StatefulSet, others: impl IntoIterator<Item = shared_api::Object>, pods: &[Pod]) -> Plan {
    let pods = pods.iter().map(object);
    let later = Timestamp::from_second(moment().as_second() + 60).unwrap();
    StatefulSets.reconcile(set, &World::of(others.into_iter().chain(pods)).at(later))
}

/// What is done with pods and claims, in words.
fn words(plan: &Plan) -> Vec<String> {
    let word = |change: &Change| match change {
        Change::Create { object, .. } if object.kind() == "ControllerRevision" => None,
        Change::Create { object, .. } => Some(format!("+{}", object.name())),
        Change::Delete { key, .. } => Some(format!("-{}", key.name)),
        Change::Update(object) if object.kind() == "ControllerRevision" => {
            Some(format!("revision {}", object.value()["revision"]))
        }
        Change::Update(object) => {
            let owners = object.metadata().owner_references.iter().flatten();
            let owners: Vec<_> = owners.map(|o| o.name.as_str()).collect();
            Some(format!("~{} of {}", object.name(), owners.join(",")))
        }
        _ => None,
    };
    plan.changes.iter().filter_map(word).collect()
}

fn done(set: &StatefulSet, pods: &[Pod]) -> Vec<String> {
    words(&plan(set, [object(&revision(set).owned_by(set))], pods))
}

#[test]
fn pods_come_one_after_the_other_and_go_the_other_way() {
    let web = |n| stateful_set("web", n);
    let set = web(3);
    let cases = [
        (vec![], vec!["+web-0"]),
        (vec![made(&set, 0)], vec![]),
        (vec![made(&set, 0).on("n1").unready()], vec![]),
        (vec![well(&set, 0)], vec!["+web-1"]),
        (vec![well(&set, 0), well(&set, 2)], vec!["+web-1"]),
        (vec![well(&set, 0), well(&set, 1), well(&set, 2)], vec![]),
        (vec![well(&set, 0).deleted(moment()), well(&set, 1)], vec![]),
        (vec![well(&set, 0), well(&set, 1), well(&set, 2), well(&set, 3), well(&set, 4)], vec!["-web-4"]),
        (
            vec![well(&set, 0), well(&set, 1), well(&set, 2), well(&set, 3), well(&set, 4).deleted(moment())],
            vec![],
        ),
        (vec![made(&set, 0), well(&set, 1), well(&set, 2), well(&set, 3)], vec![]),
        (vec![well(&set, 0), well(&set, 1), well(&set, 2), made(&set, 3), made(&set, 4)], vec![]),
        (vec![well(&set, 0), well(&set, 1), well(&set, 2), made(&set, 3)], vec!["-web-3"]),
        (vec![well(&set, 0).phase("Failed"), well(&set, 1)], vec!["-web-0"]),
        (vec![well(&set, 0), well(&set, 1).phase("Succeeded")], vec!["-web-1"]),
    ];
    for (pods, expected) in cases {
        let names: Vec<_> = pods.iter().map(|p| p.metadata.name.clone().unwrap()).collect();
        assert_eq!(done(&set, &pods), expected, "{names:?}");
    }
    assert_eq!(done(&web(0), &[well(&set, 0), well(&set, 1)]), ["-web-1"]);
    assert_eq!(done(&web(0).deleted(moment()), &[well(&set, 0)]), [""; 0]);
}

#[test]
fn parallel_sets_do_everything_at_once() {
    let set = parallel(stateful_set("web", 3));
    assert_eq!(done(&set, &[made(&set, 1)]), ["+web-0", "+web-2"]);
    let more = [made(&set, 0), well(&set, 1).phase("Failed"), well(&set, 2), made(&set, 3), well(&set, 4)];
    assert_eq!(done(&set, &more), ["-web-1", "-web-4", "-web-3"]);
}

#[test]
fn numbers_may_start_elsewhere() {
    let mut set = parallel(stateful_set("web", 2));
    set.spec_mut().ordinals = Some(StatefulSetOrdinals { start: Some(5) });
    assert_eq!(done(&set, &[well(&set, 0), well(&set, 6)]), ["+web-5", "-web-0"]);
}

#[test]
fn a_ready_pod_is_waited_for() {
    let mut set = stateful_set("web", 2);
    set.spec_mut().min_ready_seconds = Some(100);
    let made = plan(&set, [object(&revision(&set).owned_by(&set))], &[well(&set, 0)]);
    assert_eq!((words(&made), made.again_in.map(|s| s.as_secs())), (vec![], Some(40)));
}

#[test]
fn what_fails_at_once_rests() {
    let set = stateful_set("web", 1);
    let failed = well(&set, 0).phase("Failed");
    let soon = Timestamp::from_second(moment().as_second() + 2).unwrap();
    let made = StatefulSets.reconcile(&set, &World::of([object(&failed)]).at(soon));
    assert_eq!((words(&made), made.again_in.map(|s| s.as_secs())), (vec![], Some(3)));
}

#[test]
fn a_pod_is_told_who_it_is() {
    let set = stateful_set("web", 2);
    let made = made(&set, 1);
    let of = |key: &str| label(&made.metadata, key).unwrap_or_default();
    assert_eq!(of("statefulset.kubernetes.io/pod-name"), "web-1");
    assert_eq!((of("apps.kubernetes.io/pod-index"), of("app")), ("1", "web"));
    assert_eq!(of("controller-revision-hash"), name(&set));
    let spec = made.spec.as_ref().unwrap();
    assert_eq!((spec.hostname.as_deref(), spec.subdomain.as_deref()), (Some("web-1"), Some("web")));
    let mut forgetful = well(&set, 0);
    forgetful.metadata.labels.as_mut().unwrap().remove("apps.kubernetes.io/pod-index");
    assert_eq!(done(&set, &[forgetful, well(&set, 1)]), ["~web-0 of web"]);
}

#[test]
fn a_rollout_goes_down_to_the_partition() {
    let old = stateful_set("web", 3).image("web:1");
    let told = |set: StatefulSet| -> StatefulSet {
        let mut set = set.image("web:2");
        set.status.get_or_insert_default().current_revision = Some(name(&old));
        set
    };
    let new = told(rolling(stateful_set("web", 3), 0, 1));
    let act = |set: &StatefulSet, pods: &[Pod]| {
        let both = [(&old, 1), (set, 2)].map(|(of, number)| {
            object(&ControllerRevision { revision: number, ..revision(of) }.owned_by(set))
        });
        words(&plan(set, both, pods))
    };
    let pods = |of: [&StatefulSet; 3]| -> Vec<Pod> {
        of.iter().enumerate().map(|(n, set)| well(set, i32::try_from(n).unwrap())).collect()
    };
    assert_eq!(act(&new, &pods([&old; 3])), ["-web-2"]);
    assert_eq!(act(&new, &pods([&old; 3])[..2]), ["+web-2"]);
    assert_eq!(act(&new, &pods([&old, &old, &new])), ["-web-1"]);
    assert_eq!(act(&new, &[well(&old, 0), well(&old, 1), made(&new, 2)]), [""; 0], "waits");
    assert_eq!(act(&new, &pods([&new; 3])), [""; 0]);
    let part = told(rolling(stateful_set("web", 3), 2, 1));
    assert_eq!(act(&part, &pods([&old; 3])), ["-web-2"]);
    assert_eq!(act(&part, &pods([&old, &old, &new])), [""; 0]);
    let two = told(rolling(stateful_set("web", 3), 0, 2));
    assert_eq!(act(&two, &pods([&old; 3])), ["-web-2", "-web-1"]);
    let broken = parallel(new.clone());
    assert_eq!(act(&broken, &[made(&old, 0), well(&old, 1), well(&old, 2)]), ["-web-0"], "nobody misses it");
    let mut by_hand = new.clone();
    by_hand.spec_mut().update_strategy =
        Some(StatefulSetUpdateStrategy { type_: Some("OnDelete".into()), rolling_update: None });
    assert_eq!(act(&by_hand, &pods([&old; 3])), [""; 0]);
    // What is made anew below the partition stays as it was.
    let both = [&old, &part].map(|of| object(&revision(of).owned_by(&part)));
    let again = plan(&part, both, &[well(&old, 1), well(&new, 2)]);
    let made = again.changes.iter().find_map(|c| match c {
        Change::Create { object, .. } => object.to_kind::<Pod>().ok(),
        _ => None,
    });
    let made = made.expect("web-0 is made");
    assert_eq!(revision_of(&made), name(&old));
    assert_eq!(made.spec.as_ref().unwrap().containers[0].image.as_deref(), Some("web:1"));
}

#[test]
fn the_status_counts_and_ends_a_rollout() {
    let old = stateful_set("web", 2).image("web:1");
    let mut new = stateful_set("web", 2).image("web:2");
    new.status.get_or_insert_default().current_revision = Some(name(&old));
    let both = || [&old, &new].map(|of| object(&revision(of).owned_by(&new)));
    let status = |pods: &[Pod]| {
        let plan = plan(&new, both(), pods);
        let told = plan.changes.iter().find_map(|c| match c {
            Change::UpdateStatus(object) => object.to_kind::<StatefulSet>().ok(),
            _ => None,
        });
        told.and_then(|set| set.status.clone()).expect("a status")
    };
    let half = status(&[well(&old, 0), well(&new, 1)]);
    assert_eq!((half.replicas, half.ready_replicas, half.available_replicas), (2, Some(2), Some(2)));
    assert_eq!((half.current_replicas, half.updated_replicas), (Some(1), Some(1)));
    assert_eq!((half.current_revision, half.update_revision), (Some(name(&old)), Some(name(&new))));
    let whole = status(&[well(&new, 0), well(&new, 1)]);
    assert_eq!((whole.current_replicas, whole.updated_replicas), (Some(2), Some(2)));
    assert_eq!(whole.current_revision, Some(name(&new)));
}

mod claimed {
    use super::*;
    use shared_api::meta::ObjectMeta;

    fn claiming(replicas: i32, deleted: &str, scaled: &str) -> StatefulSet {
        let metadata = ObjectMeta { name: Some("data".into()), ..ObjectMeta::default() };
        let mut set = stateful_set("web", replicas);
        set.spec_mut().volume_claim_templates =
            Some(vec![PersistentVolumeClaim { metadata, ..PersistentVolumeClaim::default() }]);
        set.spec_mut().persistent_volume_claim_retention_policy =
            Some(Retention { when_deleted: Some(deleted.into()), when_scaled: Some(scaled.into()) });
        set
    }

    fn claim(ordinal: i32) -> PersistentVolumeClaim {
        let metadata = ObjectMeta {
            name: Some(format!("data-web-{ordinal}")),
            namespace: Some("default".into()),
            uid: Some(format!("uid-data-{ordinal}")),
            ..ObjectMeta::default()
        };
        PersistentVolumeClaim { metadata, ..PersistentVolumeClaim::default() }
    }

    fn act(set: &StatefulSet, claims: &[PersistentVolumeClaim], pods: &[Pod]) -> Vec<String> {
        let claims = claims.iter().map(object).chain([object(&revision(set).owned_by(set))]);
        words(&plan(set, claims.collect::<Vec<_>>(), pods))
    }

    #[test]
    fn claims_are_made_with_their_pods_and_outlive_them() {
        let set = claiming(1, "Retain", "Retain");
        let made = made(&set, 0);
        let volume = &made.spec.as_ref().unwrap().volumes.as_ref().unwrap()[0];
        let claimed = volume.persistent_volume_claim.as_ref().unwrap();
        assert_eq!((volume.name.as_str(), claimed.claim_name.as_str()), ("data", "data-web-0"));
        assert_eq!(act(&set, &[], &[]), ["+data-web-0", "+web-0"]);
        assert_eq!(act(&set, &[claim(0)], &[]), ["+web-0"]);
        assert_eq!(act(&set, &[], &[made]), ["+data-web-0"], "somebody took it away");
        assert_eq!(act(&set, &[claim(0).deleted(moment())], &[]), [""; 0], "it goes yet");
        let more = [well(&set, 0), well(&set, 1)];
        assert_eq!(act(&set, &[claim(0), claim(1)], &more), ["-web-1"]);
    }

    #[test]
    fn claims_go_with_whom_the_policy_says() {
        let set = claiming(1, "Delete", "Delete");
        let pods = [well(&set, 0), well(&set, 1)];
        let ours = || [claim(0).owned_by(&set), claim(1).owned_by(&set)];
        assert_eq!(
            act(&set, &[claim(0), ours()[1].clone()], &pods),
            ["~data-web-0 of web", "~data-web-1 of web-1", "-web-1"]
        );
        let kept = claiming(2, "Retain", "Retain");
        assert_eq!(act(&kept, &ours(), &pods), ["~data-web-0 of ", "~data-web-1 of "]);
        let theirs = claim(0).owned_by(&stateful_set("db", 1));
        assert_eq!(act(&set, &[theirs], &pods[..1]), [""; 0], "another decides about it");
        let stale = claim(0).owned_by(&pod("web-0"));
        assert_eq!(act(&set, &[stale], &[]), [""; 0], "it goes with the pod that was");
    }
}

#[test]
fn pods_and_revisions_find_their_set_again() {
    let set = stateful_set("web", 2);
    let waif =
        Pod { metadata: ObjectMeta { owner_references: None, ..well(&set, 0).metadata }, ..well(&set, 0) };
    let left =
        ObjectMeta { labels: Some([("app".to_owned(), "web".to_owned())].into()), ..revision(&set).metadata };
    let left =
        ControllerRevision { metadata: ObjectMeta { owner_references: None, ..left }, ..revision(&set) };
    let adopted = words(&plan(&set, [object(&left)], std::slice::from_ref(&waif)));
    assert_eq!(adopted, ["~web-0 of web", "revision 1"]);
    let world = World::of([object(&set)]);
    let about = |object| StatefulSets.concerns(&Event::Deleted(object), &world).len();
    assert_eq!((about(object(&waif)), about(object(&left)), about(object(&well(&set, 5)))), (1, 1, 1));
    assert_eq!(about(object(&pod("other-0"))), 0);
    let mut stranger = well(&set, 0);
    stranger.metadata.labels = None;
    assert_eq!(done(&set, &[stranger]), ["~web-0 of "]);
}
