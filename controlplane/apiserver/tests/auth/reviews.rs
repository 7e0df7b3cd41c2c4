//! Questions about who may do what.

use crate::asker::{Town, bound, rbac};
use serde_json::{Value, json};

const ACCESS: &str = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
const MINE: &str = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
const RULES: &str = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";

async fn town() -> Town {
    let town = Town::open().await;
    let rule = json!({"verbs": ["get", "list"], "apiGroups": [""], "resources": ["pods", "pods/log"]});
    town.has(rbac("Role", "default", "reader", json!({"rules": [rule]}))).await;
    town.has(bound("RoleBinding", "default", "bob", "Role/reader", "bob")).await;
    town
}

fn asks(verb: &str, resource: &str, part: &str, namespace: &str) -> Value {
    json!({"verb": verb, "resource": resource, "subresource": part, "namespace": namespace})
}

#[tokio::test]
async fn access_is_answered_with_a_reason() {
    let town = town().await;
    let admin = town.admin();
    let why = r#"RBAC: allowed by RoleBinding "bob/default" of Role "reader" to User "bob""#;
    for (what, allowed) in [
        (asks("get", "pods", "", "default"), true),
        (asks("get", "pods", "log", "default"), true),
        (asks("get", "pods", "exec", "default"), false),
        (asks("get", "pods", "", "kube-system"), false),
        (asks("get", "unheardof", "", "default"), false),
    ] {
        let (code, answer) =
            admin.post(ACCESS, json!({"spec": {"user": "bob", "resourceAttributes": what}})).await;
        let status = &answer["status"];
        assert_eq!((code, &status["allowed"]), (201, &json!(allowed)), "{what} {answer}");
        assert_eq!(status["reason"].as_str(), allowed.then_some(why));
    }
    let path = json!({"spec": {"user": "bob", "groups": ["system:authenticated"],
        "nonResourceAttributes": {"verb": "get", "path": "/apis/apps/v1"}}});
    assert_eq!(admin.post(ACCESS, path).await.1["status"]["allowed"], true);
    let local = "/apis/authorization.k8s.io/v1/namespaces/default/localsubjectaccessreviews";
    let here = json!({"spec": {"user": "bob", "resourceAttributes": asks("list", "pods", "", "default")}});
    assert_eq!(admin.post(local, here).await.1["status"]["allowed"], true);
    let there = json!({"spec": {"user": "bob", "resourceAttributes": asks("list", "pods", "", "other")}});
    assert_eq!(admin.post(local, there).await.0, 422);
    assert_eq!(admin.post(ACCESS, json!({"spec": {"user": "bob"}})).await.0, 422);
}

#[tokio::test]
async fn everybody_may_ask_about_themselves() {
    let town = town().await;
    let bob = town.user("bob", "devs");
    let (_, answer) =
        bob.post(MINE, json!({"spec": {"resourceAttributes": asks("get", "pods", "", "default")}})).await;
    assert_eq!(answer["status"]["allowed"], true, "{answer}");
    let (_, answer) = bob.post(RULES, json!({"spec": {"namespace": "default"}})).await;
    let rules = answer["status"]["resourceRules"].as_array().unwrap();
    assert!(rules.iter().any(|rule| rule["resources"] == json!(["pods", "pods/log"])), "{answer}");
    assert!(answer["status"]["nonResourceRules"].to_string().contains("/openapi/*"), "{answer}");
    assert_eq!(bob.post(ACCESS, json!({})).await.0, 403);
    assert_eq!(town.stranger().post(MINE, json!({})).await.0, 403);
    assert_eq!(bob.get(MINE).await.0, 405, "questions are not kept");
}

#[tokio::test]
async fn a_node_is_asked_about_like_anybody() {
    let town = town().await;
    let ask = |name: &str| {
        json!({"spec": {"user": "system:node:n1", "groups": ["system:nodes"],
            "resourceAttributes": {"verb": "update", "resource": "nodes", "subresource": "status", "name": name}}})
    };
    assert_eq!(town.admin().post(ACCESS, ask("n1")).await.1["status"]["allowed"], true);
    assert_eq!(town.admin().post(ACCESS, ask("n2")).await.1["status"]["allowed"], false);
}
