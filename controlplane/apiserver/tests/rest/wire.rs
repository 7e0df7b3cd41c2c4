//! Requests as they come over the wire, without a port.

use crate::door::{TestDoor, cluster};
use axum::body::Body;
use futures::StreamExt;
use http::{Request, header};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use shared_testkit::FakeCluster;
use std::sync::Arc;
use tower::ServiceExt;

type Response = http::Response<Body>;

async fn send(cluster: &Arc<FakeCluster>, request: Request<Body>) -> Response {
    let router = controlplane_apiserver::rest::router(Arc::new(TestDoor {
        cluster: Arc::clone(cluster),
        open: false,
    }));
    router.oneshot(request).await.unwrap()
}

fn request(line: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Request<Body> {
    let (method, path) = line.split_once(' ').unwrap();
    let mut request = Request::builder().method(method).uri(path).header("authorization", "Bearer good");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(body.into()).unwrap()
}

async fn json_of(response: Response) -> (u16, Value) {
    let code = response.status().as_u16();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (code, serde_json::from_slice(&bytes).unwrap_or_else(|e| panic!("{e}: {bytes:?}")))
}

async fn ask(cluster: &Arc<FakeCluster>, line: &str, body: &str) -> (u16, Value) {
    json_of(send(cluster, request(line, &[], body.to_owned())).await).await
}

const MAPS: &str = "/api/v1/namespaces/default/configmaps";

#[tokio::test]
async fn what_is_wrong_is_a_status_with_its_code() {
    let cluster = cluster();
    let big = "x".repeat(4 * 1024 * 1024);
    for (line, headers, body, code, word) in [
        ("GET /api/v1/things", &[][..], "", 404, "could not find the requested resource"),
        ("PUT /api", &[], "", 405, "does not allow this method"),
        ("POST /api/v1/pods", &[], "{}", 405, "does not allow this method"),
        (&format!("POST {MAPS}"), &[], "{", 400, "json parse error"),
        (&format!("POST {MAPS}"), &[], "[]", 400, "not an object"),
        (&format!("POST {MAPS}"), &[], &big, 413, "too large"),
        (&format!("POST {MAPS}"), &[("content-type", "application/cbor")], "", 415, "application/cbor"),
        (
            &format!("POST {MAPS}"),
            &[("content-type", "application/vnd.kubernetes.protobuf")],
            "k8s",
            400,
            "protobuf",
        ),
        (
            &format!("PATCH {MAPS}/m"),
            &[("content-type", "application/apply-patch+yaml")],
            "{}",
            422,
            "is required for apply patch",
        ),
        (&format!("GET {MAPS}"), &[("accept", "application/cbor")], "", 406, "media types"),
        (&format!("GET {MAPS}?limit=x"), &[], "", 400, "limit"),
        (&format!("GET {MAPS}?labelSelector=a+b"), &[], "", 400, "unable to parse requirement: found 'b'"),
        (&format!("GET {MAPS}?fieldSelector=spec.x%3D1"), &[], "", 400, "is not a known field selector"),
        ("GET /api/v1/pods?fieldSelector=spec.x%3D1", &[], "", 400, "field label not supported: spec.x"),
        (&format!("GET {MAPS}?watch=1"), &[("accept", "application/yaml")], "", 406, "media types"),
        (&format!("GET {MAPS}?resourceVersion=99999"), &[], "", 504, "Too large resource version"),
        (&format!("GET {MAPS}"), &[("impersonate-user", "root")], "", 403, "impersonation"),
        (
            "GET /api/v1/namespaces/default/pods/web/exec?command=cat&stdin=1",
            &[],
            "",
            400,
            "Upgrade request required",
        ),
        ("GET /api/v1/namespaces/default/pods/web/log?tailLines=-1", &[], "", 422, "tailLines"),
    ] {
        let asked = request(line, headers, body.to_owned());
        let (found, status) = json_of(send(&cluster, asked).await).await;
        let message = status["message"].as_str().unwrap_or_default();
        assert!(found == code && message.contains(word), "{line}: {found} {status}");
        assert_eq!((&status["kind"], &status["code"]), (&json!("Status"), &json!(code)), "{line}");
    }
}

#[tokio::test]
async fn a_path_that_is_nobodys_is_said_in_plain_text() {
    let cluster = cluster();
    for path in ["/nothing", "/apis/none.example/v1", "/apis/apps/v9/deployments", "/api/v2/pods"] {
        let response = send(&cluster, request(&format!("GET {path}"), &[], "")).await;
        assert_eq!(response.status().as_u16(), 404, "{path}");
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/plain; charset=utf-8", "{path}");
        assert!(response.headers().contains_key("audit-id"));
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "404 page not found\n");
    }
}

#[tokio::test]
async fn strangers_see_health_and_version_only() {
    let cluster = cluster();
    let stranger = |path: &str| Request::builder().uri(path).body(Body::empty()).unwrap();
    for (path, code) in [
        ("/livez", 200),
        ("/readyz/store", 200),
        ("/healthz", 200),
        ("/version", 200),
        ("/api", 403),
        ("/openapi/v2", 403),
    ] {
        assert_eq!(send(&cluster, stranger(path)).await.status().as_u16(), code, "{path}");
    }
    let mut wrong = stranger("/livez");
    wrong.headers_mut().insert(header::AUTHORIZATION, "Bearer bad".parse().unwrap());
    assert_eq!(send(&cluster, wrong).await.status().as_u16(), 401);
    let verbose =
        send(&cluster, stranger("/readyz?verbose")).await.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(verbose, "[+]ping ok\n[+]store ok\n[+]leader ok\nreadyz check passed\n");
}

#[tokio::test]
async fn lists_and_tables_carry_their_metadata() {
    let cluster = cluster();
    for name in ["a", "b", "c"] {
        let (code, _) =
            ask(&cluster, &format!("POST {MAPS}"), &json!({"metadata": {"name": name}}).to_string()).await;
        assert_eq!(code, 201);
    }
    let (_, list) = ask(&cluster, &format!("GET {MAPS}?limit=2"), "").await;
    assert_eq!((&list["kind"], list["items"].as_array().unwrap().len()), (&json!("ConfigMapList"), 2));
    let token = list["metadata"]["continue"].as_str().unwrap();
    let token = token.bytes().fold(String::new(), |text, byte| format!("{text}%{byte:02x}"));
    let (_, rest) = ask(&cluster, &format!("GET {MAPS}?limit=2&continue={token}"), "").await;
    assert_eq!(rest["items"][0]["metadata"]["name"], "c");
    let table = |accept: &'static str, line: String| {
        let cluster = Arc::clone(&cluster);
        async move { json_of(send(&cluster, request(&line, &[("accept", accept)], "")).await).await.1 }
    };
    let accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
    let found = table(accept, format!("GET {MAPS}?includeObject=None")).await;
    assert_eq!(
        (&found["kind"], &found["rows"][1]["cells"][0], &found["rows"][1]["object"]),
        (&json!("Table"), &json!("b"), &Value::Null)
    );
    let found = table(accept, format!("GET {MAPS}/b?includeObject=Object")).await;
    assert_eq!(found["rows"][0]["object"]["kind"], "ConfigMap");
    let accept = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";
    let found = table(accept, format!("GET {MAPS}")).await;
    assert_eq!(
        (&found["kind"], &found["items"][0]["kind"]),
        (&json!("PartialObjectMetadataList"), &json!("PartialObjectMetadata"))
    );
    let yaml = send(&cluster, request(&format!("GET {MAPS}/a"), &[("accept", "application/yaml")], "")).await;
    assert!(yaml.into_body().collect().await.unwrap().to_bytes().starts_with(b"apiVersion: v1"));
    let (_, gone) = ask(&cluster, &format!("DELETE {MAPS}"), "").await;
    assert_eq!(gone["items"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn keys_that_come_twice_are_refused_or_warned_about() {
    let cluster = cluster();
    let twice = r#"{"metadata":{"name":"m"},"data":{"a":"1","a":"2"}}"#;
    let (code, status) = ask(&cluster, &format!("POST {MAPS}?fieldValidation=Strict"), twice).await;
    let message = status["message"].as_str().unwrap();
    assert!(
        code == 400 && message.contains(r#"strict decoding error: duplicate field "data.a""#),
        "{message}"
    );
    let response = send(&cluster, request(&format!("POST {MAPS}"), &[], twice)).await;
    let warnings: Vec<_> =
        response.headers().get_all(header::WARNING).iter().map(|v| v.to_str().unwrap()).collect();
    assert_eq!(warnings, [r#"299 - "duplicate field \"data.a\"""#, r#"299 - "this cluster is a fake""#]);
}

/// The next line of a watch.
async fn line(lines: &mut (impl futures::Stream<Item = Result<bytes::Bytes, axum::Error>> + Unpin)) -> Value {
    serde_json::from_slice(&lines.next().await.unwrap().unwrap()).unwrap()
}

#[tokio::test]
async fn informers_hear_what_is_there_then_a_mark_then_changes() {
    let cluster = cluster();
    let path = "GET /api/v1/pods?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    let response = send(&cluster, request(path, &[], "")).await;
    let body = response.into_body().into_data_stream();
    let mut lines = Box::pin(body.flat_map(|piece| {
        let piece = piece.unwrap();
        let lines: Vec<_> =
            piece.split_inclusive(|b| *b == b'\n').map(|l| Ok(bytes::Bytes::copy_from_slice(l))).collect();
        futures::stream::iter(lines)
    }));
    let added = line(&mut lines).await;
    assert_eq!((&added["type"], &added["object"]["metadata"]["name"]), (&json!("ADDED"), &json!("web")));
    let mark = line(&mut lines).await;
    assert_eq!((&mark["type"], &mark["object"]["kind"]), (&json!("BOOKMARK"), &json!("Pod")));
    assert_eq!(mark["object"]["metadata"]["annotations"]["k8s.io/initial-events-end"], "true");
    let web = cluster.objects().into_iter().find(|o| o.name() == "web").unwrap();
    cluster.put(&web);
    assert_eq!(line(&mut lines).await["type"], "MODIFIED");
    cluster.break_watches();
    while let Some(last) = lines.next().await {
        let last: Value = serde_json::from_slice(&last.unwrap()).unwrap();
        assert!(matches!(last["type"].as_str(), Some("ERROR" | "BOOKMARK")), "{last}");
    }
}

#[tokio::test]
async fn a_watch_from_forgotten_history_is_an_error_event() {
    let cluster = cluster();
    let web = cluster.objects().into_iter().find(|o| o.name() == "web").unwrap();
    cluster.put(&web);
    cluster.forget_history();
    let (code, event) = ask(&cluster, "GET /api/v1/pods?watch=true&resourceVersion=1", "").await;
    assert_eq!((code, &event["type"], &event["object"]["code"]), (200, &json!("ERROR"), &json!(410)));
}
