//! Rules of create, update, patch and delete.

use super::{Place, edited, refused};
use crate::{MetaWords, PodWords, config_map, deployment, pod};
use serde_json::json;
use shared_api::{
    DeleteHow, Key, Patch, PatchType, Preconditions, Reason, Validation, WriteHow, core::ConfigMap,
};

const PLAIN: fn() -> WriteHow = WriteHow::default;

pub(super) async fn a_second_create_already_exists(at: &Place) {
    at.map("a").await;
    refused(at.cluster.create(at.here(config_map("a")), &PLAIN()).await, Reason::AlreadyExists);
}

pub(super) async fn the_server_makes_a_name(at: &Place) {
    let first = at.create(config_map("x").generated("web-")).await;
    let second = at.create(config_map("x").generated("web-")).await;
    assert!(first.name().starts_with("web-") && first.name().len() == 9, "{}", first.name());
    assert_ne!(first.name(), second.name());
    assert!(!first.uid().is_empty() && first.uid() != second.uid());
    assert!(first.metadata().creation_timestamp.is_some());
}

pub(super) async fn a_stale_update_conflicts(at: &Place) {
    let first = at.map("a").await;
    at.update(edited(&first, |v| v["data"]["key"] = json!("newer"))).await;
    let stale = edited(&first, |v| v["data"]["key"] = json!("stale"));
    refused(at.cluster.update(stale, &PLAIN()).await, Reason::Conflict);
    let there = at.cluster.get(&first.key()).await.expect("is there");
    assert_eq!(there.value()["data"]["key"], "newer");
}

pub(super) async fn an_update_without_a_revision_replaces(at: &Place) {
    let first = at.map("a").await;
    let second = at.update(edited(&first, |v| v["data"]["key"] = json!("2"))).await;
    let blind = edited(&first, |v| {
        v["metadata"] = json!({"name": "a", "namespace": at.namespace});
        v["data"] = json!({"other": "3"});
    });
    let third = at.update(blind).await;
    assert_eq!(third.value()["data"], json!({"other": "3"}));
    assert!(third.revision() > second.revision());
    assert_eq!(third.uid(), first.uid(), "it is the same object");
}

pub(super) async fn every_write_is_a_later_revision(at: &Place) {
    let first = at.map("a").await;
    let other = at.map("b").await;
    assert!(other.revision() > first.revision(), "revisions are the whole cluster's");
    let second = at.update(edited(&first, |v| v["data"]["key"] = json!("2"))).await;
    assert!(second.revision() > other.revision());
    let again = at.update(second.clone()).await;
    assert_eq!(again.revision(), second.revision(), "a write that changes nothing is none");
    assert_eq!(at.cluster.get(&first.key()).await.expect("is there"), again);
}

pub(super) async fn a_dry_run_stores_nothing(at: &Place) {
    let dry = WriteHow { dry_run: true, ..PLAIN() };
    let planned = at.cluster.create(at.here(config_map("a")), &dry).await.expect("is decided");
    assert!(!planned.uid().is_empty(), "everything is decided");
    refused(at.cluster.get(&planned.key()).await, Reason::NotFound);
    let real = at.map("b").await;
    let changed = edited(&real, |v| v["data"]["key"] = json!("2"));
    let planned = at.cluster.update(changed, &dry).await.expect("is decided");
    assert_eq!(planned.value()["data"]["key"], "2");
    let how = DeleteHow { dry_run: true, ..DeleteHow::default() };
    at.cluster.delete(&real.key(), &how).await.expect("is decided");
    assert_eq!(at.cluster.get(&real.key()).await.expect("is there"), real);
}

pub(super) async fn an_invalid_object_is_refused(at: &Place) {
    let bad = at.here(config_map("Not_A_Name"));
    let refusal = refused(at.cluster.create(bad, &PLAIN()).await, Reason::Invalid);
    assert!(refusal.message.contains("metadata.name: Invalid value: \"Not_A_Name\""), "{refusal}");
    let fields: Vec<_> = refusal.details.iter().flat_map(|d| d.causes.iter().flatten()).collect();
    assert_eq!(fields.first().and_then(|c| c.field.as_deref()), Some("metadata.name"));
    let good = at.map("good").await;
    let worse = edited(&good, |v| v["metadata"]["labels"] = json!({"a": "not a value"}));
    refused(at.cluster.update(worse, &PLAIN()).await, Reason::Invalid);
}

pub(super) async fn an_unknown_field_is_refused_when_strict(at: &Place) {
    let strict = WriteHow { validation: Validation::Strict, ..PLAIN() };
    let odd = edited(&at.here(config_map("a")), |v| v["dater"] = json!({}));
    let refusal = refused(at.cluster.create(odd.clone(), &strict).await, Reason::BadRequest);
    assert!(refusal.message.contains("unknown field \"dater\""), "{refusal}");
    let loose = WriteHow { validation: Validation::Ignore, ..PLAIN() };
    let stored = at.cluster.create(odd, &loose).await.expect("is stored");
    assert!(stored.value().get("dater").is_none(), "and dropped");
}

pub(super) async fn spec_and_status_are_written_apart(at: &Place) {
    let stored = at.create(deployment("web", 2)).await;
    let both = |v: &mut serde_json::Value| {
        v["spec"]["replicas"] = json!(3);
        v["status"]["replicas"] = json!(7);
        v["metadata"]["resourceVersion"] = json!("");
    };
    let spec = at.update(edited(&stored, both)).await;
    assert_eq!(spec.value()["spec"]["replicas"], 3);
    assert_ne!(spec.value().pointer("/status/replicas"), Some(&json!(7)), "a spec write keeps the status");
    let both = |v: &mut serde_json::Value| {
        v["spec"]["replicas"] = json!(4);
        v["status"]["replicas"] = json!(8);
        v["metadata"]["annotations"] = json!({"a": "b"});
    };
    let status =
        at.cluster.update(edited(&spec, both), &WriteHow::status()).await.expect("a status is written");
    assert_eq!(status.value()["spec"]["replicas"], 3, "a status write keeps the spec");
    assert_eq!(status.value()["status"]["replicas"], 8);
    assert_eq!(status.value()["metadata"]["annotations"], json!({"a": "b"}), "but not what is said about it");
}

pub(super) async fn generation_counts_changes_of_the_spec(at: &Place) {
    let first = at.create(deployment("web", 2)).await;
    assert_eq!(first.metadata().generation, Some(1));
    let second = at.update(edited(&first, |v| v["spec"]["replicas"] = json!(3))).await;
    assert_eq!(second.metadata().generation, Some(2));
    let labelled = at.update(edited(&second, |v| v["metadata"]["labels"] = json!({"a": "b"}))).await;
    assert_eq!(labelled.metadata().generation, Some(2), "labels are not the spec");
    let status = edited(&labelled, |v| v["status"]["replicas"] = json!(1));
    let status = at.cluster.update(status, &WriteHow::status()).await.expect("a status is written");
    assert_eq!(status.metadata().generation, Some(2), "nor is the status");
}

pub(super) async fn a_merge_patch_changes_what_it_names(at: &Place) {
    let map = at.map("a").await;
    let patch = Patch { kind: PatchType::Merge, body: json!({"data": {"key": null, "new": "1"}}) };
    let patched = at.cluster.patch(&map.key(), &patch, &PLAIN()).await.expect("is patched");
    assert_eq!(patched.value()["data"], json!({"new": "1"}));
    let stale = json!({"metadata": {"resourceVersion": map.revision().to_string()}, "data": {"late": "1"}});
    let stale = Patch { kind: PatchType::Merge, body: stale };
    refused(at.cluster.patch(&map.key(), &stale, &PLAIN()).await, Reason::Conflict);
}

pub(super) async fn what_is_missing_is_not_found(at: &Place) {
    let key = Key::of::<ConfigMap>(&at.namespace, "none");
    let refusal = refused(at.cluster.get(&key).await, Reason::NotFound);
    assert_eq!(refusal.message, "configmaps \"none\" not found");
    refused(at.cluster.delete(&key, &DeleteHow::default()).await, Reason::NotFound);
    refused(at.cluster.update(at.here(config_map("none")), &PLAIN()).await, Reason::NotFound);
    let patch = Patch { kind: PatchType::Merge, body: json!({}) };
    refused(at.cluster.patch(&key, &patch, &PLAIN()).await, Reason::NotFound);
}

pub(super) async fn a_precondition_holds_back_a_deletion(at: &Place) {
    let map = at.map("a").await;
    let only = |preconditions| DeleteHow { preconditions, ..DeleteHow::default() };
    let other = only(Preconditions { uid: Some("another".into()), revision: None });
    refused(at.cluster.delete(&map.key(), &other).await, Reason::Conflict);
    let older = only(Preconditions { uid: None, revision: Some(map.revision() - 1) });
    refused(at.cluster.delete(&map.key(), &older).await, Reason::Conflict);
    let this = only(Preconditions { uid: Some(map.uid().into()), revision: Some(map.revision()) });
    at.cluster.delete(&map.key(), &this).await.expect("is deleted");
    refused(at.cluster.get(&map.key()).await, Reason::NotFound);
}

pub(super) async fn a_finalizer_keeps_the_object(at: &Place) {
    let map = at.create(config_map("a").kept_by("example.com/wait")).await;
    let marked = at.cluster.delete(&map.key(), &DeleteHow::default()).await.expect("is marked");
    assert!(marked.metadata().deletion_timestamp.is_some());
    let there = at.cluster.get(&map.key()).await.expect("is still there");
    assert_eq!(there.revision(), marked.revision());
    at.update(edited(&there, |v| v["metadata"]["finalizers"] = json!([]))).await;
    refused(at.cluster.get(&map.key()).await, Reason::NotFound);
}

pub(super) async fn a_bound_pod_goes_gracefully(at: &Place) {
    let unbound = at.create(pod("unbound")).await;
    at.cluster.delete(&unbound.key(), &DeleteHow::default()).await.expect("goes at once");
    refused(at.cluster.get(&unbound.key()).await, Reason::NotFound);
    let bound = at.create(pod("bound").on("n1")).await;
    let marked = at.cluster.delete(&bound.key(), &DeleteHow::default()).await.expect("is marked");
    assert_eq!(marked.metadata().deletion_grace_period_seconds, Some(30));
    assert!(at.cluster.get(&bound.key()).await.expect("is there").metadata().deletion_timestamp.is_some());
    let now = DeleteHow { grace_seconds: Some(0), ..DeleteHow::default() };
    at.cluster.delete(&bound.key(), &now).await.expect("goes");
    refused(at.cluster.get(&bound.key()).await, Reason::NotFound);
}
