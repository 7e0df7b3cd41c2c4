//! What nodes use: told by them, kept for a while, read as `metrics.k8s.io`.

use crate::port::server;
use controlplane_apiserver::{
    Server,
    door::{Caller, Door, User},
};
use futures::StreamExt;
use serde_json::{Value, json};
use shared_api::{
    DeleteHow, FieldSelector, Key, LabelSelector, Object, Query, Reason, Selectors, WriteHow,
    core::{Node, Pod},
    metrics::{NodeMetrics, PodMetrics},
};
use shared_client::Event;
use std::sync::Arc;

fn node(server: &Arc<Server>, name: &str) -> Arc<dyn Caller> {
    let groups = vec!["system:nodes".into(), "system:authenticated".into()];
    server.caller(&User { name: format!("system:node:{name}"), groups, ..User::default() })
}

fn report() -> Value {
    let container = |name: &str| json!({"name": name, "usage": {"cpu": "5n", "memory": "7Ki"}});
    let pod = |name: &str| json!({"namespace": "default", "name": name, "containers": [container("c")]});
    json!({"timestamp": "2026-01-02T03:04:05Z", "window": "15.000s", "usage": {"cpu": "9n", "memory": "8Ki"},
        "pods": [pod("here"), pod("there"), pod("gone")]})
}

#[tokio::test]
async fn a_node_says_what_it_and_its_pods_use_and_nobody_else_does() {
    let server = server().await;
    let cluster = server.internal("test");
    let create = async |value: Value| {
        cluster.create(Object::from_value(&value).unwrap(), &WriteHow::default()).await.unwrap();
    };
    for name in ["n1", "n2"] {
        create(json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}})).await;
    }
    for (name, node) in [("here", "n1"), ("there", "n2")] {
        create(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "default", "labels": {"app": name}},
            "spec": {"nodeName": node, "containers": [{"name": "c", "image": "i"}]}}))
        .await;
    }
    let (n1, key) = (node(&server, "n1"), Key::of::<Node>("", "n1"));
    let how = WriteHow::default();
    n1.subresource(&key, "measurements", Some(report()), &how).await.unwrap();
    let foreign = node(&server, "n2").subresource(&key, "measurements", Some(report()), &how).await;
    assert_eq!(foreign.unwrap_err().reason, Reason::Forbidden);
    let nonsense = n1.subresource(&key, "measurements", Some(json!({"pods": 7})), &how).await;
    assert_eq!(nonsense.unwrap_err().reason, Reason::BadRequest);

    let nodes = cluster.list(&Query::every::<NodeMetrics>()).await.unwrap().items;
    let said = nodes[0].to_kind::<NodeMetrics>().unwrap();
    assert_eq!((nodes.len(), nodes[0].name(), said.usage["cpu"].0.as_str()), (1, "n1", "9n"));
    assert!(cluster.get(&Key::of::<NodeMetrics>("", "n1")).await.is_ok());
    assert_eq!(cluster.get(&Key::of::<NodeMetrics>("", "n2")).await.unwrap_err().reason, Reason::NotFound);
    let pods = cluster.list(&Query::every::<PodMetrics>()).await.unwrap().items;
    assert_eq!(pods.iter().map(Object::name).collect::<Vec<_>>(), ["here"], "only what it runs");
    assert_eq!(pods[0].to_kind::<PodMetrics>().unwrap().containers[0].usage["memory"].0, "7Ki");
    for (labels, fields, expected) in
        [("app=here", "", 1), ("app=none", "", 0), ("", "metadata.name=none", 0)]
    {
        let selectors = Selectors {
            labels: LabelSelector::parse(labels).unwrap(),
            fields: FieldSelector::parse(fields).unwrap(),
        };
        let query = Query::every::<PodMetrics>().within("default").matching(selectors);
        assert_eq!(cluster.list(&query).await.unwrap().items.len(), expected, "{labels} {fields}");
    }
    let now = DeleteHow { grace_seconds: Some(0), ..DeleteHow::default() };
    cluster.delete(&Key::of::<Pod>("default", "here"), &now).await.unwrap();
    assert!(cluster.list(&Query::every::<PodMetrics>()).await.unwrap().items.is_empty(), "it is gone");
}

#[tokio::test]
async fn what_is_used_is_followed_over_the_door() {
    let server = server().await;
    let cluster = server.internal("test");
    for name in ["n1", "n2"] {
        let value = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}});
        cluster.create(Object::from_value(&value).unwrap(), &WriteHow::default()).await.unwrap();
    }
    let say = async |name: &str| {
        let key = Key::of::<Node>("", name);
        node(&server, name)
            .subresource(&key, "measurements", Some(report()), &WriteHow::default())
            .await
            .unwrap();
    };
    say("n1").await;
    let mut events = cluster.watch(&[Query::every::<NodeMetrics>()], None).await.unwrap();
    let mut told = async || match events.next().await.unwrap().unwrap() {
        Event::Added(object) => format!("added {}", object.name()),
        Event::Modified(object) => format!("modified {}", object.name()),
        Event::Deleted(object) => format!("deleted {}", object.name()),
        Event::Bookmark { initial, .. } => format!("initial {initial}"),
    };
    assert_eq!([told().await, told().await], ["added n1", "initial true"]);
    // Whoever speaks while nothing is told is told of together, once each.
    tokio::time::pause();
    for name in ["n2", "n1", "n2"] {
        say(name).await;
    }
    assert_eq!([told().await, told().await], ["added n2", "modified n1"]);
    let both = [Query::every::<NodeMetrics>(), Query::every::<Pod>()];
    let refused = cluster.watch(&both, None).await.err().unwrap();
    assert_eq!(refused.reason, Reason::BadRequest, "they have no common history");
}
