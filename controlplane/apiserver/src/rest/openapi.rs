//! `OpenAPI`: which operations there are and which parameters each takes, as kubectl asks before it
//! writes. Schemas accept everything: what an object may hold is decided behind the door.

use super::{accept, answer, discovery};
use axum::response::Response;
use http::HeaderMap;
use prost::Message;
use serde_json::{Map, Value, json};
use shared_api::{KindInfo, Refusal};
use shared_client::Result;

const JSON: &str = "application/json";
/// What clients ask for; `@` has no place in a media type, so the answer is named as upstream names it.
const ASKED: &str = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
const GNOSTIC: &str = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

/// Answers `/openapi/v2`, `/openapi/v3` and the documents it points to; `None` for other paths.
pub(super) fn serve(path: &str, headers: &HeaderMap) -> Option<Result<Response>> {
    let words: Vec<&str> = path.split('/').filter(|word| !word.is_empty()).collect();
    match words[..] {
        ["openapi", "v2"] => Some(version_two(headers)),
        ["openapi", "v3"] => Some(json_document(headers, &index())),
        ["openapi", "v3", "api", version] => document("", version).map(|d| json_document(headers, &d)),
        ["openapi", "v3", "apis", group, version] => {
            document(group, version).map(|d| json_document(headers, &d))
        }
        _ => None,
    }
}

fn json_document(headers: &HeaderMap, document: &Value) -> Result<Response> {
    accept::choose(headers, &[JSON]).ok_or_else(accept::not_acceptable)?;
    Ok(answer::cached(headers, JSON, serde_json::to_vec(document).map_err(Refusal::internal)?))
}

/// Where each group and version has its document; the hash tells clients when it changed.
fn index() -> Value {
    let entry = |(group, version): (&str, &str)| {
        let root = discovery::root(group, version);
        let hash = answer::digest(document(group, version)?.to_string().as_bytes());
        let place = json!({"serverRelativeURL": format!("/openapi/v3{root}?hash={hash}")});
        Some((root.trim_start_matches('/').to_owned(), place))
    };
    let paths: Map<_, _> = discovery::group_versions().into_iter().filter_map(entry).collect();
    json!({"paths": paths})
}

fn info() -> Value {
    json!({"title": "Kubernetes", "version": "v1.35.0"})
}

fn document(group: &str, version: &str) -> Option<Value> {
    let kinds = discovery::kinds_of(group, version);
    if kinds.is_empty() {
        return None;
    }
    let (mut paths, mut schemas) = (Map::new(), Map::new());
    for served in kinds {
        let kind = served.kind;
        let within = if kind.namespaced { "/namespaces/{namespace}" } else { "" };
        let all = format!("{}{within}/{}", discovery::root(group, version), kind.plural);
        paths.insert(all.clone(), collection(kind));
        paths.insert(format!("{all}/{{name}}"), one(kind));
        schemas.insert(schema_name(kind), schema(kind));
    }
    Some(json!({"openapi": "3.0.0", "info": info(), "paths": paths, "components": {"schemas": schemas}}))
}

fn schema_name(kind: &KindInfo) -> String {
    let group = kind.group.split('.').next().filter(|g| !g.is_empty()).unwrap_or("core");
    format!("io.k8s.api.{group}.{}.{}", kind.version, kind.kind)
}

fn meaning(kind: &KindInfo) -> Value {
    json!({"group": kind.group, "version": kind.version, "kind": kind.kind})
}

fn schema(kind: &KindInfo) -> Value {
    json!({
        "type": "object",
        "x-kubernetes-group-version-kind": [meaning(kind)],
        "x-kubernetes-preserve-unknown-fields": true,
    })
}

fn collection(kind: &KindInfo) -> Value {
    let mut path = json!({
        "get": operation(kind, "list", READ),
        "post": operation(kind, "post", WRITE),
        "delete": operation(kind, "deletecollection", REMOVE),
        "parameters": in_path(kind, false),
    });
    path["post"]["requestBody"] = taken(kind, &["application/json", "application/yaml"]);
    path
}

fn one(kind: &KindInfo) -> Value {
    let mut path = json!({
        "get": operation(kind, "get", &[]),
        "put": operation(kind, "put", WRITE),
        "patch": operation(kind, "patch", WRITE),
        "delete": operation(kind, "delete", REMOVE),
        "parameters": in_path(kind, true),
    });
    path["put"]["requestBody"] = taken(kind, &["application/json", "application/yaml"]);
    // Strategic merge patches are taken too. Naming them here would make kubectl work them out from these
    // schemas, which do not say how lists merge; without it, kubectl knows from its own types.
    path["patch"]["requestBody"] =
        taken(kind, &["application/json-patch+json", "application/merge-patch+json"]);
    path
}

const READ: &[&str] = &[
    "allowWatchBookmarks",
    "continue",
    "fieldSelector",
    "labelSelector",
    "limit",
    "resourceVersion",
    "resourceVersionMatch",
    "sendInitialEvents",
    "timeoutSeconds",
    "watch",
];
const WRITE: &[&str] = &["dryRun", "fieldManager", "fieldValidation"];
const REMOVE: &[&str] = &["dryRun", "gracePeriodSeconds", "orphanDependents", "propagationPolicy"];

fn operation(kind: &KindInfo, action: &str, parameters: &[&str]) -> Value {
    let parameters: Vec<_> =
        parameters.iter().map(|name| parameter(name, "query", parameter_type(name))).collect();
    json!({
        "operationId": format!("{action}{}{}", kind.api_version.replace(['/', '.'], "_"), kind.kind),
        "parameters": parameters,
        "responses": {"200": {"description": "OK", "content": content(kind, &["application/json", "application/yaml"])}},
        "x-kubernetes-action": action,
        "x-kubernetes-group-version-kind": meaning(kind),
    })
}

fn parameter_type(name: &str) -> &'static str {
    match name {
        "limit" | "timeoutSeconds" | "gracePeriodSeconds" => "integer",
        "allowWatchBookmarks" | "sendInitialEvents" | "watch" | "orphanDependents" => "boolean",
        _ => "string",
    }
}

fn parameter(name: &str, place: &str, of: &str) -> Value {
    let mut found = json!({"name": name, "in": place, "schema": {"type": of, "uniqueItems": true}});
    if place == "path" {
        found["required"] = json!(true);
    }
    found
}

fn in_path(kind: &KindInfo, name: bool) -> Value {
    let mut found = vec![parameter("pretty", "query", "string")];
    if kind.namespaced {
        found.push(parameter("namespace", "path", "string"));
    }
    if name {
        found.push(parameter("name", "path", "string"));
    }
    Value::Array(found)
}

fn taken(kind: &KindInfo, media: &[&str]) -> Value {
    json!({"content": content(kind, media), "required": true})
}

fn content(kind: &KindInfo, media: &[&str]) -> Value {
    let schema = json!({"schema": {"$ref": format!("#/components/schemas/{}", schema_name(kind))}});
    media.iter().map(|media| ((*media).to_owned(), schema.clone())).collect::<Map<_, _>>().into()
}

/// The second version's document in gnostic's protobuf, as far as it is said.
#[derive(Clone, PartialEq, Message)]
struct Document {
    #[prost(string, tag = "1")]
    swagger: String,
    #[prost(message, optional, tag = "2")]
    info: Option<Info>,
    #[prost(message, optional, tag = "8")]
    paths: Option<Paths>,
}

#[derive(Clone, PartialEq, Message)]
struct Info {
    #[prost(string, tag = "1")]
    title: String,
    #[prost(string, tag = "2")]
    version: String,
}

#[derive(Clone, PartialEq, Message)]
struct Paths {}

fn version_two(headers: &HeaderMap) -> Result<Response> {
    match accept::choose(headers, &[ASKED, GNOSTIC, JSON]) {
        Some(JSON) => json_document(headers, &json!({"swagger": "2.0", "info": info(), "paths": {}})),
        Some(_) => {
            let info = Info { title: "Kubernetes".into(), version: "v1.35.0".into() };
            let document = Document { swagger: "2.0".into(), info: Some(info), paths: Some(Paths {}) };
            Ok(answer::cached(headers, GNOSTIC, document.encode_to_vec()))
        }
        None => Err(accept::not_acceptable()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_write_of_every_kind_says_that_it_validates_fields() {
        for kind in shared_api::KINDS {
            let document = document(kind.group, kind.version).unwrap();
            let patches =
                document["paths"].as_object().unwrap().values().filter_map(|path| path.get("patch"));
            let own = |patch: &&Value| patch["x-kubernetes-group-version-kind"] == meaning(kind);
            let patch = patches.into_iter().find(own).unwrap();
            let validated = |p: &Value| p["name"] == "fieldValidation" && p["in"] == "query";
            assert!(patch["parameters"].as_array().unwrap().iter().any(validated), "{}", kind.kind);
            assert!(document["components"]["schemas"][schema_name(kind)].is_object());
        }
    }

    #[test]
    fn the_index_points_to_documents_that_exist() {
        for (_, place) in index()["paths"].as_object().unwrap() {
            let place = place["serverRelativeURL"].as_str().unwrap().split('?').next().unwrap().to_owned();
            assert!(serve(&place, &HeaderMap::new()).unwrap().is_ok(), "{place}");
        }
    }
}
