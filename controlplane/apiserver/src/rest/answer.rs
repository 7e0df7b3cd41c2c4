//! Answers: objects and lists in the form asked for, refusals as `Status`, warnings as headers.

use super::{
    accept::{Form, Shape},
    gzip::Length,
    indent::Indent,
    table::{self, Look},
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
use shared_api::{Object, Reason, Refusal, Served, Timestamp, meta::Status, yaml};
use shared_client::{List, Result};
use std::{
    convert::Infallible,
    hash::{DefaultHasher, Hash, Hasher},
};

const JSON: &str = "application/json";

/// How much of a list goes out in one piece.
const PIECE: usize = 128 * 1024;

/// No such path below a group and version that is served.
pub(super) fn unknown_path() -> Refusal {
    about_nothing(Reason::NotFound, "the server could not find the requested resource")
}

/// No such path at all: said in plain text, as Kubernetes does.
pub(super) fn nothing_here() -> Response {
    let mut response = bytes_of(StatusCode::NOT_FOUND, "text/plain; charset=utf-8", "404 page not found\n");
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// The path is known, the method is not.
pub(super) fn wrong_method() -> Refusal {
    about_nothing(Reason::MethodNotAllowed, "the server does not allow this method on the requested resource")
}

/// With details that name nothing, as Kubernetes has them.
fn about_nothing(reason: Reason, why: &str) -> Refusal {
    Refusal { details: Some(Box::default()), ..Refusal::new(reason, why) }
}

/// A refusal, as the `Status` that every client understands.
pub(super) fn refusal(refusal: &Refusal) -> Response {
    status(refusal, &refusal.to_status())
}

/// A refusal that somebody reads with their own eyes.
pub(super) fn laid_out(refusal: &Refusal) -> Response {
    let said = serde_json::to_vec(&refusal.to_status()).unwrap_or_default();
    let flat = self::refusal(refusal);
    let (parts, _) = flat.into_parts();
    let mut response = Response::from_parts(parts, Body::from(Indent::default().feed(&said)));
    response.headers_mut().remove(header::CONTENT_LENGTH);
    response
}

/// The refusal of a list that history has no more of, with where to go on all the same.
pub(super) fn expired(refusal: &Refusal, continue_from: String) -> Response {
    let mut said = refusal.to_status();
    said.metadata.continue_ = Some(continue_from);
    status(refusal, &said)
}

fn status(refusal: &Refusal, said: &Status) -> Response {
    let code = StatusCode::from_u16(refusal.code()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = json(code, said);
    let later = refusal.details.as_ref().and_then(|d| d.retry_after_seconds).filter(|seconds| *seconds > 0);
    if let Some(seconds) = later {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
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
    let bytes = match form.shape {
        Shape::Whole => served.shown(object).bytes().clone(),
        Shape::Metadata => table::metadata(object, form.meta).into(),
        Shape::MetadataList => {
            let why = "you requested PartialObjectMetadataList, but the requested object is not a list";
            return Err(Refusal::new(Reason::NotAcceptable, why));
        }
        Shape::Table(include) => {
            Look::new(served, form.meta, include, Timestamp::now()).one(object, true).into()
        }
    };
    formed(form, code, bytes)
}

/// A value that is no stored object, such as a `Scale`.
pub(super) fn value(form: Form, code: StatusCode, value: &Value) -> Result<Response> {
    formed(form, code, serde_json::to_vec(value).map_err(Refusal::internal)?.into())
}

fn formed(form: Form, code: StatusCode, bytes: Bytes) -> Result<Response> {
    if form.yaml {
        let value: Value = serde_json::from_slice(&bytes).map_err(Refusal::internal)?;
        return Ok(bytes_of(code, "application/yaml", yaml::to_string(&value)?));
    }
    let bytes = if form.pretty { Indent::default().feed(&bytes).into() } else { bytes };
    Ok(bytes_of(code, JSON, bytes))
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
    let head = |name: &str, version: &str| {
        format!(r#"{{"kind":"{name}","apiVersion":"{version}","metadata":{meta},"items":["#).into_bytes()
    };
    let length = list.items.iter().map(|object| object.bytes().len() as u64).sum();
    let (head, write): (_, Write) = match form.shape {
        Shape::Table(include) => {
            let look = Look::new(served, form.meta, include, Timestamp::now());
            (look.head(&meta, true), Box::new(move |object, bytes| look.row(object, bytes)))
        }
        Shape::Metadata => {
            let why = "you requested PartialObjectMetadata, but the requested object is a list";
            return Err(Refusal::new(Reason::NotAcceptable, format!("{why} ({}List)", served.kind.kind)));
        }
        Shape::MetadataList => {
            let write =
                move |object: &Object, bytes: &mut Vec<u8>| bytes.extend(table::metadata(object, form.meta));
            (head("PartialObjectMetadataList", form.meta), Box::new(write))
        }
        Shape::Whole => {
            let write = move |object: &Object, bytes: &mut Vec<u8>| {
                bytes.extend_from_slice(served.shown(object).bytes());
            };
            (head(&served.kind.list_kind(), served.api_version()), Box::new(write))
        }
    };
    let pieces = pieces(head, list.items, write);
    if form.yaml {
        return formed(form, StatusCode::OK, pieces.collect::<Vec<_>>().concat().into());
    }
    let mut indent = form.pretty.then(Indent::default);
    let pieces = pieces.map(move |piece| indent.as_mut().map_or(piece.clone(), |i| i.feed(&piece).into()));
    let body = Body::from_stream(stream::iter(pieces.map(Ok::<_, Infallible>)));
    let mut response = (StatusCode::OK, [(header::CONTENT_TYPE, JSON)], body).into_response();
    response.extensions_mut().insert(Length(length));
    Ok(response)
}

/// Writes one object of a list.
type Write = Box<dyn FnMut(&Object, &mut Vec<u8>) + Send>;

/// The text of a list in pieces, so that no list is held twice. A table ends as a list does.
fn pieces(head: Vec<u8>, items: Vec<Object>, mut write: Write) -> impl Iterator<Item = Bytes> + Send {
    let mut items = items.into_iter();
    let (mut piece, mut first, mut done) = (head, true, false);
    std::iter::from_fn(move || {
        if done {
            return None;
        }
        while piece.len() < PIECE {
            let Some(object) = items.next() else {
                piece.extend_from_slice(table::END);
                done = true;
                break;
            };
            if !std::mem::take(&mut first) {
                piece.push(b',');
            }
            write(&object, &mut piece);
        }
        // The next one will be about as long.
        let next = Vec::with_capacity(if done { 0 } else { piece.len() + piece.len() / 16 });
        Some(std::mem::replace(&mut piece, next).into())
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
        for count in [0, 1, 2, 9] {
            let items = (0..count).map(object).collect();
            let found: Vec<_> =
                pieces(br#"{"items":["#.to_vec(), items, Box::new(|o, b| b.extend_from_slice(o.bytes())))
                    .collect();
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
