//! The documents hold together, and say what clients look for.

mod gnostic_three;
mod gnostic_two;

use super::*;
use crate::rest::subresources;
use shared_api::served;
use std::collections::{BTreeMap, BTreeSet};

fn three(group: &str, version: &str) -> Value {
    serde_json::from_slice(&writer::three(group, version, true)).unwrap()
}

fn two() -> Value {
    serde_json::from_slice(&writer::two()).unwrap()
}

/// Everything under a name, anywhere in a document.
fn all<'a>(document: &'a Value, name: &str, found: &mut Vec<&'a Value>) {
    match document {
        Value::Object(fields) => {
            for (key, value) in fields {
                if key == name {
                    found.push(value);
                }
                all(value, name, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| all(item, name, found)),
        _ => {}
    }
}

fn references_lead_somewhere(document: &Value) {
    let mut references = Vec::new();
    all(document, "$ref", &mut references);
    assert!(!references.is_empty());
    for reference in references.iter().filter_map(|r| r.as_str()) {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference} is nowhere");
    }
}

#[test]
fn every_reference_leads_somewhere() {
    for (group, version) in discovery::group_versions() {
        references_lead_somewhere(&three(group, version));
    }
    references_lead_somewhere(&two());
}

#[test]
fn every_kind_and_subresource_has_its_operations_in_every_version() {
    let two = two();
    let threes: BTreeMap<_, _> =
        discovery::group_versions().into_iter().map(|(g, v)| ((g, v), three(g, v))).collect();
    for one in served() {
        let three = &threes[&(one.group(), one.version())];
        let root = discovery::root(one.group(), one.version());
        let within = if one.kind.namespaced { "/namespaces/{namespace}" } else { "" };
        let path = format!("{root}{within}/{}/{{name}}", one.kind.plural);
        let meaning = json!({"group": one.group(), "version": one.version(), "kind": one.kind.kind});
        for document in [three, &two] {
            if !one.kind.verbs.contains(&"get") {
                continue;
            }
            let item = &document["paths"][&path];
            assert_eq!(item["get"]["x-kubernetes-group-version-kind"], meaning, "{path}");
            for sub in subresources::of(one.kind) {
                assert!(
                    document["paths"].get(format!("{path}/{}", sub.name)).is_some(),
                    "{path}/{}",
                    sub.name
                );
            }
            if one.kind.verbs.contains(&"patch") {
                let validated = |p: &Value| p["name"] == "fieldValidation" && p["in"] == "query";
                assert!(item["patch"]["parameters"].as_array().unwrap().iter().any(validated), "{path}");
            }
        }
    }
    let mut ids = Vec::new();
    all(&two, "operationId", &mut ids);
    let unique: BTreeSet<_> = ids.iter().map(|id| id.as_str()).collect();
    assert_eq!(unique.len(), ids.len(), "an operation's name is its own");
}

#[test]
fn schemas_say_how_lists_merge() {
    let document = three("apps", "v1");
    let spec = &document["components"]["schemas"]["io.k8s.api.core.v1.PodSpec"];
    let containers = &spec["properties"]["containers"];
    assert_eq!(containers["items"]["$ref"], "#/components/schemas/io.k8s.api.core.v1.Container");
    assert_eq!(containers["x-kubernetes-list-type"], "map");
    assert_eq!(containers["x-kubernetes-list-map-keys"], json!(["name"]));
    assert_eq!(containers["x-kubernetes-patch-merge-key"], "name");
    assert_eq!(containers["x-kubernetes-patch-strategy"], "merge");
    assert!(containers["description"].as_str().unwrap().contains("containers"));
    assert_eq!(spec["required"], json!(["containers"]));
    let strategy =
        &document["components"]["schemas"]["io.k8s.api.apps.v1.DeploymentSpec"]["properties"]["strategy"];
    assert_eq!(strategy["allOf"][0]["$ref"], "#/components/schemas/io.k8s.api.apps.v1.DeploymentStrategy");
    assert_eq!(strategy["x-kubernetes-patch-strategy"], "retainKeys");
    let volume = &document["components"]["schemas"]["io.k8s.api.core.v1.Volume"]["properties"]["secret"];
    assert!(volume["description"].as_str().unwrap().contains("secret"), "{volume}");
}

#[test]
fn hashes_name_what_they_lead_to() {
    let hash = |group, version| packed::hash(group, version);
    assert_eq!(hash("apps", "v1"), hash("apps", "v1"));
    assert_ne!(hash("apps", "v1"), hash("", "v1"));
    let asked = |uri: &str| serve(&uri.parse().unwrap(), &HeaderMap::new()).unwrap().unwrap();
    let current = format!("/openapi/v3/apis/apps/v1?hash={}", hash("apps", "v1"));
    let response = asked(&current);
    assert_eq!(response.status(), StatusCode::OK);
    assert!(response.headers()[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
    let moved = asked("/openapi/v3/apis/apps/v1?hash=old");
    assert_eq!(
        (moved.status(), &moved.headers()[header::LOCATION]),
        (StatusCode::MOVED_PERMANENTLY, &current.parse().unwrap())
    );
    assert!(serve(&"/openapi/v3/apis/none/v1".parse().unwrap(), &HeaderMap::new()).is_none());
    let tag = response.headers()[header::ETAG].clone();
    let headers = HeaderMap::from_iter([(header::IF_NONE_MATCH, tag)]);
    let again = serve(&"/openapi/v3/apis/apps/v1".parse().unwrap(), &headers).unwrap().unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn documents_come_folded_to_those_who_can_unfold() {
    use http_body_util::BodyExt;
    let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"))]);
    let length = |headers: HeaderMap| async move {
        let response = serve(&"/openapi/v3/apis/batch/v1".parse().unwrap(), &headers).unwrap().unwrap();
        let folded = response.headers().contains_key(header::CONTENT_ENCODING);
        (folded, response.into_body().collect().await.unwrap().to_bytes().len())
    };
    let (folded, short) = length(headers).await;
    let (plain, long) = length(HeaderMap::new()).await;
    assert!(folded && !plain && short * 3 < long, "{short} {long}");
}

#[test]
fn a_document_comes_in_the_form_that_is_asked_for() {
    let asked = |path: &str, accept: &'static str| {
        let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accept))]);
        match serve(&path.parse().unwrap(), &headers).unwrap() {
            Ok(response) => response.headers()[header::CONTENT_TYPE].to_str().unwrap().to_owned(),
            Err(refusal) => refusal.reason.code().to_string(),
        }
    };
    let three = "/openapi/v3/apis/batch/v1";
    for (path, accept, expected) in [
        (three, "application/json", JSON),
        (three, "*/*", JSON),
        (three, ASKED_THREE, GNOSTIC_THREE),
        (three, GNOSTIC_THREE, GNOSTIC_THREE),
        (
            three,
            "application/com.github.proto-openapi.spec.v3@v1.0+protobuf, application/json;q=0.5",
            GNOSTIC_THREE,
        ),
        (three, ASKED_TWO, "406"),
        ("/openapi/v2", ASKED_TWO, GNOSTIC_TWO),
        ("/openapi/v2", ASKED_THREE, "406"),
        ("/openapi/v3", ASKED_THREE, "406"),
    ] {
        assert_eq!(asked(path, accept), expected, "{path} {accept}");
    }
}
