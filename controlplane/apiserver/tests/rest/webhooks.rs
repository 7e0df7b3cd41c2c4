//! Webhooks that change and refuse what is written, over real HTTPS.

use crate::{
    asking::{Answer, Asking, MAPS},
    hook::Hook,
    listening::listen,
};
use serde_json::{Value, json};

const GROUP: &str = "/apis/admissionregistration.k8s.io/v1";
const PODS: &str = "/api/v1/namespaces/default/pods";

async fn made(it: &Asking, path: &str, body: &Value) -> Answer {
    it.with(&format!("POST {path}"), &[], &body.to_string()).await
}

/// Registers webhooks of a kind about a resource.
async fn register(it: &Asking, kind: &str, name: &str, resource: &str, client: &Value, more: Value) {
    let mut hook = json!({"name": format!("{name}.example.com"), "clientConfig": client, "sideEffects": "None",
        "admissionReviewVersions": ["v1"], "rules": [{"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"],
        "resources": [resource]}]});
    hook.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let body = json!({"metadata": {"name": name}, "webhooks": [hook]});
    let answer = made(it, &format!("{GROUP}/{kind}webhookconfigurations"), &body).await;
    assert_eq!(answer.code, 201, "{}", answer.text);
}

fn map(name: &str) -> Value {
    json!({"metadata": {"name": name}, "data": {"a": "b"}})
}

#[tokio::test]
async fn a_webhook_denies_in_its_own_words() {
    let it = Asking::new().await;
    let hook = Hook::called("127.0.0.1", |asked| {
        let name = asked["name"].as_str().unwrap_or_default();
        json!({"allowed": !name.starts_with("bad"), "warnings": ["looked at"],
            "status": {"code": 418, "reason": "Teapot", "message": format!("{name} is bad")}})
    });
    let client = listen(&hook).await;
    register(&it, "validating", "deny", "configmaps", &client, json!({})).await;

    let denied = made(&it, MAPS, &map("bad")).await;
    let status = denied.json();
    assert_eq!((denied.code, &status["code"], &status["reason"]), (418, &json!(418), &json!("Teapot")));
    assert_eq!(status["message"], "admission webhook \"deny.example.com\" denied the request: bad is bad");
    let good = made(&it, MAPS, &map("good")).await;
    assert_eq!((good.code, &good.headers["warning"]), (201, &"299 - \"looked at\"".parse().unwrap()));
    let patch = [("content-type", "application/merge-patch+json")];
    it.with(&format!("PATCH {MAPS}/good?fieldManager=me"), &patch, r#"{"data":{"a":"c"}}"#).await;
    assert_eq!(it.ask(&format!("DELETE {MAPS}/good")).await.code, 200);

    let heard = hook.heard();
    let operations: Vec<_> = heard.iter().map(|asked| asked["operation"].as_str().unwrap()).collect();
    assert_eq!(operations, ["CREATE", "CREATE", "UPDATE", "DELETE"]);
    let update = &heard[2];
    assert_eq!(update["kind"], json!({"group": "", "version": "v1", "kind": "ConfigMap"}));
    assert_eq!(update["resource"], json!({"group": "", "version": "v1", "resource": "configmaps"}));
    assert_eq!((&update["name"], &update["namespace"]), (&json!("good"), &json!("default")));
    assert_eq!(update["userInfo"]["username"], "you");
    assert_eq!(
        (&update["object"]["data"]["a"], &update["oldObject"]["data"]["a"]),
        (&json!("c"), &json!("b"))
    );
    assert_eq!(update["options"]["fieldManager"], "me");
    assert_eq!((&heard[3]["object"], &heard[3]["oldObject"]["data"]["a"]), (&Value::Null, &json!("c")));
    assert_eq!(hook.connections(), 1, "the connection is used again");
}

#[tokio::test]
async fn objects_are_changed_and_completed_after_it() {
    let it = Asking::new().await;
    let hook = Hook::called("127.0.0.1", |asked| {
        let container = json!({"name": "added", "image": "side"});
        json!({"allowed": true, "patch": [
            {"op": "test", "path": "/metadata/name", "value": asked["name"]},
            {"op": "add", "path": "/spec/initContainers", "value": [container]}]})
    });
    register(&it, "mutating", "add", "pods", &listen(&hook).await, json!({})).await;
    let pod = json!({"metadata": {"name": "a"}, "spec": {"containers": [{"name": "c", "image": "i"}]}});
    let pod = made(&it, PODS, &pod).await.json();
    let added = &pod["spec"]["initContainers"][0];
    assert_eq!((&added["image"], &added["terminationMessagePolicy"]), (&json!("side"), &json!("File")));
    assert!(
        added["volumeMounts"][0]["mountPath"].as_str().unwrap().contains("serviceaccount"),
        "the server's own admission sees what was added: {added}"
    );
}

/// Says that it was there.
fn seen(asked: &Value, letter: &str) -> Value {
    let had = asked["object"]["data"]["seen"].as_str().unwrap_or_default().to_owned();
    json!({"allowed": true, "patch": [{"op": "add", "path": "/data/seen", "value": format!("{had}{letter}")}]})
}

#[tokio::test]
async fn webhooks_are_asked_in_order_and_again_when_they_wish() {
    let it = Asking::new().await;
    let first = Hook::called("127.0.0.1", |asked| seen(asked, "a"));
    let second = Hook::called("127.0.0.1", |asked| seen(asked, "b"));
    let again = json!({"reinvocationPolicy": "IfNeeded"});
    register(&it, "mutating", "b", "configmaps", &listen(&second).await, json!({})).await;
    register(&it, "mutating", "a", "configmaps", &listen(&first).await, again).await;
    let made = made(&it, MAPS, &map("x")).await.json();
    assert_eq!(made["data"]["seen"], "aba");
    assert_eq!((first.heard().len(), second.heard().len()), (2, 1));
}

#[tokio::test]
async fn what_goes_wrong_on_the_way_matters_as_the_webhook_says() {
    let it = Asking::new().await;
    let silent = Hook::called("127.0.0.1", |_| Value::Null);
    let client = listen(&silent).await;
    let fail = json!({"timeoutSeconds": 1});
    register(&it, "validating", "slow", "configmaps", &client, fail).await;
    let failed = made(&it, MAPS, &map("a")).await;
    assert_eq!(failed.code, 500);
    let message = failed.json()["message"].as_str().unwrap().to_owned();
    assert!(
        message.starts_with("Internal error occurred: failed calling webhook \"slow.example.com\": failed to call webhook: Post \"https://127.0.0.1:")
            && message.ends_with("/hook?timeout=1s\": context deadline exceeded"),
        "{message}"
    );
    let it = Asking::new().await;
    let open = json!({"timeoutSeconds": 1, "failurePolicy": "Ignore"});
    register(&it, "validating", "slow", "configmaps", &client, open).await;
    assert_eq!(made(&it, MAPS, &map("a")).await.code, 201);

    // An authority that the configuration does not name is not trusted.
    let it = Asking::new().await;
    let other = Hook::called("127.0.0.1", |_| json!({"allowed": true}));
    let mut client = listen(&other).await;
    client["caBundle"] = silent.bundle().into();
    register(&it, "validating", "liar", "configmaps", &client, json!({})).await;
    let failed = made(&it, MAPS, &map("a")).await;
    assert!(failed.text.contains("invalid peer certificate"), "{}", failed.text);
    assert!(other.heard().is_empty());
}

#[tokio::test]
async fn selectors_conditions_and_dry_runs() {
    let it = Asking::new().await;
    let hook = Hook::called("127.0.0.1", |_| json!({"allowed": false}));
    let client = listen(&hook).await;
    let more = json!({
        "objectSelector": {"matchLabels": {"look": "yes"}},
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "default"}},
        "matchConditions": [{"name": "n", "expression": "object.metadata.name != 'free'"}],
    });
    register(&it, "validating", "some", "configmaps", &client, more).await;
    let labelled = |name: &str| json!({"metadata": {"name": name, "labels": {"look": "yes"}}});
    assert_eq!(made(&it, MAPS, &map("plain")).await.code, 201);
    assert_eq!(made(&it, MAPS, &labelled("free")).await.code, 201);
    assert_eq!(made(&it, "/api/v1/namespaces/kube-system/configmaps", &labelled("x")).await.code, 201);
    assert!(hook.heard().is_empty());
    let denied = made(&it, MAPS, &labelled("x")).await;
    assert_eq!(denied.code, 400);
    assert!(denied.text.contains("denied the request without explanation"), "{}", denied.text);
    assert_eq!(made(&it, &format!("{MAPS}?dryRun=All"), &labelled("x")).await.code, 400);
    assert_eq!(hook.heard()[1]["dryRun"], true);
}

#[tokio::test]
async fn configurations_are_never_asked_about() {
    let it = Asking::new().await;
    let hook = Hook::called("127.0.0.1", |_| json!({"allowed": false}));
    let client = listen(&hook).await;
    register(&it, "validating", "all", "*/*", &client, json!({})).await;
    register(&it, "mutating", "more", "*/*", &client, json!({})).await;
    assert_eq!(made(&it, MAPS, &map("a")).await.code, 400);
    for kind in ["validating", "mutating"] {
        let name = if kind == "validating" { "all" } else { "more" };
        let path = format!("{GROUP}/{kind}webhookconfigurations/{name}");
        let patch = [("content-type", "application/merge-patch+json")];
        let changed = it.with(&format!("PATCH {path}"), &patch, r#"{"metadata":{"labels":{"a":"b"}}}"#).await;
        assert_eq!(changed.code, 200, "{}", changed.text);
        assert_eq!(it.ask(&format!("DELETE {path}")).await.code, 200);
    }
    assert_eq!(made(&it, MAPS, &map("a")).await.code, 201);
}

#[tokio::test]
async fn subresources_and_other_versions_are_asked_about() {
    let it = Asking::new().await;
    let hook = Hook::called("127.0.0.1", |asked| {
        let many = asked["object"]["spec"]["replicas"].as_i64().unwrap_or(0) > 3;
        json!({"allowed": !many, "status": {"message": "too many"}})
    });
    let client = listen(&hook).await;
    let rule = |group: &str, version: &str, resource: &str| {
        json!({"rules": [{"apiGroups": [group], "apiVersions": [version], "operations": ["CREATE", "UPDATE"],
            "resources": [resource]}]})
    };
    register(&it, "validating", "scale", "x", &client, rule("apps", "v1", "deployments/scale")).await;
    register(&it, "validating", "old", "x", &client, rule("extensions", "v1beta1", "deployments")).await;
    let deployment = json!({"metadata": {"name": "d"}, "spec": {"replicas": 1, "selector": {"matchLabels": {"a": "b"}},
        "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}}});
    let path = "/apis/apps/v1/namespaces/default/deployments";
    assert_eq!(made(&it, path, &deployment).await.code, 201);
    let asked = hook.heard().pop().unwrap();
    assert_eq!(
        (&asked["object"]["apiVersion"], &asked["kind"]["group"]),
        (&json!("extensions/v1beta1"), &json!("extensions"))
    );
    assert_eq!(asked["requestKind"], json!({"group": "apps", "version": "v1", "kind": "Deployment"}));

    let scale =
        json!({"metadata": {"name": "d", "namespace": "default"}, "spec": {"replicas": 5}}).to_string();
    let denied = it.with(&format!("PUT {path}/d/scale"), &[], &scale).await;
    assert_eq!(denied.code, 400, "{}", denied.text);
    let asked = hook.heard().pop().unwrap();
    assert_eq!((&asked["kind"]["kind"], &asked["subResource"]), (&json!("Scale"), &json!("scale")));
    assert_eq!((&asked["oldObject"]["spec"]["replicas"], &asked["operation"]), (&json!(1), &json!("UPDATE")));
}

#[tokio::test]
async fn custom_resources_are_asked_about_like_others() {
    let it = Asking::new().await;
    let schema = json!({"type": "object", "properties": {"spec": {"type": "object", "properties": {
        "size": {"type": "integer"}, "seen": {"type": "string"}}}}});
    let names =
        json!({"plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"});
    let definition = json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"}, "spec": {"group": "example.com", "scope": "Namespaced", "names": names,
        "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": schema}}]}});
    let hook = Hook::called("127.0.0.1", |asked| {
        if asked["kind"]["kind"] == "CustomResourceDefinition" {
            return json!({"allowed": asked["name"] != "gadgets.example.com", "status": {"message": "no gadgets"}});
        }
        let small = asked["object"]["spec"]["size"].as_i64().unwrap_or(0) < 3;
        json!({"allowed": small, "patch": [{"op": "add", "path": "/spec/seen", "value": "yes"},
            {"op": "add", "path": "/spec/unheard", "value": "of"}]})
    });
    register(&it, "mutating", "all", "*", &listen(&hook).await, json!({})).await;
    let path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    let mut other = definition.clone();
    other["metadata"]["name"] = json!("gadgets.example.com");
    other["spec"]["names"] =
        json!({"plural": "gadgets", "singular": "gadget", "kind": "Gadget", "listKind": "GadgetList"});
    let denied = made(&it, path, &other).await;
    assert!(denied.text.contains("denied the request: no gadgets"), "{}", denied.text);
    let defined = made(&it, path, &definition).await;
    assert_eq!(defined.code, 201, "{}", defined.text);

    let widget = |size: i64| json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": {"size": size}});
    let widgets = "/apis/example.com/v1/namespaces/default/widgets";
    let made_ = made(&it, widgets, &widget(1)).await;
    assert_eq!(made_.code, 201, "{}", made_.text);
    assert_eq!(
        made_.json()["spec"],
        json!({"size": 1, "seen": "yes"}),
        "what the schema does not have is pruned"
    );
    let patch = [("content-type", "application/merge-patch+json")];
    let denied = it.with(&format!("PATCH {widgets}/w"), &patch, r#"{"spec":{"size":5}}"#).await;
    assert_eq!(denied.code, 400, "{}", denied.text);
    assert_eq!(hook.heard().pop().unwrap()["oldObject"]["spec"]["size"], 1);
}
