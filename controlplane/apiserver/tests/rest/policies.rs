//! Policies that operators write, as clients meet them.

use crate::asking::{Answer, Asking, MAPS};
use serde_json::{Value, json};

const GROUP: &str = "/apis/admissionregistration.k8s.io/v1";
const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/default/deployments";

async fn made(it: &Asking, path: &str, body: &Value) -> Answer {
    it.with(&format!("POST {path}"), &[], &body.to_string()).await
}

/// A policy about a resource, and its binding.
async fn policy(it: &Asking, resource: &str, more: Value, actions: Value, params: Value) {
    let (group, plural) = resource.split_once('/').unwrap();
    let rule = json!({"apiGroups": [group], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE", "DELETE"],
        "resources": [plural]});
    let mut spec = json!({"matchConstraints": {"resourceRules": [rule]}});
    spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let body = json!({"metadata": {"name": "p"}, "spec": spec});
    let answer = made(it, &format!("{GROUP}/validatingadmissionpolicies"), &body).await;
    assert_eq!(answer.code, 201, "{}", answer.text);
    let mut spec = json!({"policyName": "p", "validationActions": actions});
    if !params.is_null() {
        spec["paramRef"] = params;
    }
    let body = json!({"metadata": {"name": "b"}, "spec": spec});
    let answer = made(it, &format!("{GROUP}/validatingadmissionpolicybindings"), &body).await;
    assert_eq!(answer.code, 201, "{}", answer.text);
}

fn deployment(name: &str, replicas: i64) -> Value {
    json!({"metadata": {"name": name}, "spec": {"replicas": replicas, "selector": {"matchLabels": {"a": "b"}},
        "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}}})
}

#[tokio::test]
async fn what_breaks_a_policy_is_denied_with_the_next_write() {
    let it = Asking::new().await;
    let validations = json!([
        {"expression": "object.spec.replicas > 1", "messageExpression": "'wants replicas > 1, got ' + string(object.spec.replicas)"},
        {"expression": "object.metadata.name != 'forbidden'", "message": "not this name", "reason": "Forbidden"},
    ]);
    assert_eq!(made(&it, DEPLOYMENTS, &deployment("before", 1)).await.code, 201);
    policy(&it, "apps/deployments", json!({"validations": validations}), json!(["Deny"]), Value::Null).await;

    let denied = made(&it, DEPLOYMENTS, &deployment("small", 1)).await;
    let status = denied.json();
    assert_eq!((denied.code, &status["reason"]), (422, &json!("Invalid")));
    assert_eq!(
        status["message"],
        "deployments.apps \"small\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: wants \
         replicas > 1, got 1"
    );
    assert_eq!(
        status["details"]["causes"][0]["message"],
        status["message"].as_str().unwrap().split_once(": ").unwrap().1
    );
    let denied = made(&it, DEPLOYMENTS, &deployment("forbidden", 2)).await;
    assert_eq!((denied.code, &denied.json()["reason"]), (403, &json!("Forbidden")));
    assert_eq!(made(&it, DEPLOYMENTS, &deployment("big", 2)).await.code, 201);

    let patch = [("content-type", "application/merge-patch+json")];
    let denied = it.with(&format!("PATCH {DEPLOYMENTS}/big"), &patch, r#"{"spec":{"replicas":1}}"#).await;
    assert_eq!(denied.code, 422, "{}", denied.text);
    // Without an object the expression has nothing to look at.
    let denied = it.ask(&format!("DELETE {DEPLOYMENTS}/big")).await;
    assert!(denied.text.contains("resulted in error"), "{}", denied.text);
    // The same as another version has it.
    let old = "/apis/extensions/v1beta1/namespaces/default/deployments";
    assert_eq!(made(&it, old, &deployment("old", 1)).await.code, 422);
    assert_eq!(it.ask(&format!("DELETE {GROUP}/validatingadmissionpolicybindings/b")).await.code, 200);
    assert_eq!(made(&it, DEPLOYMENTS, &deployment("small", 1)).await.code, 201);
}

#[tokio::test]
async fn variables_conditions_and_who_asks() {
    let it = Asking::new().await;
    let more = json!({
        "matchConditions": [{"name": "not-free", "expression": "!(request.name.startsWith('free'))"}],
        "variables": [
            {"name": "data", "expression": "object.?data.orValue({})"},
            {"name": "count", "expression": "size(variables.data)"},
            {"name": "never", "expression": "object.nothing.at.all"},
        ],
        "validations": [
            {"expression": "variables.count > 0 && variables.count < 3"},
            {"expression": "request.operation == 'DELETE' || namespaceObject.metadata.name == 'default'"},
            {"expression": "authorizer.group('').resource('configmaps').namespace('default').check('create').allowed()"},
            {"expression": "oldObject == null || oldObject.data == object.data", "message": "data stays"},
        ],
        "auditAnnotations": [{"key": "count", "valueExpression": "string(variables.count)"}],
    });
    policy(&it, "/configmaps", more, json!(["Deny"]), Value::Null).await;
    let map = |name: &str, data: Value| json!({"metadata": {"name": name}, "data": data});
    assert_eq!(made(&it, MAPS, &map("free", json!({}))).await.code, 201);
    assert_eq!(made(&it, MAPS, &map("a", json!({"x": "1"}))).await.code, 201);
    let denied = made(&it, MAPS, &map("b", json!({}))).await;
    assert!(
        denied.text.contains("denied request: failed expression: variables.count > 0 && variables.count < 3"),
        "{}",
        denied.text
    );
    let denied = it.with(&format!("PUT {MAPS}/a"), &[], &map("a", json!({"x": "2"})).to_string()).await;
    assert!(denied.text.contains("data stays"), "{}", denied.text);
}

#[tokio::test]
async fn parameters_are_objects() {
    let it = Asking::new().await;
    let more = json!({"paramKind": {"apiVersion": "v1", "kind": "ConfigMap"},
        "validations": [{"expression": "object.spec.replicas <= int(params.data.most)"}]});
    let params = json!({"name": "limits", "namespace": "default", "parameterNotFoundAction": "Deny"});
    policy(&it, "apps/deployments", more, json!(["Deny"]), params).await;
    let denied = made(&it, DEPLOYMENTS, &deployment("a", 5)).await;
    assert!(
        denied.text.contains(
            "denied request: failed to configure binding: no params found for policy binding with `Deny` \
             parameterNotFoundAction"
        ),
        "{}",
        denied.text
    );
    made(&it, MAPS, &json!({"metadata": {"name": "limits"}, "data": {"most": "3"}})).await;
    assert_eq!(made(&it, DEPLOYMENTS, &deployment("a", 5)).await.code, 422);
    assert_eq!(made(&it, DEPLOYMENTS, &deployment("a", 3)).await.code, 201);
}

#[tokio::test]
async fn others_are_warned() {
    let it = Asking::new().await;
    let more = json!({"validations": [{"expression": "object.spec.replicas > 1", "message": "few"}]});
    policy(&it, "apps/deployments", more, json!(["Warn", "Audit"]), Value::Null).await;
    let made = made(&it, DEPLOYMENTS, &deployment("a", 1)).await;
    assert_eq!(made.code, 201);
    assert_eq!(
        made.headers["warning"],
        "299 - \"Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b': few\""
    );
}

#[tokio::test]
async fn what_goes_wrong_matters_as_the_policy_says() {
    for (fails, code) in [("Fail", 422), ("Ignore", 201)] {
        let it = Asking::new().await;
        let more =
            json!({"failurePolicy": fails, "validations": [{"expression": "object.data.missing == 'x'"}]});
        policy(&it, "/configmaps", more, json!(["Deny"]), Value::Null).await;
        let answer = made(&it, MAPS, &json!({"metadata": {"name": "a"}, "data": {"a": "b"}})).await;
        assert_eq!(answer.code, code, "{}", answer.text);
        if code == 422 {
            let why = "expression 'object.data.missing == 'x'' resulted in error: no such key: missing";
            assert!(answer.text.contains(why), "{}", answer.text);
        }
    }
}

#[tokio::test]
async fn expressions_that_make_no_sense_are_refused() {
    let it = Asking::new().await;
    let rule =
        json!({"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]});
    let body = json!({"metadata": {"name": "p"}, "spec": {"matchConstraints": {"resourceRules": [rule]},
        "validations": [{"expression": "object.x > foo"}]}});
    let refused = made(&it, &format!("{GROUP}/validatingadmissionpolicies"), &body).await;
    assert_eq!(refused.code, 422);
    let message = refused.json()["message"].as_str().unwrap().to_owned();
    assert!(
        message.contains(
            "spec.validations[0].expression: Invalid value: \"object.x > foo\": compilation failed: ERROR: <input>:1:12: \
             undeclared reference to 'foo' (in container '')"
        ),
        "{message}"
    );
}
