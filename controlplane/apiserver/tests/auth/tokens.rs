//! Tokens of service accounts: asked for, shown, and no longer good.

use crate::asker::Town;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use shared_api::{
    DeleteHow, Key,
    core::{Pod, ServiceAccount},
};

const TOKEN: &str = "/api/v1/namespaces/default/serviceaccounts/till/token";
const WHOAMI: &str = "/apis/authentication.k8s.io/v1/selfsubjectreviews";

async fn town() -> Town {
    let town = Town::open().await;
    let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "till", "namespace": "default"}});
    town.has(account).await;
    town
}

fn pod(name: &str, node: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "default"},
        "spec": {"serviceAccountName": "till", "nodeName": node, "containers": [{"name": "main", "image": "busybox"}]}})
}

fn claims(token: &str) -> Value {
    let said = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(said).unwrap()).unwrap()
}

#[tokio::test]
async fn a_token_is_its_account_until_that_is_gone() {
    let town = town().await;
    let (code, answer) = town.admin().post(TOKEN, json!({})).await;
    assert_eq!((code, answer["kind"].as_str()), (201, Some("TokenRequest")), "{answer}");
    assert_eq!(answer["spec"]["expirationSeconds"], 3600);
    let token = answer["status"]["token"].as_str().unwrap();
    let said = claims(token);
    assert_eq!(said["aud"], json!(["https://kubernetes.default.svc.cluster.local"]));
    assert_eq!(said["kubernetes.io"]["serviceaccount"]["name"], "till");
    let bearer = town.bearer(token);
    let (code, me) = bearer.post(WHOAMI, json!({})).await;
    let user = &me["status"]["userInfo"];
    assert_eq!((code, &user["username"]), (201, &json!("system:serviceaccount:default:till")), "{me}");
    assert_eq!(
        user["groups"],
        json!(["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"])
    );
    let cluster = town.server.internal("test");
    cluster.delete(&Key::of::<ServiceAccount>("default", "till"), &DeleteHow::default()).await.unwrap();
    let (code, refused) = bearer.post(WHOAMI, json!({})).await;
    assert_eq!((code, &refused["reason"]), (401, &json!("Unauthorized")));
}

#[tokio::test]
async fn a_token_is_bound_to_its_pod() {
    let town = town().await;
    let pod = town.has(pod("till-0", "n1")).await;
    let ask = |bound: Value| {
        let body = json!({"spec": {"audiences": [], "expirationSeconds": 3607, "boundObjectRef": bound}});
        let admin = town.admin();
        async move { admin.post(TOKEN, body).await }
    };
    let (code, answer) =
        ask(json!({"apiVersion": "v1", "kind": "Pod", "name": "till-0", "uid": pod.uid()})).await;
    assert_eq!(code, 201, "{answer}");
    let token = answer["status"]["token"].as_str().unwrap();
    let about = &claims(token)["kubernetes.io"];
    assert_eq!((&about["pod"]["name"], &about["node"]["name"]), (&json!("till-0"), &json!("n1")));
    assert!(about["warnafter"].is_i64(), "{about}");
    let (_, me) = town.bearer(token).post(WHOAMI, json!({})).await;
    assert_eq!(me["status"]["userInfo"]["extra"]["authentication.kubernetes.io/pod-name"], json!(["till-0"]));
    for (bound, expected) in [
        (json!({"apiVersion": "v1", "kind": "Pod", "name": "none"}), 404),
        (json!({"apiVersion": "v1", "kind": "Pod", "name": "till-0", "uid": "x"}), 409),
        (json!({"apiVersion": "v1", "kind": "ConfigMap", "name": "x"}), 400),
    ] {
        assert_eq!(ask(bound.clone()).await.0, expected, "{bound}");
    }
    let cluster = town.server.internal("test");
    let how = DeleteHow { grace_seconds: Some(0), ..DeleteHow::default() };
    cluster.delete(&Key::of::<Pod>("default", "till-0"), &how).await.unwrap();
    assert_eq!(town.bearer(token).post(WHOAMI, json!({})).await.0, 401);
}

#[tokio::test]
async fn a_node_asks_only_for_the_pods_it_runs() {
    let town = town().await;
    town.has(pod("here", "n1")).await;
    town.has(pod("there", "n2")).await;
    let node = town.user("system:node:n1", "system:nodes");
    for (bound, code) in [(Some("here"), "201 "), (Some("there"), "403 "), (None, "403 ")] {
        let bound = bound.map(|name| json!({"apiVersion": "v1", "kind": "Pod", "name": name}));
        let body = json!({"spec": {"boundObjectRef": bound}});
        let answer = node.refused("POST", TOKEN, Some(body)).await;
        assert!(answer.starts_with(code), "{answer}");
    }
}

#[tokio::test]
async fn what_is_asked_for_makes_sense() {
    let town = town().await;
    let admin = town.admin();
    let short = admin.refused("POST", TOKEN, Some(json!({"spec": {"expirationSeconds": 60}}))).await;
    assert_eq!(
        short,
        "422 TokenRequest.authentication.k8s.io \"till\" is invalid: spec.expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes"
    );
    assert_eq!(admin.get(TOKEN).await.0, 405);
    let none = "/api/v1/namespaces/default/serviceaccounts/none/token";
    assert_eq!(admin.refused("POST", none, Some(json!({}))).await, "404 serviceaccounts \"none\" not found");
}

#[tokio::test]
async fn a_token_for_others_is_none_for_us() {
    let town = town().await;
    let (_, answer) = town.admin().post(TOKEN, json!({"spec": {"audiences": ["vault"]}})).await;
    let token = answer["status"]["token"].as_str().unwrap();
    assert_eq!(town.bearer(token).post(WHOAMI, json!({})).await.0, 401);
    let review = |audiences: Value| {
        let body = json!({"spec": {"token": token, "audiences": audiences}});
        let admin = town.admin();
        async move { admin.post("/apis/authentication.k8s.io/v1/tokenreviews", body).await.1["status"].take() }
    };
    let status = review(json!(["vault", "bank"])).await;
    assert_eq!((&status["authenticated"], &status["audiences"]), (&json!(true), &json!(["vault"])));
    assert_eq!(status["user"]["username"], "system:serviceaccount:default:till");
    let status = review(Value::Null).await;
    assert!(status["authenticated"] != true && status["error"].is_string(), "{status}");
}

#[tokio::test]
async fn chosen_tokens_and_public_keys() {
    let town = town().await;
    let (_, me) = town.bearer("chosen").post(WHOAMI, json!({})).await;
    assert_eq!(me["status"]["userInfo"]["username"], "carol");
    assert_eq!(town.bearer("other").post(WHOAMI, json!({})).await.0, 401);
    let (code, keys) = town.admin().get("/openid/v1/jwks").await;
    assert_eq!((code, &keys["keys"][0]["alg"]), (200, &json!("ES256")), "{keys}");
    let (code, about) = town.admin().get("/.well-known/openid-configuration").await;
    assert_eq!((code, &about["issuer"]), (200, &json!("https://kubernetes.default.svc.cluster.local")));
    assert_eq!(town.stranger().get("/openid/v1/jwks").await.0, 403);
}

#[tokio::test]
async fn pods_come_with_a_token_and_secrets_are_filled() {
    let town = town().await;
    let made = town.has(pod("till-1", "n1")).await.value();
    let mount = &made["spec"]["containers"][0]["volumeMounts"][0];
    assert_eq!(mount["mountPath"], "/var/run/secrets/kubernetes.io/serviceaccount", "{made}");
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/service-account-token",
        "metadata": {"name": "till-key", "namespace": "default",
            "annotations": {"kubernetes.io/service-account.name": "till"}}});
    let filled = town.has(secret).await.value();
    let token = base64::prelude::BASE64_STANDARD.decode(filled["data"]["token"].as_str().unwrap()).unwrap();
    let token = String::from_utf8(token).unwrap();
    assert_eq!(claims(&token)["kubernetes.io/serviceaccount/secret.name"], "till-key");
    let bearer = town.bearer(&token);
    let (_, me) = bearer.post(WHOAMI, json!({})).await;
    assert_eq!(me["status"]["userInfo"]["username"], "system:serviceaccount:default:till");
    let path = "/api/v1/namespaces/default/secrets/till-key";
    assert_eq!(town.admin().ask("DELETE", path, None).await.0, 200);
    assert_eq!(bearer.post(WHOAMI, json!({})).await.0, 401);
}

#[tokio::test]
async fn a_new_namespace_is_ready_for_pods() {
    let town = Town::open().await;
    town.has(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})).await;
    let pods = "/api/v1/namespaces/shop/pods";
    let mut pod =
        json!({"spec": {"containers": [{"name": "main", "image": "busybox"}]}, "metadata": {"name": "p"}});
    assert_eq!(town.admin().post(pods, pod.clone()).await.0, 201);
    pod["spec"]["serviceAccountName"] = json!("none");
    let refused = town.admin().refused("POST", pods, Some(pod)).await;
    assert_eq!(
        refused,
        r#"403 pods "p" is forbidden: error looking up service account shop/none: serviceaccount "none" not found"#
    );
}
