//! A webhook behind a service: the control plane reaches it through the agent of the node its pod runs on.

use crate::{hook::Hook, port::Port};
use futures::StreamExt;
use serde_json::{Value, json};
use shared_api::{Key, Object, WriteHow, core::Pod};
use shared_client::{Channel, Cluster, Connection, Session, Sessions};
use std::sync::Arc;

async fn create(cluster: &dyn Cluster, value: Value) -> shared_client::Result<Object> {
    cluster.create(Object::from_value(&value).unwrap(), &WriteHow::default()).await
}

#[tokio::test]
async fn a_webhook_behind_a_service_is_reached_through_an_agent() {
    let port = Port::open().await;
    let admin = port.admin();
    let meta = |name: &str| json!({"name": name, "namespace": "default"});
    for value in [
        json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}}),
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": meta("hook-1"),
            "spec": {"nodeName": "n1", "containers": [{"name": "main", "image": "hook"}]}}),
        json!({"apiVersion": "v1", "kind": "Service", "metadata": meta("hook"),
            "spec": {"ports": [{"port": 8443, "targetPort": 9443}]}}),
        json!({"apiVersion": "v1", "kind": "Endpoints", "metadata": meta("hook"), "subsets": [{
            "addresses": [{"ip": "10.1.0.2", "targetRef": {"kind": "Pod", "name": "hook-1", "namespace": "default"}}],
            "ports": [{"port": 9443}]}]}),
    ] {
        create(&admin, value).await.unwrap();
    }
    let hook = Hook::called(
        "hook.default.svc",
        |asked| json!({"allowed": asked["name"] != "bad", "patch": [{"op": "add", "path": "/data", "value": {"seen": "yes"}}]}),
    );
    let client = json!({"service": {"name": "hook", "namespace": "default", "port": 8443, "path": "/look"},
        "caBundle": hook.bundle()});
    create(
        &admin,
        json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
            "metadata": {"name": "hook"}, "webhooks": [{"name": "look.example.com", "clientConfig": client,
            "sideEffects": "None", "admissionReviewVersions": ["v1"], "timeoutSeconds": 5, "rules": [{"apiGroups": [""],
            "apiVersions": ["v1"], "operations": ["CREATE", "CONNECT"], "resources": ["configmaps", "pods/attach"]}]}]}),
    )
    .await
    .unwrap();

    let map = |name: &str| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta(name)});
    let away = create(&admin, map("a")).await.unwrap_err();
    assert!(
        away.message.starts_with(
            "Internal error occurred: failed calling webhook \"look.example.com\": failed to call webhook: Post \
             \"https://hook.default.svc:8443/look?timeout=5s\": node n1 is not connected"
        ),
        "{away}"
    );

    let node = port.node("n1");
    let mut calls = node.attend("n1").await.unwrap();
    let serving = Arc::clone(&hook);
    let agent = tokio::spawn(async move {
        let mut sessions = Vec::new();
        while let Some(Ok(call)) = calls.next().await {
            sessions.push(call.session.clone());
            let duplex = node.serve(call.number).await.unwrap();
            tokio::spawn(Arc::clone(&serving).serve(Connection::new(duplex, Channel::Stdout)));
            if sessions.len() == 1 {
                assert_eq!(sessions[0], Session::PortForward { port: 9443 });
            }
        }
    });
    for name in ["a", "b"] {
        let made = create(&admin, map(name)).await.unwrap();
        assert_eq!(made.value()["data"]["seen"], "yes");
    }
    assert_eq!(hook.connections(), 1, "the connection is used again");
    let denied = create(&admin, map("bad")).await.unwrap_err();
    assert_eq!(
        denied.message,
        "admission webhook \"look.example.com\" denied the request without explanation"
    );

    // What cannot be changed is asked about all the same.
    let attach = Session::Attach { container: String::new(), stdin: false, tty: false };
    let changed = admin.open(&Key::of::<Pod>("default", "hook-1"), attach).await.unwrap_err();
    assert!(changed.message.contains("attempted to modify the object"), "{changed}");
    let asked = hook.heard().pop().unwrap();
    assert_eq!((&asked["operation"], &asked["subResource"]), (&json!("CONNECT"), &json!("attach")));
    assert_eq!(
        (&asked["object"]["kind"], &asked["object"]["container"]),
        (&json!("PodAttachOptions"), &json!("main"))
    );
    agent.abort();
}
