//! What clients meet between the big features: the order of checks, what an answer holds, which refusal it is.

use crate::asking::{Answer, Asking, MAPS};
use serde_json::{Value, json};

const MERGE: &[(&str, &str)] = &[("content-type", "application/merge-patch+json")];
const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/default/deployments";

async fn send(it: &Asking, line: &str, body: &Value) -> Answer {
    it.with(line, &[], &body.to_string()).await
}

fn deployment() -> Value {
    let template =
        json!({"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}});
    json!({"metadata": {"name": "d"}, "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": template}})
}

#[tokio::test]
async fn what_is_wrong_is_said_before_what_is_too_much() {
    let it = Asking::new().await;
    let quotas = "/api/v1/namespaces/default/resourcequotas";
    let quota = json!({"metadata": {"name": "q"}, "spec": {"hard": {"pods": "0"}},
        "status": {"hard": {"pods": "0"}, "used": {"pods": "0"}}});
    assert_eq!(send(&it, &format!("POST {quotas}"), &quota).await.code, 201);
    assert_eq!(send(&it, &format!("PUT {quotas}/q/status"), &quota).await.code, 200);
    let pods = "POST /api/v1/namespaces/default/pods";
    for (image, code) in [("", 422), ("i", 403)] {
        let pod = json!({"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": image}]}});
        let refused = send(&it, pods, &pod).await;
        assert_eq!(refused.code, code, "{}", refused.text);
    }
}

#[tokio::test]
async fn everything_odd_about_a_body_is_refused_at_once() {
    let it = Asking::new().await;
    assert_eq!(send(&it, &format!("POST {DEPLOYMENTS}"), &deployment()).await.code, 201);
    let strict = |message: &str, says: &str| {
        let whole = format!(
            r#"Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: {says}"#
        );
        assert_eq!(message, whole);
    };
    let spec = r#"{"spec":{"zz":1,"paused":true,"paused":false}}"#;
    let refused = it.with(&format!("POST {DEPLOYMENTS}?fieldValidation=Strict"), &[], spec).await;
    strict(
        refused.json()["message"].as_str().unwrap(),
        r#"unknown field "spec.zz", duplicate field "spec.paused""#,
    );
    let refused = it.with(&format!("PATCH {DEPLOYMENTS}/d?fieldValidation=Strict"), MERGE, spec).await;
    let message = refused.json()["message"].as_str().unwrap().to_owned();
    let says = r#": strict decoding error: duplicate field "spec.paused", unknown field "spec.zz""#;
    assert!(refused.code == 422 && message.ends_with(says), "{message}");
    let warned = it.with(&format!("PATCH {DEPLOYMENTS}/d"), MERGE, spec).await;
    let told: Vec<_> = warned.headers.get_all("warning").iter().collect();
    assert_eq!(told, [r#"299 - "duplicate field \"spec.paused\"""#, r#"299 - "unknown field \"spec.zz\"""#]);
    let scale = json!({"metadata": {"name": "d"}, "spec": {"replicas": 1, "odd": 1}});
    let refused = send(&it, &format!("PUT {DEPLOYMENTS}/d/scale?fieldValidation=Strict"), &scale).await;
    assert!(refused.code == 400 && refused.text.contains("spec.odd"), "{}", refused.text);
}

#[tokio::test]
async fn a_patch_that_makes_nonsense_is_invalid() {
    let it = Asking::new().await;
    assert_eq!(send(&it, &format!("POST {DEPLOYMENTS}"), &deployment()).await.code, 201);
    let strategic = &[("content-type", "application/strategic-merge-patch+json")];
    let nonsense = r#"{"spec":{"replicas":"many"}}"#;
    let refused = it.with(&format!("PATCH {DEPLOYMENTS}/d"), strategic, nonsense).await;
    let status = refused.json();
    assert_eq!((refused.code, &status["reason"]), (422, &json!("Invalid")));
    let message = status["message"].as_str().unwrap();
    let begin = r#" "" is invalid: patch: Invalid value: "map[spec:map[replicas:many]]": "#;
    assert!(message.starts_with(begin) && message.contains("spec.replicas"), "{message}");
    assert_eq!(status["details"]["causes"][0]["field"], "patch");
    let refused = it.with(&format!("PATCH {DEPLOYMENTS}/d"), MERGE, nonsense).await;
    assert!(
        refused.code == 422 && refused.text.contains(r#"\\\"replicas\\\":\\\"many\\\""#),
        "{}",
        refused.text
    );
    // Whoever sends the whole object is told as before.
    let mut whole = deployment();
    whole["spec"]["replicas"] = json!("many");
    assert_eq!(send(&it, &format!("PUT {DEPLOYMENTS}/d"), &whole).await.code, 400);
}

#[tokio::test]
async fn what_is_said_about_an_object_goes_along_with_its_status() {
    let it = Asking::new().await;
    assert_eq!(send(&it, &format!("POST {DEPLOYMENTS}"), &deployment()).await.code, 201);
    let patch =
        json!({"metadata": {"annotations": {"a": "b"}, "labels": {"a": "b"}}, "spec": {"paused": true}});
    let patched = it.with(&format!("PATCH {DEPLOYMENTS}/d/status"), MERGE, &patch.to_string()).await.json();
    assert_eq!(patched["metadata"]["annotations"], json!({"a": "b"}));
    assert_eq!((&patched["metadata"]["labels"], &patched["spec"]["paused"]), (&Value::Null, &Value::Null));
    let owned = &patched["metadata"]["managedFields"][1];
    assert_eq!(
        (&owned["subresource"], &owned["fieldsV1"]["f:metadata"]["f:labels"]),
        (&json!("status"), &Value::Null)
    );
}

#[tokio::test]
async fn some_kinds_are_shown_when_they_are_gone() {
    let it = Asking::new().await;
    it.map("a").await;
    let services = "/api/v1/namespaces/default/services";
    let service = json!({"metadata": {"name": "a"}, "spec": {"ports": [{"port": 80}]}});
    assert_eq!(send(&it, &format!("POST {services}"), &service).await.code, 201);
    for (path, kind) in [(MAPS, "Status"), (services, "Service")] {
        assert_eq!(it.ask(&format!("DELETE {path}/a")).await.json()["kind"], kind);
    }
}

#[tokio::test]
async fn events_of_their_own_group_have_one_form() {
    let it = Asking::new().await;
    let event = json!({"metadata": {"name": "e"}, "regarding": {"namespace": "default"}});
    let refused = send(&it, "POST /apis/events.k8s.io/v1/namespaces/default/events", &event).await;
    assert!(refused.code == 422 && refused.text.contains("eventTime: Required value"), "{}", refused.text);
    let event = json!({"metadata": {"name": "e"}, "involvedObject": {"namespace": "default"}});
    assert_eq!(send(&it, "POST /api/v1/namespaces/default/events", &event).await.code, 201);
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let it = Asking::new().await;
    let refused = it.ask("DELETE /api/v1/namespaces").await;
    assert_eq!((refused.code, refused.headers["allow"].to_str().unwrap()), (405, "GET, POST"));
    assert_eq!(refused.json()["details"], json!({}));
}

#[tokio::test]
async fn who_takes_anything_gets_json() {
    let it = Asking::new().await;
    assert_eq!(it.ask("GET /openapi/v2").await.json()["swagger"], "2.0");
}

#[tokio::test]
async fn a_binding_may_stand_by_itself() {
    let it = Asking::new().await;
    let pods = "/api/v1/namespaces/default/pods";
    let pod = json!({"metadata": {"name": "a"}, "spec": {"containers": [{"name": "c", "image": "i"}]}});
    assert_eq!(it.with(&format!("POST {pods}"), &[], &pod.to_string()).await.code, 201);
    let bind = |body: Value| {
        let it = &it;
        async move { it.with("POST /api/v1/namespaces/default/bindings", &[], &body.to_string()).await }
    };
    let target = json!({"apiVersion": "v1", "kind": "Node", "name": "n1"});
    let bound =
        bind(json!({"apiVersion": "v1", "kind": "Binding", "metadata": {"name": "a"}, "target": target}))
            .await;
    assert_eq!((bound.code, bound.json()["status"].as_str()), (201, Some("Success")), "{}", bound.text);
    assert_eq!(it.ask(&format!("GET {pods}/a")).await.json()["spec"]["nodeName"], "n1");
    for (body, code, said) in [
        (
            json!({"metadata": {"name": "a"}, "target": target}),
            409,
            "pod a is already assigned to node \"n1\"",
        ),
        (json!({"metadata": {"name": "none"}, "target": target}), 404, "pods \"none\" not found"),
        (
            json!({"metadata": {"name": "a"}, "target": {"kind": "Rack", "name": "r"}}),
            422,
            "target.kind: Unsupported value: \"Rack\"",
        ),
        (json!({"metadata": {"name": "a"}, "target": {}}), 422, "target.name: Required value"),
    ] {
        let refused = bind(body).await;
        assert!(
            refused.code == code && refused.text.contains(&said.replace('"', "\\\"")),
            "{}",
            refused.text
        );
    }
    let listed = it.ask("GET /api/v1").await.json();
    let bindings = listed["resources"].as_array().unwrap().iter().find(|r| r["name"] == "bindings").unwrap();
    assert_eq!((&bindings["kind"], &bindings["verbs"]), (&json!("Binding"), &json!(["create"])));
}

#[tokio::test]
async fn what_a_patch_adds_and_nobody_knows_is_told_with_what_becomes_of_the_object() {
    let it = Asking::new().await;
    it.map("a").await;
    let patch = |media: &'static str, validation: &'static str, body: &'static str| {
        let it = &it;
        let line = format!("PATCH {MAPS}/a?fieldManager=me&fieldValidation={validation}");
        async move { it.with(&line, &[("content-type", media)], body).await }
    };
    let merge = "application/merge-patch+json";
    let strategic = "application/strategic-merge-patch+json";
    let json = "application/json-patch+json";
    for (media, body, begins, ends) in [
        (
            merge,
            r#"{"dota":{"a":"b"}}"#,
            r#" "" is invalid: patch: Invalid value: "{"#,
            r#"": strict decoding error: unknown field "dota""#,
        ),
        (
            merge,
            r#"{"data":{"a":"b","a":"c"},"dota":1}"#,
            r#" "" is invalid: patch: Invalid value: "{"#,
            r#"": strict decoding error: duplicate field "data.a", unknown field "dota""#,
        ),
        (
            strategic,
            r#"{"dota":{"a":"b"}}"#,
            r#" "" is invalid: patch: Invalid value: "map[dota:map[a:b]]": strict"#,
            r#"unknown field "dota""#,
        ),
        (
            json,
            r#"[{"op":"add","path":"/dota","value":1}]"#,
            r#" "" is invalid: patch: Invalid value: "{"#,
            r#"unknown field "dota""#,
        ),
    ] {
        let refused = patch(media, "Strict", body).await;
        let message = refused.json()["message"].as_str().unwrap().to_owned();
        assert_eq!((refused.code, refused.json()["reason"].as_str()), (422, Some("Invalid")), "{message}");
        assert!(message.starts_with(begins) && message.ends_with(ends), "{message}");
    }
    let warned = patch(merge, "Warn", r#"{"dota":1,"data":{"a":"b","a":"c"}}"#).await;
    let told: Vec<_> =
        warned.headers.get_all("warning").iter().map(|w| w.to_str().unwrap().to_owned()).collect();
    assert_eq!(warned.code, 200, "{}", warned.text);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told.iter().any(|w| w.contains(r#"unknown field \"dota\""#))
            && told.iter().any(|w| w.contains("duplicate"))
    );
    let ignored = patch(merge, "Ignore", r#"{"dota":1}"#).await;
    assert_eq!((ignored.code, ignored.headers.get("warning")), (200, None));
    let applied =
        r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"x":"1","x":"2"}}"#;
    let refused = patch("application/apply-patch+yaml", "Strict", applied).await;
    let message = refused.json()["message"].as_str().unwrap().to_owned();
    assert!(refused.code == 400 && message.starts_with("error strict decoding YAML: "), "{message}");
}
