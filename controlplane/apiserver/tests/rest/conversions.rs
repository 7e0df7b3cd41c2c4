//! Versions that only a webhook knows how to turn into one another, over real HTTPS.

use crate::{
    asking::{Answer, Asking},
    hook::Hook,
    listening::listen,
    open::Open,
    program::Kubectl,
};
use serde_json::{Value, json};
use std::sync::Arc;

const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/// `spec.host` and `spec.port` of the first version are `spec.address` of the second.
fn turned(request: &Value) -> Value {
    let wanted = request["desiredAPIVersion"].as_str().unwrap();
    let objects = request["objects"].as_array().unwrap();
    let mut made: Vec<Value> = objects.iter().map(|object| one(object, wanted)).collect();
    let mut result = json!({"status": "Success"});
    for object in objects {
        match object["metadata"]["name"].as_str().unwrap() {
            "refused" => result = json!({"status": "Failed", "message": "I will not"}),
            "silent" => result = json!({"status": "Failed"}),
            "lost" => drop(made.pop()),
            "renamed" => made[0]["metadata"]["name"] = json!("other"),
            "elsewhere" => made[0]["apiVersion"] = json!("other.example.com/v9"),
            "labelled" => made[0]["metadata"]["labels"] = json!({"not a label": "x"}),
            "odd" => made[0]["spec"]["odd"] = json!(1),
            _ => {}
        }
    }
    json!({"result": result, "convertedObjects": made})
}

fn one(object: &Value, wanted: &str) -> Value {
    let mut object = object.clone();
    let (group, version) = wanted.split_once('/').unwrap();
    assert_ne!(object["apiVersion"], wanted, "what is in the version already is not sent");
    assert!(object["apiVersion"].as_str().unwrap().starts_with(group));
    let mut spec = object["spec"].as_object().cloned().unwrap_or_default();
    if version == "v2" {
        if let (Some(host), Some(port)) = (spec.remove("host"), spec.remove("port")) {
            spec.insert("address".into(), json!(format!("{}:{port}", host.as_str().unwrap())));
        }
    } else if let Some(Value::String(address)) = spec.remove("address") {
        let (host, port) = address.split_once(':').unwrap();
        spec.insert("host".into(), json!(host));
        spec.insert("port".into(), json!(port.parse::<u16>().unwrap()));
    }
    object["spec"] = Value::Object(spec);
    object["apiVersion"] = json!(wanted);
    // Whatever it says about who and when is not its business.
    object["metadata"]["creationTimestamp"] = json!("1999-01-01T00:00:00Z");
    object["metadata"]["annotations"]["turned"] = json!(version);
    object
}

fn definition(group: &str, client: &Value, stored: &str) -> Value {
    let version = |name: &str, spec: Value| {
        json!({"name": name, "served": true, "storage": name == stored, "subresources": {"status": {}},
            "selectableFields": [{"jsonPath": if name == "v2" { ".spec.address" } else { ".spec.host" }}],
            "additionalPrinterColumns": [{"name": "Where", "type": "string",
                "jsonPath": if name == "v2" { ".spec.address" } else { ".spec.host" }}],
            "schema": {"openAPIV3Schema": {"type": "object", "properties": {
                "spec": {"type": "object", "properties": spec},
                "status": {"type": "object", "properties": {"ready": {"type": "boolean"}}}}}}})
    };
    let list = json!({"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}});
    let first = json!({"host": {"type": "string"}, "port": {"type": "integer"}, "names": list});
    let second = json!({"address": {"type": "string", "pattern": "^[a-z]+:[0-9]+$"}, "names": list,
        "mode": {"type": "string", "default": "plain"}});
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("routes.{group}")},
        "spec": {"group": group, "scope": "Namespaced", "names": {"plural": "routes", "kind": "Route"},
            "versions": [version("v1", first), version("v2", second)],
            "conversion": {"strategy": "Webhook",
                "webhook": {"clientConfig": client, "conversionReviewVersions": ["v3", "v1"]}}},
    })
}

/// A server with a kind of two versions.
struct Routes {
    it: Asking,
    hook: Arc<Hook>,
    group: &'static str,
    client: Value,
}

impl Routes {
    async fn new(group: &'static str) -> Self {
        let it = Asking::new().await;
        let hook = Hook::called("127.0.0.1", turned);
        let client = listen(&hook).await;
        let body = definition(group, &client, "v1").to_string();
        let made = it.with(&format!("POST {DEFINITIONS}"), &[], &body).await;
        assert_eq!(made.code, 201, "{}", made.text);
        Self { it, hook, group, client }
    }

    /// Makes another version the one that is stored.
    async fn store_in(&self, version: &str) {
        let next = definition(self.group, &self.client, version).to_string();
        let path = format!("{DEFINITIONS}/routes.{}", self.group);
        let answer = self.it.with(&format!("PUT {path}"), &[], &next).await;
        assert_eq!(answer.code, 200, "{}", answer.text);
    }

    async fn ask(&self, verb: &str, version: &str, rest: &str, body: &Value) -> Answer {
        let path = format!("{verb} /apis/{}/{version}/namespaces/default/routes{rest}", self.group);
        let media = match verb {
            "PATCH" if rest.contains("fieldManager") => "application/apply-patch+yaml",
            "PATCH" => "application/merge-patch+json",
            _ => "application/json",
        };
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.it.with(&path, &[("content-type", media)], &body).await
    }

    async fn get(&self, version: &str, rest: &str) -> Value {
        self.ask("GET", version, rest, &Value::Null).await.json()
    }

    fn route(&self, version: &str, name: &str, spec: &Value) -> Value {
        json!({"apiVersion": format!("{}/{version}", self.group), "kind": "Route", "metadata": {"name": name},
            "spec": spec})
    }

    async fn made(&self, version: &str, name: &str, spec: &Value) -> Value {
        let made = self.ask("POST", version, "", &self.route(version, name, spec)).await;
        assert_eq!(made.code, 201, "{}", made.text);
        made.json()
    }

    /// How many objects each review since the last look was about, and the version it asked for.
    fn reviews(&self, since: &mut usize) -> Vec<(String, usize)> {
        let heard = self.hook.heard();
        let review = |review: &Value| {
            let wanted = review["desiredAPIVersion"].as_str().unwrap().rsplit('/').next().unwrap();
            (wanted.to_owned(), review["objects"].as_array().unwrap().len())
        };
        let new = heard[*since..].iter().map(review).collect();
        *since = heard.len();
        new
    }
}

fn review(wanted: &str, count: usize) -> (String, usize) {
    (wanted.to_owned(), count)
}

#[tokio::test]
async fn objects_are_read_and_written_in_the_version_that_is_spoken() {
    let it = Routes::new("spoken.example.com").await;
    let mut since = 0;
    let made = it.made("v2", "a", &json!({"address": "h:80"})).await;
    assert_eq!(made["spec"], json!({"address": "h:80", "mode": "plain"}));
    assert_eq!(made["metadata"]["managedFields"][0]["apiVersion"], "spoken.example.com/v2");
    assert_eq!(it.reviews(&mut since), [review("v1", 1), review("v2", 1)], "stored, and shown");
    let stored = it.get("v1", "/a").await;
    assert_eq!(
        (&stored["spec"], &stored["apiVersion"]),
        (&json!({"host": "h", "port": 80}), &json!("spoken.example.com/v1"))
    );
    assert_ne!(stored["metadata"]["creationTimestamp"], "1999-01-01T00:00:00Z");
    assert_eq!(stored["metadata"]["annotations"], json!({"turned": "v1"}));
    assert_eq!(it.reviews(&mut since), [], "it lies there in this version");

    it.made("v1", "b", &json!({"host": "i", "port": 81})).await;
    assert_eq!(it.reviews(&mut since), []);
    let list = it.get("v2", "").await;
    let addresses: Vec<_> =
        list["items"].as_array().unwrap().iter().map(|o| o["spec"]["address"].clone()).collect();
    assert_eq!(
        (addresses, &list["apiVersion"]),
        (vec![json!("h:80"), json!("i:81")], &json!("spoken.example.com/v2"))
    );
    assert_eq!(it.reviews(&mut since), [review("v2", 2)], "a list is one question");
    let table = it
        .it
        .accepting("GET /apis/spoken.example.com/v2/routes", "application/json;as=Table;v=v1;g=meta.k8s.io")
        .await;
    assert_eq!(table.json()["rows"][1]["cells"][1], "i:81");

    let patched = it.ask("PATCH", "v2", "/b", &json!({"spec": {"address": "j:82"}})).await.json();
    assert_eq!(
        (&patched["spec"]["address"], &patched["metadata"]["generation"]),
        (&json!("j:82"), &json!(2))
    );
    assert_eq!(it.get("v1", "/b").await["spec"], json!({"host": "j", "port": 82}));
    let wrong = it.ask("PATCH", "v2", "/b", &json!({"spec": {"address": "82"}})).await;
    assert!(wrong.code == 422 && wrong.text.contains("spec.address in body should match"), "{}", wrong.text);
    let mut whole = it.get("v2", "/b").await;
    whole["spec"]["address"] = json!("k:83");
    assert_eq!(it.ask("PUT", "v2", "/b", &whole).await.json()["spec"]["address"], "k:83");
    let told = it.ask("PATCH", "v2", "/b/status", &json!({"status": {"ready": true}})).await.json();
    assert_eq!((&told["status"]["ready"], &told["spec"]["address"]), (&json!(true), &json!("k:83")));
    since = it.hook.heard().len();
    assert_eq!(it.ask("DELETE", "v2", "/b", &Value::Null).await.code, 200);
    assert_eq!(it.reviews(&mut since), [], "nobody has to be asked before something goes");
}

#[tokio::test]
async fn watchers_see_the_version_they_speak() {
    let it = Routes::new("seen.example.com").await;
    it.made("v1", "a", &json!({"host": "h", "port": 80})).await;
    it.made("v1", "b", &json!({"host": "i", "port": 81})).await;
    let mut since = it.hook.heard().len();
    let line = "GET /apis/seen.example.com/v2/namespaces/default/routes?watch=true&timeoutSeconds=1&resourceVersion=0";
    let said = it.it.ask(line).await.text;
    let events: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let addresses: Vec<_> = events.iter().map(|event| event["object"]["spec"]["address"].clone()).collect();
    assert_eq!(addresses, ["h:80", "i:81"]);
    assert_eq!(it.reviews(&mut since), [review("v2", 2)]);
    it.made("v1", "refused", &json!({"host": "i", "port": 81})).await;
    let said = it.it.ask(line).await.text;
    let last: Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    let message = "conversion webhook for seen.example.com/v1, Kind=Route failed: I will not";
    assert_eq!((&last["type"], &last["object"]["message"]), (&json!("ERROR"), &json!(message)));
}

#[tokio::test]
async fn fields_are_selected_in_the_version_that_is_spoken() {
    let it = Routes::new("selected.example.com").await;
    it.made("v1", "a", &json!({"host": "h", "port": 80})).await;
    it.made("v1", "b", &json!({"host": "i", "port": 81})).await;
    let names = |list: &Value| -> Vec<String> {
        let items = list["items"].as_array().unwrap().iter();
        items.map(|item| item["metadata"]["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&it.get("v2", "?fieldSelector=spec.address%3Di:81").await), ["b"]);
    assert_eq!(names(&it.get("v1", "?fieldSelector=spec.host%3Dh").await), ["a"]);
    assert_eq!(names(&it.get("v1", "?fieldSelector=spec.host%3Dh,metadata.name!%3Da").await), [""; 0]);
    let begun = it.get("v1", "").await["metadata"]["resourceVersion"].as_str().unwrap().to_owned();
    it.ask("PATCH", "v2", "/a", &json!({"spec": {"address": "i:81"}})).await;
    it.ask("PATCH", "v2", "/b", &json!({"spec": {"address": "i:82"}})).await;
    it.ask("DELETE", "v1", "/a", &Value::Null).await;
    let line = "?watch=true&timeoutSeconds=1&fieldSelector=spec.address%3Di:81&resourceVersion=";
    let path = format!("GET /apis/selected.example.com/v2/namespaces/default/routes{line}{begun}");
    let said = it.it.ask(&path).await.text;
    let events: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let heard: Vec<_> =
        events.iter().map(|e| format!("{} {}", e["type"], e["object"]["metadata"]["name"])).collect();
    assert_eq!(heard, [r#""ADDED" "a""#, r#""DELETED" "b""#, r#""DELETED" "a""#]);
}

#[tokio::test]
async fn what_lies_in_an_older_version_is_turned_when_it_is_read_and_stored_anew_when_it_is_written() {
    let it = Routes::new("older.example.com").await;
    it.made("v1", "a", &json!({"host": "h", "port": 80})).await;
    it.store_in("v2").await;
    it.made("v2", "b", &json!({"address": "i:81"})).await;
    let mut since = it.hook.heard().len();
    assert_eq!(it.get("v1", "/a").await["spec"]["host"], "h");
    assert_eq!(it.reviews(&mut since), [], "in this version it still lies there");
    let list = it.get("v2", "").await;
    assert_eq!(list["items"][0]["spec"], json!({"address": "h:80", "mode": "plain"}));
    assert_eq!(it.reviews(&mut since), [review("v2", 1)], "only the one that is not in it");
    let before = it.get("v2", "/a").await;
    let after = it.ask("PUT", "v2", "/a", &before).await.json();
    assert_ne!(after["metadata"]["resourceVersion"], before["metadata"]["resourceVersion"]);
    since = it.hook.heard().len();
    assert_eq!(it.get("v2", "/a").await["spec"]["address"], "h:80");
    assert_eq!(it.reviews(&mut since), []);
    let same = it.ask("PUT", "v2", "/a", &after).await.json();
    assert_eq!(same["metadata"]["resourceVersion"], after["metadata"]["resourceVersion"]);
}

#[tokio::test]
async fn appliers_of_different_versions_know_of_each_other() {
    let it = Routes::new("applied.example.com").await;
    let apply = |version: &'static str, manager: &'static str, spec: Value| {
        let (it, body) = (&it, it.route(version, "a", &spec));
        async move { it.ask("PATCH", version, &format!("/a?fieldManager={manager}"), &body).await }
    };
    let made = apply("v1", "one", json!({"host": "h", "port": 80, "names": ["x"]})).await;
    assert_eq!(made.code, 201, "{}", made.text);
    let clash = apply("v2", "two", json!({"address": "h:81"})).await;
    assert_eq!(clash.code, 409, "{}", clash.text);
    assert_eq!(clash.json()["message"], "Apply failed with 1 conflict: conflict with \"one\": .spec.port");
    let more = apply("v2", "two", json!({"address": "h:80", "names": ["y"]})).await;
    assert_eq!(more.json()["spec"]["names"], json!(["x", "y"]), "{}", more.text);
    let fewer = apply("v1", "one", json!({"host": "h", "port": 80})).await.json();
    assert_eq!(fewer["spec"], json!({"host": "h", "port": 80, "names": ["y"]}));
    let odd = apply("v2", "two", json!({"host": "h"})).await.json();
    assert_eq!(
        odd["message"],
        "failed to create typed patch object (/a; applied.example.com/v2, Kind=Route): .spec.host: field not declared in schema"
    );
    let updated = it.ask("PATCH", "v2", "/a", &json!({"spec": {"address": "z:9"}})).await.json();
    let owners: Vec<_> = updated["metadata"]["managedFields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|o| (&o["manager"], &o["fieldsV1"]["f:spec"]))
        .collect();
    assert!(
        !owners
            .iter()
            .any(|(who, spec)| **who == "one" && (spec["f:host"].is_object() || spec["f:port"].is_object())),
        "{owners:?}"
    );
}

#[tokio::test]
async fn what_goes_wrong_is_told_as_kubernetes_tells_it() {
    let it = Routes::new("wrong.example.com").await;
    let about = "conversion webhook for wrong.example.com/v1, Kind=Route";
    for (name, said) in [
        ("refused", "failed: I will not"),
        ("silent", "failed: response.result.status was 'Failed', not 'Success'"),
        ("lost", "returned 0 objects, expected 1"),
        ("renamed", "returned invalid object: must have the same name: renamed != other"),
        (
            "elsewhere",
            "returned invalid object at index 0: invalid groupVersion (expected wrong.example.com/v2, received other.example.com/v9)",
        ),
        (
            "labelled",
            "returned invalid metadata: metadata.labels: Invalid value: \"not a label\": name part must consist of",
        ),
    ] {
        it.made("v1", name, &json!({"host": "h", "port": 80})).await;
        let refused = it.ask("GET", "v2", &format!("/{name}"), &Value::Null).await;
        let status = refused.json();
        assert!(status["message"].as_str().unwrap().starts_with(&format!("{about} {said}")), "{status}");
        assert_eq!((refused.code, status.get("reason")), (500, None));
    }
    let list = it.ask("GET", "v2", "", &Value::Null).await;
    let message = list.json()["message"].as_str().unwrap().to_owned();
    assert!(list.code == 500 && message.starts_with(&format!("{about} failed: ")), "{message}");
    it.made("v1", "odd", &json!({"host": "h", "port": 80})).await;
    assert_eq!(it.get("v2", "/odd").await["spec"].get("odd"), None, "pruned");
    let refused = it.ask("POST", "v2", "", &it.route("v2", "refused2", &json!({"address": "h:1"}))).await;
    assert_eq!(refused.code, 201);
    let gone = json!({"url": "https://127.0.0.1:1/gone"});
    let path = format!("PUT {DEFINITIONS}/routes.wrong.example.com");
    it.it.with(&path, &[], &definition(it.group, &gone, "v1").to_string()).await;
    let message = it.get("v2", "/odd").await["message"].as_str().unwrap().to_owned();
    assert!(
        message.starts_with(&format!("{about} failed: Post \"https://127.0.0.1:1/gone\": ")),
        "{message}"
    );
    assert_eq!(it.get("v1", "/odd").await["spec"]["host"], "h", "whoever needs no help gets along");
}

#[tokio::test]
async fn webhooks_are_asked_in_the_version_they_name() {
    let it = Routes::new("asked.example.com").await;
    let hook = Hook::called("127.0.0.1", |asked| {
        let host = asked["object"]["spec"]["host"].as_str().unwrap_or_default();
        let patch = json!([{"op": "replace", "path": "/spec/host", "value": format!("{host}x")}]);
        json!({"allowed": true, "patch": patch})
    });
    let body = json!({"metadata": {"name": "h"}, "webhooks": [{"name": "h.example.com", "sideEffects": "None",
        "clientConfig": listen(&hook).await, "admissionReviewVersions": ["v1"],
        "rules": [{"apiGroups": ["asked.example.com"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["routes"]}]}]});
    let path = "POST /apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";
    assert_eq!(it.it.with(path, &[], &body.to_string()).await.code, 201);
    let made = it.made("v2", "a", &json!({"address": "h:80"})).await;
    assert_eq!(made["spec"]["address"], "hx:80");
    let heard = &hook.heard()[0];
    assert_eq!((&heard["kind"]["version"], &heard["requestKind"]["version"]), (&json!("v1"), &json!("v2")));
    assert_eq!(heard["object"]["apiVersion"], "asked.example.com/v1");
}

#[tokio::test(flavor = "multi_thread")]
async fn kubectl_works_in_either_version() {
    let group = "either.example.com";
    let router = controlplane_apiserver::rest::router(Open::server().await);
    let Some(kubectl) = Kubectl::at(router).await else { return };
    let hook = Hook::called("127.0.0.1", turned);
    let client = listen(&hook).await;
    kubectl.says("apply -f -", &definition(group, &client, "v1").to_string()).await;
    let route = |address: &str| {
        json!({"apiVersion": format!("{group}/v2"), "kind": "Route", "metadata": {"name": "a"},
            "spec": {"address": address}})
        .to_string()
    };
    assert_eq!(kubectl.says("apply -f -", &route("h:80")).await, format!("route.{group}/a created\n"));
    assert_eq!(kubectl.says("apply -f -", &route("h:81")).await, format!("route.{group}/a configured\n"));
    assert_eq!(kubectl.says("apply -f -", &route("h:81")).await, format!("route.{group}/a unchanged\n"));
    let first = format!("get routes.v1.{group} a -o jsonpath={{.spec.host}}/{{.spec.port}}");
    assert_eq!(kubectl.says(&first, "").await, "h/81");
    let table = kubectl.says(&format!("get routes.v2.{group}"), "").await;
    assert!(table.contains("WHERE") && table.contains("h:81"), "{table}");
    let server = kubectl.says("apply --server-side --force-conflicts -f -", &route("h:82")).await;
    assert_eq!(server, format!("route.{group}/a serverside-applied\n"));
    assert!(kubectl.says(&format!("delete routes.v1.{group} a"), "").await.contains("deleted"));
}
