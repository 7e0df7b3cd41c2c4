//! What pods get from presets, and when they get nothing.

use super::super::testing::created;
use super::*;
use serde_json::{Value as Json, json};

fn preset(name: &str, spec: &Json) -> Json {
    json!({"apiVersion": "settings.k8s.io/v1alpha1", "kind": "PodPreset",
        "metadata": {"name": name, "namespace": "n", "resourceVersion": "7"}, "spec": spec})
}

fn pod(annotations: &Json, env: &Json) -> Json {
    json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "p", "namespace": "n", "labels": {"role": "frontend"}, "annotations": annotations},
        "spec": {"containers": [{"name": "a", "image": "x", "env": env}], "initContainers": [{"name": "i", "image": "x"}]}})
}

fn database() -> Json {
    preset(
        "allow-database",
        &json!({"selector": {"matchLabels": {"role": "frontend"}}, "env": [{"name": "DB_PORT", "value": "6379"}],
            "envFrom": [{"configMapRef": {"name": "c"}}], "volumes": [{"name": "cache", "emptyDir": {}}],
            "volumeMounts": [{"name": "cache", "mountPath": "/cache"}]}),
    )
}

#[test]
fn a_selected_pod_gets_everything() {
    let (pod, txn) =
        created(admit, &pod(&json!({}), &json!([{"name": "OWN", "value": "1"}])), &[database()]).unwrap();
    let one = &pod["spec"]["containers"][0];
    assert_eq!(one["env"], json!([{"name": "OWN", "value": "1"}, {"name": "DB_PORT", "value": "6379"}]));
    assert_eq!(one["envFrom"], json!([{"configMapRef": {"name": "c"}}]));
    assert_eq!(one["volumeMounts"], json!([{"name": "cache", "mountPath": "/cache"}]));
    assert_eq!(pod["spec"]["initContainers"][0]["env"], json!([{"name": "DB_PORT", "value": "6379"}]));
    assert_eq!(pod["spec"]["volumes"], json!([{"name": "cache", "emptyDir": {}}]));
    assert_eq!(
        pod["metadata"]["annotations"],
        json!({"podpreset.admission.kubernetes.io/podpreset-allow-database": "7"})
    );
    assert!(txn.ops.is_empty());
}

#[test]
fn others_and_those_that_want_none_get_nothing() {
    let elsewhere = preset(
        "b",
        &json!({"selector": {"matchLabels": {"role": "backend"}}, "env": [{"name": "A", "value": "1"}]}),
    );
    let out = json!({"podpreset.admission.kubernetes.io/exclude": "true"});
    let mirror = json!({"kubernetes.io/config.mirror": "x"});
    for (annotations, there) in [(json!({}), elsewhere), (out, database()), (mirror, database())] {
        let new = pod(&annotations, &json!([]));
        let (pod, _) = created(admit, &new, &[there]).unwrap();
        assert!(pod["spec"]["containers"][0].get("volumeMounts").is_none());
        assert!(pod["spec"].get("volumes").is_none());
    }
}

#[test]
fn a_conflict_injects_nothing_and_is_told() {
    let (pod, txn) =
        created(admit, &pod(&json!({}), &json!([{"name": "DB_PORT", "value": "1"}])), &[database()]).unwrap();
    assert_eq!(pod["spec"]["containers"][0]["env"], json!([{"name": "DB_PORT", "value": "1"}]));
    assert!(pod["spec"].get("volumes").is_none());
    let [Op::Put { value, .. }] = &txn.ops[..] else { panic!("{txn:?}") };
    let event: Json = serde_json::from_slice(&value.bytes).unwrap();
    assert_eq!(
        (&event["reason"], &event["involvedObject"]["name"]),
        (&json!("PodPresetConflict"), &json!("p"))
    );
    let message = event["message"].as_str().unwrap();
    assert!(message.starts_with(
        "conflict occurred while applying podpresets: allow-database on pod: p err: merging env"
    ));
}
