//! `OpenAPI`: every kind's types and operations, made of the table of types and of the kinds there are when somebody asks,
//! and kept packed.

mod defined;
mod gnostic;
mod names;
mod operations;
mod packed;
mod parameters;
mod schemas;
#[cfg(test)]
mod tests;
mod writer;

use super::{accept, answer, discovery};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use serde_json::{Map, Value, json};
use shared_client::Result;

const JSON: &str = "application/json";
/// What clients ask for; `@` has no place in a media type, so the answer is named as upstream names it.
const ASKED_TWO: &str = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
const GNOSTIC_TWO: &str = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
const ASKED_THREE: &str = "application/com.github.proto-openapi.spec.v3@v1.0+protobuf";
const GNOSTIC_THREE: &str = "application/com.github.proto-openapi.spec.v3.v1.0+protobuf";

/// The two languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dialect {
    /// Swagger: one document for all.
    Two,
    /// A document for each group and version.
    Three,
}

/// Answers `/openapi/v2`, `/openapi/v3` and the documents it points to; `None` for other paths.
pub(super) fn serve(uri: &Uri, headers: &HeaderMap) -> Option<Result<Response>> {
    let words: Vec<&str> = uri.path().split('/').filter(|word| !word.is_empty()).collect();
    match words[..] {
        ["openapi", "v2"] => Some(version_two(headers)),
        ["openapi", "v3"] => Some(index(headers)),
        ["openapi", "v3", "api", version] => version_three(uri, headers, "", version),
        ["openapi", "v3", "apis", group, version] => version_three(uri, headers, group, version),
        _ => None,
    }
}

/// Where each group and version has its document; the hash tells clients when it changed.
fn index(headers: &HeaderMap) -> Result<Response> {
    accept::choose(headers, &[JSON]).ok_or_else(accept::not_acceptable)?;
    let entry = |(group, version): (&'static str, &'static str)| {
        let root = discovery::root(group, version);
        let place =
            json!({"serverRelativeURL": format!("/openapi/v3{root}?hash={}", packed::hash(group, version))});
        (root.trim_start_matches('/').to_owned(), place)
    };
    let paths: Map<_, _> = discovery::group_versions().into_iter().map(entry).collect();
    Ok(answer::cached(headers, JSON, json!({"paths": paths}).to_string().into_bytes()))
}

/// The document of one group and version. One that is asked for by its hash never changes.
fn version_three(uri: &Uri, headers: &HeaderMap, group: &str, version: &str) -> Option<Result<Response>> {
    let (group, version) =
        discovery::group_versions().into_iter().find(|served| *served == (group, version))?;
    let Some(media) = accept::choose(headers, &[JSON, ASKED_THREE, GNOSTIC_THREE]) else {
        return Some(Err(accept::not_acceptable()));
    };
    let current = packed::hash(group, version);
    let asked = uri.query().and_then(|q| q.split('&').find_map(|pair| pair.strip_prefix("hash=")));
    if asked.is_some_and(|asked| asked != current) {
        let place = format!("{}?hash={current}", uri.path());
        return Some(Ok((StatusCode::MOVED_PERMANENTLY, [(header::LOCATION, place)]).into_response()));
    }
    let mut response = match media {
        JSON => packed::three(group, version).answer(headers, JSON),
        _ => packed::gnostic_three(group, version).answer(headers, GNOSTIC_THREE),
    };
    if asked.is_some() {
        let forever = HeaderValue::from_static("public, max-age=31536000, immutable");
        response.headers_mut().insert(header::CACHE_CONTROL, forever);
    }
    Some(Ok(response))
}

fn version_two(headers: &HeaderMap) -> Result<Response> {
    match accept::choose(headers, &[JSON, ASKED_TWO, GNOSTIC_TWO]) {
        Some(JSON) => Ok(packed::two().answer(headers, JSON)),
        Some(_) => Ok(packed::gnostic_two().answer(headers, GNOSTIC_TWO)),
        None => Err(accept::not_acceptable()),
    }
}

fn info() -> Value {
    json!({"title": "Kubernetes", "version": "v1.35.0"})
}
