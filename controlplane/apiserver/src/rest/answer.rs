//! Answers: objects and lists in the form asked for, refusals as `Status`, warnings as headers.

use super::{
    accept::{Form, Shape},
    table,
};
use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::stream;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::{Value, json};
use shared_api::{Object, Reason, Refusal, Served, Timestamp, yaml};
use shared_client::{List, Result};
use std::{
    convert::Infallible,
    hash::{DefaultHasher, Hash, Hasher},
};

const JSON: &str = "application/json";

/// How much of a list goes out in one piece.
const PIECE: usize = 128 * 1024;

/// No such path.
pub(super) fn unknown_path() -> Refusal {
    Refusal::new(Reason::NotFound, "the server could not find the requested resource")
}

/// The path is known, the method is not.
pub(super) fn wrong_method() -> Refusal {
    Refusal::new(Reason::MethodNotAllowed, "the server does not allow this method on the requested resource")
}

/// A refusal, as the `Status` that every client understands.
pub(super) fn refusal(refusal: &Refusal) -> Response {
    let code = StatusCode::from_u16(refusal.reason.code()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    json(code, &refusal.to_status())
}

/// Any value as JSON.
pub(super) fn json(code: StatusCode, value: &impl Serialize) -> Response {
    match serde_json::to_vec(value) {
        Ok(bytes) => bytes_of(code, JSON, bytes),
        Err(error) => bytes_of(StatusCode::INTERNAL_SERVER_ERROR, "text/plain", error.to_string()),
    }
}

/// Bytes of a media type.
pub(super) fn bytes_of(code: StatusCode, media: &'static str, bytes: impl Into<Bytes>) -> Response {
    (code, [(header::CONTENT_TYPE, media)], bytes.into()).into_response()
}

/// A document that seldom changes: with an `ETag`, and empty when the asker has it already.
pub(super) fn cached(asked: &HeaderMap, media: &'static str, bytes: Vec<u8>) -> Response {
    let tag = format!("\"{}\"", digest(&bytes));
    let mut response = if asked.get(header::IF_NONE_MATCH).is_some_and(|known| known == tag.as_str()) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        bytes_of(StatusCode::OK, media, bytes)
    };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("Accept"));
    response
}

/// A short name for these bytes.
pub(super) fn digest(bytes: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    format!("{:016X}", hasher.finish())
}

/// Adds a `Warning` header. What could not stand in a header is left out of it.
pub(super) fn warn(response: &mut Response, text: &str) {
    let clean: String = text.chars().filter(|c| !c.is_control()).collect();
    let quoted = clean.replace('\\', "\\\\").replace('"', "\\\"");
    if let Ok(value) = HeaderValue::from_bytes(format!("299 - \"{quoted}\"").as_bytes()) {
        response.headers_mut().append(header::WARNING, value);
    }
}

/// One object.
pub(super) fn object(form: Form, code: StatusCode, served: Served, object: &Object) -> Result<Response> {
    let object = &served.shown(object);
    let bytes = match form.shape {
        Shape::Whole => object.bytes().clone(),
        Shape::Metadata => table::metadata(object).into(),
        Shape::Table(include) => {
            let meta = json!({"resourceVersion": object.metadata().resource_version});
            table::table(served, std::slice::from_ref(object), include, &meta, true, Timestamp::now()).into()
        }
    };
    formed(form, code, bytes)
}

/// A value that is no stored object, such as a `Scale`.
pub(super) fn value(form: Form, code: StatusCode, value: &Value) -> Result<Response> {
    formed(form, code, serde_json::to_vec(value).map_err(Refusal::internal)?.into())
}

fn formed(form: Form, code: StatusCode, bytes: Bytes) -> Result<Response> {
    if !form.yaml && !form.pretty {
        return Ok(bytes_of(code, JSON, bytes));
    }
    let value: Value = serde_json::from_slice(&bytes).map_err(Refusal::internal)?;
    if form.yaml {
        return Ok(bytes_of(code, "application/yaml", yaml::to_string(&value)?));
    }
    let mut text = serde_json::to_vec_pretty(&value).map_err(Refusal::internal)?;
    text.push(b'\n');
    Ok(bytes_of(code, JSON, text))
}

/// A list: the stored bytes, one after the other.
pub(super) fn list(form: Form, served: Served, list: List) -> Result<Response> {
    let mut meta = json!({"resourceVersion": list.revision.to_string()});
    if let Some(token) = &list.continue_from {
        meta["continue"] = json!(token);
    }
    if let Some(remaining) = list.remaining {
        meta["remainingItemCount"] = json!(remaining);
    }
    let (name, version) = match form.shape {
        Shape::Table(include) => {
            let bytes = table::table(served, &list.items, include, &meta, true, Timestamp::now());
            return formed(form, StatusCode::OK, bytes.into());
        }
        Shape::Metadata => ("PartialObjectMetadataList".to_owned(), "meta.k8s.io/v1"),
        Shape::Whole => (format!("{}List", served.kind.kind), served.api_version()),
    };
    let head = format!(r#"{{"kind":"{name}","apiVersion":"{version}","metadata":{meta},"items":["#);
    let pieces = pieces(head.into_bytes(), list.items, served, form.shape);
    if form.yaml || form.pretty {
        return formed(form, StatusCode::OK, pieces.collect::<Vec<_>>().concat().into());
    }
    let body = Body::from_stream(stream::iter(pieces.map(Ok::<_, Infallible>)));
    Ok((StatusCode::OK, [(header::CONTENT_TYPE, JSON)], body).into_response())
}

/// The text of a list in pieces, so that no list is held twice.
fn pieces(
    head: Vec<u8>,
    items: Vec<Object>,
    served: Served,
    shape: Shape,
) -> impl Iterator<Item = Bytes> + Send {
    let mut items = items.into_iter();
    let (mut piece, mut first, mut done) = (head, true, false);
    std::iter::from_fn(move || {
        if done {
            return None;
        }
        while piece.len() < PIECE {
            let Some(object) = items.next() else {
                piece.extend_from_slice(b"]}");
                done = true;
                break;
            };
            if !std::mem::take(&mut first) {
                piece.push(b',');
            }
            match shape {
                Shape::Metadata => piece.extend_from_slice(&table::metadata(&object)),
                Shape::Whole | Shape::Table(_) => piece.extend_from_slice(served.shown(&object).bytes()),
            }
        }
        Some(std::mem::take(&mut piece).into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_in_pieces_is_one_json_document() {
        let big = "x".repeat(PIECE / 3);
        let object = |n: usize| {
            let json = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": n.to_string()}, "data": {"x": big}});
            Object::from_value(&json).unwrap()
        };
        let served = shared_api::serving("v1", "ConfigMap").unwrap();
        for count in [0, 1, 2, 9] {
            let items = (0..count).map(object).collect();
            let found: Vec<_> = pieces(br#"{"items":["#.to_vec(), items, served, Shape::Whole).collect();
            let value: Value = serde_json::from_slice(&found.concat()).unwrap();
            assert_eq!(value["items"].as_array().unwrap().len(), count);
            assert!(count < 9 || found.len() > 2);
        }
    }

    #[test]
    fn a_warning_cannot_break_out_of_its_header() {
        let mut response = StatusCode::OK.into_response();
        warn(&mut response, "unknown field \"a\\b\"\r\nX-Evil: 1");
        let value = response.headers()[header::WARNING].to_str().unwrap();
        assert_eq!(value, r#"299 - "unknown field \"a\\b\"X-Evil: 1""#);
    }

    #[tokio::test]
    async fn what_the_asker_has_is_not_sent_again() {
        let first = cached(&HeaderMap::new(), JSON, b"{}".to_vec());
        let mut asked = HeaderMap::new();
        asked.insert(header::IF_NONE_MATCH, first.headers()[header::ETAG].clone());
        assert_eq!(cached(&asked, JSON, b"{}".to_vec()).status(), StatusCode::NOT_MODIFIED);
        assert_eq!(cached(&asked, JSON, b"[]".to_vec()).status(), StatusCode::OK);
    }
}
