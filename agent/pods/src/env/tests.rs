use super::*;
use serde_json::{Value, json};

fn check(container: &Value) -> Result<Vec<(String, String)>, String> {
    let pod: Pod = serde_json::from_value(json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"nodeName": "n1", "enableServiceLinks": container["links"].as_bool().unwrap_or(false), "containers": [container]}
    }))
    .unwrap();
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "cfg"}, "data": {"k": "v", "a=b": "no"}});
    let secret =
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"p": "cGFzcw=="}});
    let service = |namespace: &str, name: &str, ip: &str| {
        let value = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": namespace},
            "spec": {"clusterIP": ip, "ports": [{"name": "http", "port": 80}]}});
        Arc::new(serde_json::from_value::<Service>(value).unwrap())
    };
    let sources = Sources {
        config_maps: [
            ("cfg".into(), Some(Arc::new(serde_json::from_value(map).unwrap()))),
            ("none".into(), None),
        ]
        .into(),
        secrets: [("s".into(), Some(Arc::new(serde_json::from_value(secret).unwrap())))].into(),
        services: vec![
            service("shop", "my-db", "10.0.0.9"),
            service("shop", "headless", "None"),
            service("other", "x", "10.0.0.8"),
        ],
        place: Place { host_ip: "10.0.0.1", pod_ip: "10.1.0.2" },
        node: Allocatable::default(),
    };
    env(&pod, &pod.spec.as_ref().unwrap().containers[0], &sources)
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

#[test]
fn every_source_is_read() {
    let container = json!({"name": "main",
    "envFrom": [{"configMapRef": {"name": "cfg"}, "prefix": "C_"}, {"secretRef": {"name": "s"}}, {"configMapRef": {"name": "none", "optional": true}}],
    "env": [
        {"name": "A", "value": "1"},
        {"name": "B", "value": "$(A)-$(C_k)-$(NOPE)"},
        {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
        {"name": "K", "valueFrom": {"configMapKeyRef": {"name": "cfg", "key": "k"}}},
        {"name": "P", "valueFrom": {"secretKeyRef": {"name": "s", "key": "p"}}},
        {"name": "O", "valueFrom": {"secretKeyRef": {"name": "s", "key": "zz", "optional": true}}},
        {"name": "p", "value": "mine"}
    ]});
    let expected = [
        ("C_k", "v"),
        ("A", "1"),
        ("B", "1-v-$(NOPE)"),
        ("IP", "10.1.0.2"),
        ("K", "v"),
        ("P", "pass"),
        ("p", "mine"),
    ];
    assert_eq!(check(&container), Ok(pairs(&expected)));
}

#[test]
fn what_is_missing_is_named() {
    for (var, expected) in [
        (json!({"configMapKeyRef": {"name": "none", "key": "k"}}), "configmap \"none\" not found"),
        (
            json!({"configMapKeyRef": {"name": "cfg", "key": "z"}}),
            "couldn't find key z in ConfigMap shop/cfg",
        ),
        (json!({"secretKeyRef": {"name": "none", "key": "k"}}), "secret \"none\" not found"),
        (json!({"secretKeyRef": {"name": "s", "key": "z"}}), "couldn't find key z in Secret shop/s"),
    ] {
        assert_eq!(
            check(&json!({"name": "main", "env": [{"name": "X", "valueFrom": var}]})),
            Err(expected.into())
        );
    }
    let from = json!({"name": "main", "envFrom": [{"configMapRef": {"name": "none"}}]});
    assert_eq!(check(&from), Err("configmap \"none\" not found".into()));
}

#[test]
fn services_of_the_namespace_are_told() {
    let expected = [
        ("MY_DB_SERVICE_HOST", "10.0.0.9"),
        ("MY_DB_SERVICE_PORT", "80"),
        ("MY_DB_SERVICE_PORT_HTTP", "80"),
        ("MY_DB_PORT", "tcp://10.0.0.9:80"),
        ("MY_DB_PORT_80_TCP", "tcp://10.0.0.9:80"),
        ("MY_DB_PORT_80_TCP_PROTO", "tcp"),
        ("MY_DB_PORT_80_TCP_PORT", "80"),
        ("MY_DB_PORT_80_TCP_ADDR", "10.0.0.9"),
    ];
    assert_eq!(check(&json!({"name": "main", "links": true})), Ok(pairs(&expected)));
    assert_eq!(check(&json!({"name": "main"})), Ok(pairs(&[])));
}
