//! Bad input: whatever anybody sends about any kind, in any language, is answered by what it asked for or by
//! a `Status` that says why not; never by a fault of the server, and in good time.

use crate::open::Open;
use axum::{Router, body::Body};
use http::{Method, Request};
use http_body_util::BodyExt;
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use serde_json::{Map, Value, json};
use shared_api::{
    KindInfo, kinds,
    schema::{self, Shape, Type},
};
use std::time::Duration;
use tower::ServiceExt;

/// Decisions, one after the other; when they run out they begin anew.
struct Tape<'a> {
    left: &'a [u16],
    at: usize,
    /// One in so many values is none that its type has.
    wild: usize,
}

impl Tape<'_> {
    fn next(&mut self, below: usize) -> usize {
        let found = self.left.get(self.at % self.left.len().max(1)).copied().unwrap_or(0);
        self.at += 1;
        // The same decision comes out otherwise the second time around.
        (usize::from(found) + self.at / self.left.len().max(1)) % below.max(1)
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.next(all.len())]
    }
}

/// A value as its type has it, or one as no type has it.
fn value(shape: &Shape, tape: &mut Tape<'_>, depth: usize) -> Value {
    if tape.next(tape.wild) == 1 {
        return nonsense(tape);
    }
    match shape {
        Shape::String => {
            json!(tape.one_of(&["a", "", "TCP", "Always", "x/y", "1", "ä\u{0}\u{202e}", "0.0.0.0"]))
        }
        Shape::Int32 | Shape::Int64 | Shape::Number => {
            json!(tape.one_of(&[0_i64, 1, 80, -1, 65_536, i64::from(i32::MAX), i64::MAX, i64::MIN]))
        }
        Shape::Bool => json!(tape.next(2) == 0),
        Shape::Bytes => json!(tape.one_of(&["YQ==", "a", "!!"])),
        Shape::Time | Shape::MicroTime => {
            json!(tape.one_of(&["2026-01-01T00:00:00Z", "never", "9999-99-99T99:99:99Z", "-1"]))
        }
        Shape::Duration => json!(tape.one_of(&["1m30s", "-1", "x"])),
        Shape::Quantity => {
            json!(tape.one_of(&[
                "1",
                "100m",
                "1Gi",
                "-5",
                "1e400",
                "999999999999999999999999E",
                "x",
                ".",
                "1.5.5"
            ]))
        }
        Shape::IntOrString => tape.one_of(&[json!(80), json!("http"), json!("101%"), json!(-1)]).clone(),
        Shape::Any | Shape::Fields | Shape::Schema(_) => {
            tape.one_of(&[json!({}), json!({"f:a": {}}), json!([1]), json!("x")]).clone()
        }
        Shape::Object(_) | Shape::List(_) | Shape::Map(_) if depth == 0 => Value::Null,
        Shape::Object(of) => object(of.get(), tape, depth - 1),
        Shape::List(item) => (0..tape.next(4)).map(|_| value(item, tape, depth - 1)).collect(),
        Shape::Map(entry) => {
            let names = ["a", "app", "", "x/y/z", "-", "kubernetes.io/x"];
            let entry =
                |tape: &mut Tape<'_>| ((*tape.one_of(&names)).to_owned(), value(entry, tape, depth - 1));
            Value::Object((0..tape.next(3)).map(|_| entry(tape)).collect())
        }
    }
}

fn object(of: &Type, tape: &mut Tape<'_>, depth: usize) -> Value {
    let mut fields = Map::new();
    for field in of.fields() {
        if field.required || tape.next(3) == 0 {
            fields.insert(field.name.into(), value(&field.shape, tape, depth));
        }
    }
    if tape.next(tape.wild * 10) == 1 {
        fields.insert("nothing".into(), nonsense(tape));
    }
    Value::Object(fields)
}

fn nonsense(tape: &mut Tape<'_>) -> Value {
    match tape.next(11) {
        0 => Value::Null,
        1 => json!([]),
        2 => json!({}),
        3 => json!(1e308),
        4 => json!(u64::MAX),
        5 => json!("x".repeat(10_000)),
        6 => json!(true),
        7 => json!([[[[[[{"a": [null]}]]]]]]),
        8 => json!({"$patch": "delete"}),
        9 => json!({"$patch": "replace", "$retainKeys": 1, "$setElementOrder/x": {}}),
        _ => json!("-0"),
    }
}

/// What of an object is sent, in the language of the media type.
fn body(media: &str, whole: &Value, tape: &mut Tape<'_>) -> Vec<u8> {
    let value = if media.contains("json-patch") {
        let paths = [
            "/spec",
            "/metadata/name",
            "/metadata/labels",
            "",
            "/spec/containers/0",
            "/a~b",
            "x",
            "/status/-",
        ];
        let operations = ["add", "remove", "replace", "move", "copy", "test", "explode"];
        let operation = |tape: &mut Tape<'_>| {
            json!({"op": tape.one_of(&operations), "path": tape.one_of(&paths), "from": tape.one_of(&paths),
                "value": nonsense(tape)})
        };
        (0..tape.next(5)).map(|_| operation(tape)).collect()
    } else {
        whole.clone()
    };
    let text = if media.contains("yaml") && tape.next(2) == 0 {
        shared_api::yaml::to_string(&value).unwrap()
    } else {
        value.to_string()
    };
    spoiled(text, tape)
}

/// The text, with one thing wrong with it, or nothing.
fn spoiled(text: String, tape: &mut Tape<'_>) -> Vec<u8> {
    let mut bytes = text.into_bytes();
    let at = tape.next(bytes.len());
    match tape.next(40) {
        0 => bytes.truncate(at),
        1 => drop(bytes.splice(at..at, *b"\xff\xfe")),
        2 => drop(bytes.splice(at..at, "[".repeat(50_000).into_bytes())),
        3 => drop(bytes.splice(at..at, "{\"a\":".repeat(5_000).into_bytes())),
        4 => bytes = [&bytes[..], &bytes[..]].concat(),
        5 => drop(bytes.splice(at..at, *b"\"apiVersion\":1,")),
        6 => bytes[at] = bytes[at].wrapping_add(1),
        7 => bytes = b"a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c]\n".to_vec(),
        8 => bytes.clear(),
        9 => bytes = vec![b'x'; 4 * 1024 * 1024],
        _ => {}
    }
    bytes
}

/// A manifest that is fine, for those kinds where a name is enough or something simple is.
fn plain(kind: &KindInfo) -> Value {
    let containers = json!({"containers": [{"name": "a", "image": "x"}], "restartPolicy": "Never"});
    let template = |policy: &str| {
        json!({"metadata": {"labels": {"a": "b"}},
            "spec": {"containers": [{"name": "a", "image": "x"}], "restartPolicy": policy}})
    };
    let selector = json!({"matchLabels": {"a": "b"}});
    let spec = match kind.kind {
        "Pod" => containers,
        "Service" => json!({"ports": [{"port": 80}], "selector": {"a": "b"}}),
        "Deployment" | "ReplicaSet" | "DaemonSet" => {
            json!({"selector": selector, "template": template("Always")})
        }
        "StatefulSet" => json!({"selector": selector, "serviceName": "a", "template": template("Always")}),
        "Job" => json!({"template": template("Never")}),
        "Ingress" => json!({"defaultBackend": {"service": {"name": "a", "port": {"number": 80}}}}),
        "CronTab" => {
            json!({"cronSpec": "* * * * *", "ports": [{"name": "a", "port": 1}], "free": {"a": [1]}})
        }
        "IngressClass" => json!({"controller": "a.b/c"}),
        "PersistentVolume" => json!({
            "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": "/a"},
        }),
        "PersistentVolumeClaim" => json!({
            "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}},
        }),
        "CronJob" => {
            json!({"schedule": "* * * * *", "jobTemplate": {"spec": {"template": template("Never")}}})
        }
        _ => json!({}),
    };
    let mut value = json!({"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {"name": "a"}});
    if spec != json!({}) {
        value["spec"] = spec;
    }
    let more = match kind.kind {
        "RoleBinding" | "ClusterRoleBinding" => {
            json!({"roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "a"}})
        }
        "EndpointSlice" => json!({"addressType": "IPv4", "endpoints": []}),
        _ => json!({}),
    };
    value.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
    value
}

fn path(kind: &KindInfo, name: &str) -> String {
    let group = if kind.group.is_empty() { "/api".into() } else { format!("/apis/{}", kind.group) };
    let within = if kind.namespaced { "/namespaces/default" } else { "" };
    format!("{group}/{}{within}/{}{name}", kind.version, kind.plural)
}

const MEDIA: &[(&str, &str)] = &[
    ("POST", "application/json"),
    ("POST", "application/yaml"),
    ("PUT", "application/json"),
    ("PATCH", "application/json-patch+json"),
    ("PATCH", "application/merge-patch+json"),
    ("PATCH", "application/strategic-merge-patch+json"),
    ("PATCH", "application/apply-patch+yaml"),
];

async fn send(router: &Router, method: &str, path: &str, media: &str, body: Vec<u8>) -> (u16, Vec<u8>) {
    let request = Request::builder().method(method.parse::<Method>().unwrap()).uri(path);
    let request = request.header("content-type", media).body(Body::from(body)).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let code = response.status().as_u16();
    (code, response.into_body().collect().await.unwrap().to_bytes().to_vec())
}

/// One request; `Err` says what is wrong with its answer.
async fn asked(router: &Router, tape: &mut Tape<'_>) -> Result<(), String> {
    tape.wild = *tape.one_of(&[10, 100, usize::MAX / 10]);
    let all: Vec<&'static KindInfo> = kinds().collect();
    let kind = *tape.one_of(&all);
    let (method, media) = *tape.one_of(MEDIA);
    let known = schema::of(kind.group, kind.version, kind.kind);
    let mut whole = known.map_or_else(|| plain(kind), |known| object(known, tape, 9));
    if let Some(fields) = whole.as_object_mut()
        && tape.next(8) > 0
    {
        fields.insert("apiVersion".into(), json!(kind.api_version));
        fields.insert("kind".into(), json!(kind.kind));
        if tape.next(4) > 0 {
            fields.insert("metadata".into(), json!({"name": "a"}));
        }
    }
    let body = body(media, &whole, tape);
    let has = |part: &&str| kind.subresources.contains(&&part[1..]);
    let part = [["/status", "/scale"][tape.next(2)]].into_iter().find(has).filter(|_| tape.next(3) == 0);
    let part = part.filter(|_| method != "POST").unwrap_or_default();
    let name = if method == "POST" { String::new() } else { format!("/a{part}") };
    let query = tape.one_of(&[
        "?fieldManager=x",
        "?fieldManager=x&fieldValidation=Strict",
        "?fieldManager=x&dryRun=All",
    ]);
    let path = format!("{}{query}", path(kind, &name));
    let start = String::from_utf8_lossy(&body[..body.len().min(2000)]).into_owned();
    let about = |what: String| format!("{method} {path} ({media}): {what}\n{start}");
    let answer =
        tokio::time::timeout(Duration::from_secs(20), send(router, method, &path, media, body)).await;
    let (code, answer) = answer.map_err(|_| about("no answer in 20 seconds".into()))?;
    let status: Value = serde_json::from_slice(&answer).unwrap_or_default();
    let message = status["message"].as_str().unwrap_or_default();
    match code {
        200 | 201 => Ok(()),
        400..500 if status["kind"] == "Status" && !message.is_empty() && status["code"] == code => Ok(()),
        _ => Err(about(format!("{code} {}", String::from_utf8_lossy(&answer)))),
    }
}

#[test]
fn whatever_is_sent_is_answered_with_what_was_asked_or_why_not() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let router = runtime.block_on(async {
        let router = controlplane_apiserver::rest::router(Open::server().await);
        let definition = crate::custom::crontabs("hostile.example.com").to_string();
        let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
        let made = send(&router, "POST", definitions, "application/json", definition.into()).await;
        assert_eq!(made.0, 201, "{}", String::from_utf8_lossy(&made.1));
        for kind in kinds() {
            let made =
                send(&router, "POST", &path(kind, ""), "application/json", plain(kind).to_string().into())
                    .await;
            assert!(made.0 < 500, "{} {}", kind.kind, String::from_utf8_lossy(&made.1));
        }
        router
    });
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(1000);
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let tapes = proptest::collection::vec(any::<u16>(), 8..200);
    let run = runner.run(&tapes, |tape| {
        let mut tape = Tape { left: &tape, at: 0, wild: 1 };
        runtime.block_on(asked(&router, &mut tape)).map_err(TestCaseError::fail)
    });
    run.unwrap();
}

/// What is wrong is named by its place.
#[tokio::test]
async fn a_wrong_field_is_named_whatever_the_language() {
    let router = controlplane_apiserver::rest::router(Open::server().await);
    let pods = shared_api::find("pods").unwrap();
    let made =
        send(&router, "POST", &path(pods, ""), "application/json", plain(pods).to_string().into()).await;
    assert_eq!(made.0, 201);
    let wrong =
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"containers": "none"}});
    for (method, media) in MEDIA {
        let body = if media.contains("json-patch") {
            json!([{"op": "add", "path": "/spec/containers", "value": "none"}])
        } else {
            wrong.clone()
        };
        let name = if *method == "POST" { "" } else { "/a" };
        let path = format!("{}?fieldManager=x", path(pods, name));
        let (code, answer) = send(&router, method, &path, media, body.to_string().into()).await;
        let answer = String::from_utf8_lossy(&answer);
        // As in Kubernetes, what a patch makes of an object is invalid; what is sent whole cannot be read.
        let expected = if media.contains("patch+json") { 422 } else { 400 };
        assert!(code == expected && answer.contains("spec.containers"), "{method} {media}: {code} {answer}");
    }
}
