//! A kind whose versions a webhook turns into one another, over gRPC: everybody is shown the version that is stored.

use crate::{hook::Hook, listening::listen, port::Port};
use futures::StreamExt;
use serde_json::{Value, json};
use shared_api::{Object, Patch, PatchType, Query, WriteHow};
use shared_client::{Cluster, Event};

const GROUP: &str = "grpc.example.com";

/// `spec.one` of the first version is `spec.two` of the second.
fn turned(request: &Value) -> Value {
    let wanted = request["desiredAPIVersion"].as_str().unwrap();
    let (from, to) = if wanted.ends_with("v2") { ("one", "two") } else { ("two", "one") };
    let one = |object: &Value| {
        let mut object = object.clone();
        object["apiVersion"] = json!(wanted);
        object["spec"] = json!({to: object["spec"][from]});
        object
    };
    let made: Vec<_> = request["objects"].as_array().unwrap().iter().map(one).collect();
    json!({"result": {"status": "Success"}, "convertedObjects": made})
}

fn definition(client: &Value, stored: &str) -> Object {
    let version = |name: &str, field: &str| {
        json!({"name": name, "served": true, "storage": name == stored, "schema": {"openAPIV3Schema": {
            "type": "object", "properties": {"spec": {"type": "object", "properties": {field: {"type": "string"}}}}}}})
    };
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("things.{GROUP}")},
        "spec": {"group": GROUP, "scope": "Namespaced", "names": {"plural": "things", "kind": "Thing"},
            "versions": [version("v1", "one"), version("v2", "two")],
            "conversion": {"strategy": "Webhook",
                "webhook": {"clientConfig": client, "conversionReviewVersions": ["v1"]}}},
    });
    Object::from_value(&definition).unwrap()
}

fn thing(version: &str, name: &str, spec: Value) -> Object {
    let mut thing = json!({"apiVersion": format!("{GROUP}/{version}"), "kind": "Thing",
        "metadata": {"name": name, "namespace": "default"}});
    thing["spec"] = spec;
    Object::from_value(&thing).unwrap()
}

#[tokio::test]
async fn what_is_shown_is_in_the_version_that_is_stored() {
    let admin = Port::open().await.admin();
    let hook = Hook::called("127.0.0.1", turned);
    let client = listen(&hook).await;
    let how = WriteHow::default();
    admin.create(definition(&client, "v1"), &how).await.unwrap();
    let old = admin.create(thing("v1", "a", json!({"one": "x"})), &how).await.unwrap();
    admin.update(definition(&client, "v2"), &how).await.unwrap();

    let expected = json!({"two": "x"});
    let now = admin.get(&old.key()).await.unwrap();
    assert_eq!((now.api_version(), &now.value()["spec"]), ("grpc.example.com/v2", &expected));
    assert_eq!(now.revision(), old.revision());
    let query = Query::all(old.group_kind());
    assert_eq!(admin.list(&query).await.unwrap().items[0].value()["spec"], expected);
    let mut events = admin.watch(&[query], None).await.unwrap();
    let Event::Added(told) = events.next().await.unwrap().unwrap() else { panic!("nothing was there") };
    assert_eq!(told.value()["spec"], expected);

    // A manifest may be of any version, and is what it says there.
    let other = admin.create(thing("v1", "b", json!({"one": "y"})), &how).await.unwrap();
    assert_eq!(other.value()["spec"], json!({"two": "y"}));
    let body = thing("v1", "b", json!({"one": "z"})).value();
    let how =
        WriteHow { manager: Some("me".into()), version: Some(format!("{GROUP}/v1")), ..WriteHow::default() };
    let patch = Patch { kind: PatchType::Apply { force: true }, body };
    let applied = admin.patch(&other.key(), &patch, &how).await.unwrap();
    assert_eq!(
        (applied.api_version(), &applied.value()["spec"]),
        ("grpc.example.com/v2", &json!({"two": "z"}))
    );
}
