//! What the API server adds to the contract: namespaces, services, bindings, scales, and who may.

use crate::port::{Port, server};
use serde_json::{Value, json};
use shared_api::{DeleteHow, GroupKind, Key, Object, Patch, PatchType, Reason, WriteHow, find};
use shared_client::{Cluster, Result};

const PLAIN: fn() -> WriteHow = WriteHow::default;

fn key(resource: &str, namespace: &str, name: &str) -> Key {
    let kind: GroupKind = find(resource).unwrap().group_kind();
    Key { kind, namespace: namespace.into(), name: name.into() }
}

async fn create(cluster: &dyn Cluster, value: Value) -> Result<Object> {
    cluster.create(Object::from_value(&value).unwrap(), &PLAIN()).await
}

fn namespace(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
}

fn pod(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "default"},
        "spec": {"containers": [{"name": "main", "image": "busybox"}]}})
}

fn service(name: &str, spec: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "default"}, "spec": spec})
}

fn deployment(name: &str) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": "default"},
        "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "main", "image": "busybox"}]}}}})
}

fn reason<T: std::fmt::Debug>(answer: Result<T>) -> Reason {
    answer.unwrap_err().reason
}

#[tokio::test]
async fn a_cluster_begins_with_its_own_namespaces_and_keeps_them() {
    let server = server().await;
    server.prepare().await.unwrap();
    let cluster = server.internal("test");
    let default = cluster.get(&key("namespaces", "", "default")).await.unwrap();
    assert_eq!(default.value()["status"]["phase"], "Active");
    let kubernetes = cluster.get(&key("services", "default", "kubernetes")).await.unwrap();
    assert_eq!(kubernetes.value()["spec"]["clusterIP"], "10.96.0.1");
    let refused = cluster.delete(&default.key(), &DeleteHow::default()).await.unwrap_err();
    assert_eq!(refused.message, r#"namespaces "default" is forbidden: this namespace may not be deleted"#);
}

#[tokio::test]
async fn a_namespace_takes_nothing_new_while_it_ends() {
    let server = server().await;
    let cluster = server.internal("test");
    let mut lost = pod("a");
    lost["metadata"]["namespace"] = "x".into();
    let missing = create(&*cluster, lost.clone()).await.unwrap_err();
    assert_eq!(missing.message, r#"namespaces "x" not found"#);
    create(&*cluster, namespace("x")).await.unwrap();
    let ending = cluster.delete(&key("namespaces", "", "x"), &DeleteHow::default()).await.unwrap();
    assert_eq!(ending.value()["status"]["phase"], "Terminating");
    let refused = create(&*cluster, lost).await.unwrap_err();
    assert_eq!(
        refused.message,
        r#"pods "a" is forbidden: unable to create new content in namespace x because it is being terminated"#
    );
    let done = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "x"}, "spec": {"finalizers": []}});
    cluster.subresource(&ending.key(), "finalize", Some(done), &PLAIN()).await.unwrap();
    assert_eq!(reason(cluster.get(&ending.key()).await), Reason::NotFound);
}

#[tokio::test]
async fn services_never_share_an_address_or_a_port() {
    let server = server().await;
    let cluster = server.internal("test");
    let spec = json!({"type": "NodePort", "clusterIP": "10.96.0.20", "selector": {"a": "b"},
        "ports": [{"name": "http", "port": 80, "nodePort": 30000}]});
    let first = create(&*cluster, service("first", &spec)).await.unwrap();
    let refused = create(&*cluster, service("second", &spec)).await.unwrap_err();
    assert_eq!(refused.reason, Reason::Invalid);
    assert!(refused.message.contains("provided IP is already allocated"), "{refused}");
    assert!(refused.message.contains("provided port is already allocated"), "{refused}");
    cluster.delete(&first.key(), &DeleteHow::default()).await.unwrap();
    create(&*cluster, service("second", &spec)).await.unwrap();
}

#[tokio::test]
async fn many_services_at_once_all_get_their_own() {
    let server = server().await;
    let cluster = server.internal("test");
    let spec = json!({"type": "NodePort", "ports": [{"port": 80}]});
    let made = (0..64).map(|n| create(&*cluster, service(&format!("s{n}"), &spec)));
    let made = futures::future::try_join_all(made).await.unwrap();
    let ips: std::collections::BTreeSet<_> =
        made.iter().map(|s| s.value()["spec"]["clusterIP"].to_string()).collect();
    let ports: std::collections::BTreeSet<_> =
        made.iter().map(|s| s.value()["spec"]["ports"][0]["nodePort"].to_string()).collect();
    assert_eq!((ips.len(), ports.len()), (64, 64));
}

#[tokio::test]
async fn a_pod_is_bound_once() {
    let server = server().await;
    let cluster = server.internal("scheduler");
    let made = create(&*cluster, pod("web-1")).await.unwrap().value();
    assert_eq!(
        (&made["status"]["phase"], &made["spec"]["serviceAccountName"]),
        (&json!("Pending"), &json!("default"))
    );
    assert_eq!(made["spec"]["tolerations"].as_array().map(Vec::len), Some(2));
    let bind = |node: &str| {
        let body = json!({"apiVersion": "v1", "kind": "Binding", "target": {"kind": "Node", "name": node}});
        let cluster = cluster.clone();
        async move { cluster.subresource(&key("pods", "default", "web-1"), "binding", Some(body), &PLAIN()).await }
    };
    assert_eq!(bind("n1").await.unwrap()["status"], "Success");
    let bound = cluster.get(&key("pods", "default", "web-1")).await.unwrap().value();
    assert_eq!(
        (&bound["spec"]["nodeName"], &bound["status"]["conditions"][0]["type"]),
        (&json!("n1"), &json!("PodScheduled"))
    );
    assert_eq!(bound["metadata"]["generation"], 1, "its author wants what was wanted before");
    let refused = bind("n2").await.unwrap_err();
    assert_eq!(refused.reason, Reason::Conflict);
    assert!(refused.message.ends_with(r#"pod web-1 is already assigned to node "n1""#), "{refused}");
    assert_eq!(reason(bind("").await), Reason::BadRequest);
}

#[tokio::test]
async fn a_scale_is_read_written_and_patched() {
    let server = server().await;
    let cluster = server.internal("test");
    create(&*cluster, deployment("web")).await.unwrap();
    let web = key("deployments", "default", "web");
    let mut scale = cluster.subresource(&web, "scale", None, &PLAIN()).await.unwrap();
    assert_eq!((&scale["spec"]["replicas"], &scale["status"]["selector"]), (&json!(2), &json!("app=web")));
    scale["spec"]["replicas"] = 5.into();
    let stale = scale.clone();
    let written = cluster.subresource(&web, "scale", Some(scale), &PLAIN()).await.unwrap();
    assert_eq!(written["spec"]["replicas"], 5);
    assert_eq!(reason(cluster.subresource(&web, "scale", Some(stale), &PLAIN()).await), Reason::Conflict);
    let patch = Patch { kind: PatchType::Merge, body: json!({"spec": {"replicas": 1}}) };
    let how = WriteHow { subresource: Some("scale".into()), ..PLAIN() };
    assert_eq!(cluster.patch(&web, &patch, &how).await.unwrap().value()["kind"], "Scale");
    let object = cluster.get(&web).await.unwrap();
    assert_eq!(
        (object.value()["spec"]["replicas"].as_i64(), object.metadata().generation),
        (Some(1), Some(3))
    );
}

#[tokio::test]
async fn concurrent_patches_all_happen() {
    let server = server().await;
    let cluster = server.internal("test");
    let map =
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m", "namespace": "default"}});
    let map = create(&*cluster, map).await.unwrap().key();
    let patches: Vec<_> = (0..16)
        .map(|n| Patch { kind: PatchType::Merge, body: json!({"data": {format!("k{n}"): "v"}}) })
        .collect();
    let how = PLAIN();
    futures::future::try_join_all(patches.iter().map(|p| cluster.patch(&map, p, &how))).await.unwrap();
    assert_eq!(
        cluster.get(&map).await.unwrap().value()["data"].as_object().map(serde_json::Map::len),
        Some(16)
    );
}

#[tokio::test]
async fn a_write_that_changes_nothing_is_no_revision() {
    let server = server().await;
    let cluster = server.internal("test");
    let made = create(&*cluster, deployment("web")).await.unwrap();
    let patch = Patch { kind: PatchType::Strategic, body: json!({"spec": {"replicas": 2}}) };
    assert_eq!(cluster.patch(&made.key(), &patch, &PLAIN()).await.unwrap().revision(), made.revision());
}

#[tokio::test]
async fn nodes_write_their_own_and_strangers_nothing() {
    let port = Port::open().await;
    let (admin, n1, n2) = (port.admin(), port.node("n1"), port.node("n2"));
    create(&admin, pod("web-1")).await.unwrap();
    let web = key("pods", "default", "web-1");
    let body = json!({"target": {"kind": "Node", "name": "n1"}});
    admin.subresource(&web, "binding", Some(body), &PLAIN()).await.unwrap();
    let running = Patch { kind: PatchType::Merge, body: json!({"status": {"phase": "Running"}}) };
    let refused = n2.patch(&web, &running, &WriteHow::status()).await.unwrap_err();
    assert_eq!(
        refused.message,
        r#"pods "web-1" is forbidden: User "system:node:n2" cannot patch resource "pods/status" in API group "" in the namespace "default": it is not bound to node "n2""#
    );
    assert_eq!(
        n1.patch(&web, &running, &WriteHow::status()).await.unwrap().value()["status"]["phase"],
        "Running"
    );
    assert_eq!(reason(n2.delete(&web, &DeleteHow::default()).await), Reason::Forbidden);
    let how = DeleteHow { grace_seconds: Some(0), ..DeleteHow::default() };
    n1.delete(&web, &how).await.unwrap();
    let stranger = port.stranger().get(&web).await.unwrap_err();
    assert!(stranger.message.contains(r#"User "system:anonymous" cannot get"#), "{stranger}");
    assert_eq!(reason(port.user("bob", &[]).get(&web).await), Reason::Forbidden);
}
