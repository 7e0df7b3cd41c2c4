//! Tables of (before, patch, after).

use super::*;
use serde_json::json;

fn of(kind: &str) -> Option<&'static Type> {
    let group = shared_api::KINDS.iter().find(|k| k.kind == kind).unwrap().group;
    shared_api::schema::of(group, "v1", kind)
}

#[track_caller]
fn check(kind: &str, before: Value, patch: &Value, after: &Value) {
    assert_eq!(apply(of(kind), before, patch).as_ref(), Ok(after));
}

fn containers(list: &Value) -> Value {
    json!({"spec": {"template": {"spec": {"containers": list}}}})
}

#[test]
fn containers_merge_by_name_and_new_ones_follow() {
    check(
        "Deployment",
        containers(&json!([{"name": "a", "image": "1", "args": ["x"]}, {"name": "b"}])),
        &containers(&json!([{"name": "c", "image": "3"}, {"name": "a", "image": "2", "args": ["y"]}])),
        &containers(
            &json!([{"name": "a", "image": "2", "args": ["y"]}, {"name": "b"}, {"name": "c", "image": "3"}]),
        ),
    );
}

#[test]
fn lists_inside_containers_merge_by_their_own_keys() {
    let pod = |c: &Value| json!({"spec": {"initContainers": [c]}});
    check(
        "Pod",
        pod(&json!({"name": "a", "env": [{"name": "A", "value": "1"}], "ports": [{"containerPort": 80}]})),
        &pod(
            &json!({"name": "a", "env": [{"name": "B", "value": "2"}], "ports": [{"containerPort": 80, "name": "w"}]}),
        ),
        &pod(&json!({"name": "a", "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
            "ports": [{"containerPort": 80, "name": "w"}]})),
    );
}

#[test]
fn ports_of_a_service_merge_by_port() {
    check(
        "Service",
        json!({"spec": {"ports": [{"port": 80, "nodePort": 30000}, {"port": 81}]}}),
        &json!({"spec": {"ports": [{"port": 80, "targetPort": 8080}, {"port": 81, "$patch": "delete"}]}}),
        &json!({"spec": {"ports": [{"port": 80, "nodePort": 30000, "targetPort": 8080}]}}),
    );
}

#[test]
fn lists_without_a_key_are_replaced() {
    let before = json!({"spec": {"tolerations": [{"key": "a"}], "x": [1]}});
    let after = json!({"spec": {"tolerations": [{"key": "b"}], "x": [1]}});
    check("Pod", before, &json!({"spec": {"tolerations": [{"key": "b"}]}}), &after);
}

#[test]
fn conditions_and_addresses_merge_by_type() {
    check(
        "Node",
        json!({"status": {"conditions": [{"type": "Ready", "status": "False"}], "addresses": [{"type": "Hostname", "address": "a"}]}}),
        &json!({"status": {"conditions": [{"type": "Ready", "status": "True"}, {"type": "X"}], "addresses": [{"type": "InternalIP", "address": "1"}]}}),
        &json!({"status": {"conditions": [{"type": "Ready", "status": "True"}, {"type": "X"}],
            "addresses": [{"type": "Hostname", "address": "a"}, {"type": "InternalIP", "address": "1"}]}}),
    );
}

#[test]
fn directives_on_maps() {
    let before =
        || json!({"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}});
    for (patch, after) in [
        (
            json!({"spec": {"strategy": {"$patch": "replace", "type": "Recreate"}}}),
            json!({"spec": {"strategy": {"type": "Recreate"}}}),
        ),
        (
            json!({"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}),
            json!({"spec": {"strategy": {"type": "Recreate"}}}),
        ),
        (json!({"spec": {"strategy": {"$patch": "delete"}}}), json!({"spec": {}})),
        (
            json!({"spec": {"strategy": {"$patch": "merge", "rollingUpdate": null}}}),
            json!({"spec": {"strategy": {"type": "RollingUpdate"}}}),
        ),
        (
            json!({"spec": {"new": {"a": null, "b": 1}}}),
            json!({"spec": {"new": {"b": 1}, "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}}),
        ),
    ] {
        check("Deployment", before(), &patch, &after);
    }
}

#[test]
fn directives_on_lists() {
    check(
        "Pod",
        json!({"spec": {"volumes": [{"name": "a"}, {"name": "b"}]}}),
        &json!({"spec": {"volumes": [{"$patch": "replace"}, {"name": "c"}]}}),
        &json!({"spec": {"volumes": [{"name": "c"}]}}),
    );
    check(
        "Pod",
        json!({"spec": {"volumes": [{"name": "a", "emptyDir": {}}]}}),
        &json!({"spec": {"volumes": [{"name": "a", "$retainKeys": ["name", "hostPath"], "hostPath": {"path": "/"}}]}}),
        &json!({"spec": {"volumes": [{"name": "a", "hostPath": {"path": "/"}}]}}),
    );
    check(
        "ConfigMap",
        json!({"metadata": {"finalizers": ["a", "b"]}}),
        &json!({"metadata": {"finalizers": ["c"], "$deleteFromPrimitiveList/finalizers": ["a"]}}),
        &json!({"metadata": {"finalizers": ["b", "c"]}}),
    );
}

#[test]
fn the_wanted_order_is_kept_and_what_the_server_added_keeps_its_place() {
    check(
        "Pod",
        json!({"spec": {"containers": [{"name": "a"}, {"name": "sidecar"}, {"name": "b"}]}}),
        &json!({"spec": {"$setElementOrder/containers": [{"name": "b"}, {"name": "new"}, {"name": "a"}], "containers": [{"name": "new"}]}}),
        &json!({"spec": {"containers": [{"name": "sidecar"}, {"name": "b"}, {"name": "new"}, {"name": "a"}]}}),
    );
    check(
        "ConfigMap",
        json!({"metadata": {"finalizers": ["a", "b"]}}),
        &json!({"metadata": {"$setElementOrder/finalizers": ["b", "a"]}}),
        &json!({"metadata": {"finalizers": ["b", "a"]}}),
    );
}

#[test]
fn nonsense_is_refused() {
    for patch in [
        json!({"spec": {"containers": [{"image": "x"}]}}),
        json!({"spec": {"$patch": "sometimes"}}),
        json!({"spec": {"$retainKeys": "name"}}),
        json!([1]),
    ] {
        assert!(apply(of("Pod"), json!({"spec": {}}), &patch).is_err(), "{patch}");
    }
}

#[test]
fn types_say_how_their_lists_merge() {
    let spread = |constraint: Value| json!({"spec": {"topologySpreadConstraints": [constraint]}});
    check(
        "Pod",
        spread(json!({"topologyKey": "a", "maxSkew": 1})),
        &spread(json!({"topologyKey": "a", "maxSkew": 2})),
        &spread(json!({"topologyKey": "a", "maxSkew": 2})),
    );
    let rules = |path: &str| json!({"spec": {"rules": [{"http": {"paths": [{"path": path}]}}]}});
    check("Ingress", rules("/a"), &rules("/b"), &rules("/b"));
    let secrets = |name: &str| json!({"secrets": [{"name": name}]});
    check("ServiceAccount", secrets("a"), &secrets("b"), &json!({"secrets": [{"name": "a"}, {"name": "b"}]}));
    // What has no type merges by its maps alone.
    let merged = apply(None, json!({"a": {"b": [1], "c": 1}}), &json!({"a": {"b": [2]}}));
    assert_eq!(merged, Ok(json!({"a": {"b": [2], "c": 1}})));
}
