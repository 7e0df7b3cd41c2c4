//! Tables for names, identity and deletion.

use super::*;
use serde_json::json;
use shared_api::{
    DeleteHow, Draft, Propagation, Reason,
    core::{ConfigMap, Namespace, Pod},
};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_000_000 + seconds).unwrap()
}

fn pod(value: &serde_json::Value) -> Pod {
    let mut whole = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}});
    whole.as_object_mut().unwrap().extend(value.as_object().cloned().unwrap());
    serde_json::from_value(whole).unwrap()
}

fn bound() -> Pod {
    pod(&json!({"spec": {"containers": [], "nodeName": "n1", "terminationGracePeriodSeconds": 20}}))
}

fn due(draft: &dyn Draft) -> Option<(i64, i64)> {
    let meta = draft.meta();
    let when = meta.deletion_timestamp.as_ref()?.0.as_second() - at(0).as_second();
    Some((when, meta.deletion_grace_period_seconds.unwrap_or(-1)))
}

fn grace(seconds: i64) -> DeleteHow {
    DeleteHow { grace_seconds: Some(seconds), ..DeleteHow::default() }
}

#[test]
fn generated_names_are_short_and_wordless() {
    let kind = shared_api::find("pods").unwrap();
    let mut meta = ObjectMeta { generate_name: Some("web-".into()), ..ObjectMeta::default() };
    name(kind, &mut meta, |_| 0).unwrap();
    assert_eq!(meta.name.as_deref(), Some("web-bbbbb"));
    let mut meta = ObjectMeta { generate_name: Some("x".repeat(70)), ..ObjectMeta::default() };
    name(kind, &mut meta, |n| n - 1).unwrap();
    assert_eq!(meta.name.map(|n| n.len()), Some(63));
    assert_eq!(name(kind, &mut ObjectMeta::default(), |_| 0).unwrap_err().reason, Reason::Invalid);
}

#[test]
fn namespaces_are_defaulted_where_they_belong_and_refused_elsewhere() {
    let mut meta = ObjectMeta::default();
    place(shared_api::find("pods").unwrap(), &mut meta).unwrap();
    assert_eq!(meta.namespace.as_deref(), Some("default"));
    assert!(place(shared_api::find("nodes").unwrap(), &mut meta).is_err());
}

#[test]
fn an_update_cannot_change_identity_nor_hit_another_object() {
    let key = Key::of::<ConfigMap>("n", "a");
    let old = ObjectMeta {
        name: Some("a".into()),
        namespace: Some("n".into()),
        uid: Some("u".into()),
        resource_version: Some("5".into()),
        generation: Some(3),
        ..ObjectMeta::default()
    };
    let try_with = |new: ObjectMeta| {
        let mut new = new;
        keep(&key, &old, &mut new).map(|()| new).map_err(|r| r.reason)
    };
    let kept =
        try_with(ObjectMeta { generation: Some(9), self_link: Some("x".into()), ..ObjectMeta::default() })
            .unwrap();
    assert_eq!((kept.uid.as_deref(), kept.generation, kept.self_link), (Some("u"), Some(3), None));
    let with =
        |field: &str, value: &str| serde_json::from_value::<ObjectMeta>(json!({field: value})).unwrap();
    assert!(try_with(with("resourceVersion", "5")).is_ok());
    assert!(try_with(with("resourceVersion", "0")).is_ok());
    assert_eq!(try_with(with("resourceVersion", "4")), Err(Reason::Conflict));
    assert_eq!(try_with(with("resourceVersion", "x")), Err(Reason::BadRequest));
    assert_eq!(try_with(with("uid", "v")), Err(Reason::Conflict));
    assert_eq!(try_with(with("name", "b")), Err(Reason::BadRequest));
    assert_eq!(try_with(with("namespace", "m")), Err(Reason::BadRequest));
}

#[test]
fn a_bound_pod_gets_time_and_a_second_deletion_shortens_it() {
    let mut pod = bound();
    assert_eq!(end(&mut pod, &DeleteHow::default(), at(0)), Ending::Stays);
    assert_eq!(due(&pod), Some((20, 20)));
    assert_eq!(end(&mut pod, &grace(60), at(5)), Ending::Stays);
    assert_eq!(due(&pod), Some((20, 20)), "never longer");
    assert_eq!(end(&mut pod, &grace(2), at(5)), Ending::Stays);
    assert_eq!(due(&pod), Some((2, 2)));
    assert_eq!(end(&mut pod, &grace(0), at(6)), Ending::Gone);
}

#[test]
fn what_no_node_runs_is_gone_at_once() {
    for mut pod in [
        pod(&json!({"spec": {"containers": []}})),
        pod(&json!({"spec": {"containers": [], "nodeName": "n1"}, "status": {"phase": "Failed"}})),
    ] {
        assert_eq!(end(&mut pod, &DeleteHow::default(), at(0)), Ending::Gone);
    }
    assert_eq!(end(&mut bound(), &grace(0), at(0)), Ending::Gone);
    assert_eq!(end(&mut ConfigMap::default(), &DeleteHow::default(), at(0)), Ending::Gone);
}

#[test]
fn finalizers_hold_and_propagation_adds_them() {
    let mut map = ConfigMap::default();
    let how = |p| DeleteHow { propagation: Some(p), ..DeleteHow::default() };
    assert_eq!(end(&mut map, &how(Propagation::Foreground), at(0)), Ending::Stays);
    assert_eq!(map.metadata.finalizers.as_deref(), Some(&["foregroundDeletion".to_owned()][..]));
    assert_eq!(end(&mut map, &how(Propagation::Orphan), at(0)), Ending::Stays);
    assert_eq!(map.metadata.finalizers.as_deref(), Some(&["orphan".to_owned()][..]));
    assert!(!ended(&map));
    map.metadata.finalizers = None;
    assert!(ended(&map));
    let mut invalid = Invalid::default();
    let late = ObjectMeta { finalizers: Some(vec!["x".into()]), ..ObjectMeta::default() };
    check_finalizers(&map.metadata, &late, &mut invalid);
    assert_eq!(invalid.causes().len(), 1);
}

#[test]
fn a_namespace_ends_when_its_content_has() {
    let mut namespace: Namespace = serde_json::from_value(json!({"apiVersion": "v1", "kind": "Namespace",
        "metadata": {"name": "x"}, "spec": {"finalizers": ["kubernetes"]}}))
    .unwrap();
    assert_eq!(end(&mut namespace, &DeleteHow::default(), at(0)), Ending::Stays);
    assert_eq!(namespace.status.as_ref().and_then(|s| s.phase.as_deref()), Some("Terminating"));
    namespace.spec = None;
    assert!(ended(&namespace));
}

#[test]
fn sections_tell_intent_from_report() {
    let old = br#"{"kind":"Pod","metadata":{"name":"a"},"spec":{"x":1},"status":{"y":1}}"#;
    let report = br#"{"kind":"Pod","metadata":{"name":"b"},"spec":{"x":1},"status":{"y":2}}"#;
    let intent = br#"{"kind":"Pod","metadata":{"name":"a"},"spec":{"x":2},"status":{"y":1}}"#;
    assert!(!differ(shared_api::find("deployments").unwrap(), old, report));
    assert!(differ(shared_api::find("deployments").unwrap(), old, intent));
    assert_eq!(status_of(report), Some(json!({"y": 2})));
}
