//! Server-side apply over gRPC: parts of objects, preconditions, and who may.

use crate::port::Port;
use serde_json::{Value, json};
use shared_api::{Key, Object, Patch, PatchType, Reason, WriteHow, find};
use shared_client::{Cluster, Result};

fn web() -> Key {
    Key { kind: find("deployments").unwrap().group_kind(), namespace: "default".into(), name: "web".into() }
}

fn deployment(replicas: u8) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {
        "replicas": replicas, "selector": {"matchLabels": {"app": "web"}},
        "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "a", "image": "x"}]}}}})
}

async fn apply(cluster: &dyn Cluster, name: &str, part: &str, body: Value) -> Result<Object> {
    let how = WriteHow {
        manager: Some(name.into()),
        subresource: Some(part.to_owned()).filter(|part| !part.is_empty()),
        version: body["apiVersion"].as_str().filter(|_| part != "scale").map(Into::into),
        ..WriteHow::default()
    };
    cluster.patch(&web(), &Patch { kind: PatchType::Apply { force: false }, body }, &how).await
}

async fn owners(cluster: &dyn Cluster) -> Vec<String> {
    let entries = cluster.get(&web()).await.unwrap().value()["metadata"]["managedFields"].clone();
    let word = |entry: &Value, field: &str| entry[field].as_str().unwrap_or("-").to_owned();
    let entries = entries.as_array().cloned().unwrap_or_default();
    entries
        .iter()
        .map(|e| ["manager", "operation", "apiVersion", "subresource"].map(|f| word(e, f)).join(" "))
        .collect()
}

#[tokio::test]
async fn parts_of_an_object_have_owners_of_their_own() {
    let port = Port::open().await;
    let admin = port.admin();
    apply(&admin, "me", "", deployment(2)).await.unwrap();
    assert_eq!(owners(&admin).await, ["me Apply apps/v1 -"]);
    let scale = |replicas: u8| {
        json!({"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "web", "labels": {"not": "taken"}},
            "spec": {"replicas": replicas}})
    };
    let refused = apply(&admin, "hpa", "scale", scale(3)).await.unwrap_err();
    assert_eq!(refused.message, r#"Apply failed with 1 conflict: conflict with "me": .spec.replicas"#);
    let causes = refused.details.and_then(|d| d.causes).unwrap_or_default();
    assert_eq!(causes[0].reason.as_deref(), Some("FieldManagerConflict"));
    let scaled = apply(&admin, "hpa", "scale", scale(2)).await.unwrap();
    assert_eq!((scaled.kind(), scaled.value()["spec"]["replicas"].as_i64()), ("Scale", Some(2)));
    let status = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "labels": {"a": "b"}},
        "spec": {"replicas": 9}, "status": {"replicas": 1}});
    apply(&admin, "watcher", "status", status).await.unwrap();
    let there = admin.get(&web()).await.unwrap().value();
    assert_eq!((&there["spec"]["replicas"], &there["status"]["replicas"]), (&json!(2), &json!(1)));
    assert_eq!(there["metadata"]["labels"], Value::Null);
    let mut found = owners(&admin).await;
    found.sort();
    assert_eq!(found, ["hpa Apply apps/v1 scale", "me Apply apps/v1 -", "watcher Apply apps/v1 status"]);
}

#[tokio::test]
async fn what_cannot_be_applied_says_why() {
    let port = Port::open().await;
    let admin = port.admin();
    let with = |path: &str, value: Value| {
        let mut body = deployment(2);
        *body
            .pointer_mut(path.rsplit_once('/').unwrap().0)
            .unwrap()
            .as_object_mut()
            .unwrap()
            .entry(path.rsplit_once('/').unwrap().1)
            .or_insert(Value::Null) = value;
        body
    };
    let stale = apply(&admin, "me", "", with("/metadata/resourceVersion", json!("3"))).await.unwrap_err();
    let unknown = apply(&admin, "me", "", with("/metadata/uid", json!("u"))).await.unwrap_err();
    assert_eq!((stale.reason, unknown.reason), (Reason::Conflict, Reason::Conflict));
    assert!(unknown.message.contains("uid mismatch: the provided object specified uid u"), "{unknown}");
    apply(&admin, "me", "", deployment(2)).await.unwrap();
    for (body, why) in [
        (with("/metadata/managedFields", json!([])), "metadata.managedFields must be nil"),
        (with("/kind", json!("Pod")), "Pod in what is applied is not Deployment"),
        (with("/metadata/name", json!("other")), "does not match \"web\" in the URL"),
        (with("/spec/replicaz", json!(1)), ".spec.replicaz: field not declared in schema"),
        (with("/spec/replicas", json!("x")), "spec.replicas"),
        (json!([1]), "not an object"),
    ] {
        let refused = apply(&admin, "me", "", body).await.unwrap_err();
        assert!(refused.reason == Reason::BadRequest && refused.message.contains(why), "{refused}");
    }
    let stale = apply(&admin, "me", "", with("/metadata/resourceVersion", json!("3"))).await.unwrap_err();
    assert_eq!(stale.reason, Reason::Conflict);
    let nobody = apply(&admin, "", "", deployment(2)).await.unwrap_err();
    assert!(nobody.message.contains("is required for apply patch"), "{nobody}");
    let node = port.node("n1");
    assert_eq!(apply(&node, "me", "", deployment(2)).await.unwrap_err().reason, Reason::Forbidden);
}
