//! What is asked dry is decided whole and changes nothing, whatever the verb and the part.

use crate::port::server;
use serde_json::{Value, json};
use shared_api::{DeleteHow, KINDS, Key, Object, Patch, PatchType, Query, Reason, WriteHow, find};
use shared_client::Cluster;

const DRY: fn() -> WriteHow =
    || WriteHow { dry_run: true, manager: Some("me".into()), ..WriteHow::default() };

fn key(resource: &str, name: &str) -> Key {
    let kind = find(resource).unwrap();
    let namespace = if kind.namespaced { "default" } else { "" };
    Key { kind: kind.group_kind(), namespace: namespace.into(), name: name.into() }
}

async fn everything(cluster: &dyn Cluster) -> Vec<Object> {
    let mut all = Vec::new();
    for kind in KINDS.iter().filter(|kind| kind.verbs.contains(&"list")) {
        all.extend(cluster.list(&Query::all(kind.group_kind())).await.unwrap().items);
    }
    all
}

fn object(value: &Value) -> Object {
    Object::from_value(value).unwrap()
}

fn pod(name: &str) -> Object {
    object(&json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "default"},
        "spec": {"containers": [{"name": "main", "image": "busybox"}]}}))
}

#[tokio::test]
async fn nothing_is_stored_of_what_is_asked_dry() {
    let server = server().await;
    let cluster = server.internal("test");
    let deployment = object(&json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "default"},
        "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": {
            "metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "main", "image": "busybox"}]}}},
    }));
    cluster.create(deployment, &WriteHow::default()).await.unwrap();
    cluster.create(pod("web-1"), &WriteHow::default()).await.unwrap();
    let before = everything(&*cluster).await;
    let (dry, web, one) = (DRY(), key("deployments", "web"), key("pods", "web-1"));

    let made = cluster.create(pod("web-2"), &dry).await.unwrap();
    assert_eq!((made.revision(), made.metadata().uid.is_some()), (0, true));
    assert_eq!(made.value()["metadata"]["managedFields"][0]["manager"], "me");
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s", "namespace": "default"},
        "spec": {"ports": [{"port": 80}]}});
    let made = cluster.create(object(&service), &dry).await.unwrap();
    assert!(made.value()["spec"]["clusterIP"].is_string(), "admission decides as if it were stored");
    let lost =
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m", "namespace": "nowhere"}});
    assert_eq!(cluster.create(object(&lost), &dry).await.unwrap_err().reason, Reason::NotFound);

    let mut changed = cluster.get(&web).await.unwrap().value();
    changed["spec"]["replicas"] = json!(9);
    changed["status"] = json!({"replicas": 9});
    let said = cluster.update(object(&changed), &dry).await.unwrap().value();
    assert_eq!(said["spec"]["replicas"], 9);
    let status = WriteHow { subresource: Some("status".into()), ..DRY() };
    assert_eq!(cluster.update(object(&changed), &status).await.unwrap().value()["status"]["replicas"], 9);
    let kinds = [PatchType::Merge, PatchType::Strategic, PatchType::Apply { force: true }];
    for kind in kinds {
        let body = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {"replicas": 7}});
        let patched = cluster.patch(&web, &Patch { kind, body }, &dry).await.unwrap();
        assert_eq!(patched.value()["spec"]["replicas"], 7, "{kind:?}");
    }
    let new =
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "new"}, "data": {"a": "b"}});
    let apply = Patch { kind: PatchType::Apply { force: false }, body: new };
    assert_eq!(cluster.patch(&key("configmaps", "new"), &apply, &dry).await.unwrap().name(), "new");

    let scale = json!({"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "web"}, "spec": {"replicas": 5}});
    let scaled = cluster.subresource(&web, "scale", Some(scale), &dry).await.unwrap();
    assert_eq!(scaled["spec"]["replicas"], 5);
    let binding = json!({"target": {"kind": "Node", "name": "n1"}});
    cluster.subresource(&one, "binding", Some(binding), &dry).await.unwrap();
    cluster.subresource(&one, "eviction", Some(json!({"metadata": {"name": "web-1"}})), &dry).await.unwrap();
    let namespace = cluster.get(&key("namespaces", "default")).await.unwrap();
    cluster.subresource(&namespace.key(), "finalize", Some(namespace.value()), &dry).await.unwrap();
    let gone = DeleteHow { dry_run: true, ..DeleteHow::default() };
    for key in [&web, &one] {
        cluster.delete(key, &gone).await.unwrap();
    }
    assert_eq!(everything(&*cluster).await, before);
}
