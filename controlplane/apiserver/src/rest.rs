//! The Kubernetes REST face: paths, verbs, forms and streams in front of a [`Door`].
//!
//! Everything derives from `shared_api::kinds`: one parsed path, one set of handlers for every kind.
//! It decides nothing about objects; it translates.

mod accept;
mod answer;
mod body;
mod chosen;
mod deadline;
mod deletion;
mod discovery;
mod gzip;
mod health;
mod indent;
mod leftover;
mod logs;
mod manager;
mod objects;
mod openapi;
mod parameters;
mod protobuf;
mod proxy;
mod request;
mod room;
mod streams;
mod strict;
mod subresources;
mod table;
mod twice;
mod watch;

use crate::{
    door::{ActAs, Credentials, Door, PeerCertificate, User},
    meter::METER,
};
use axum::{Router, extract::State, response::Response};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use parameters::Parameters;
use shared_api::Refusal;
use shared_client::Result;
use std::{borrow::Cow, sync::Arc, time::Instant};

/// How a WebSocket's client says its token.
const AS_PROTOCOL: &str = "base64url.bearer.authorization.k8s.io.";

/// What the wire brings.
type Asked = Request<axum::body::Body>;

/// The REST face of `door`. It answers every path, also those it does not know, as the router's fallback:
/// other routes can be merged in, a second fallback cannot.
pub fn router(door: Arc<dyn Door>) -> Router {
    Router::new().fallback(serve).with_state(door)
}

async fn serve(State(door): State<Arc<dyn Door>>, asked: Asked) -> Response {
    let fold = gzip::wanted(asked.headers());
    let refused = refused(asked.headers());
    let path = asked.uri().path().to_owned();
    let (asked, leftover) = leftover::of(asked);
    let mut response = route(&door, asked).await.unwrap_or_else(|refusal| refused(&refusal));
    if response.status().is_client_error() || response.status().is_redirection() {
        leftover.drain().await;
    }
    if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        response.headers_mut().entry(header::ALLOW).or_insert_with(|| request::allowed(&path));
    }
    let headers = response.headers_mut();
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-cache, private"));
    // Not from the system: a call for every request would cost more than the rest of the header.
    let id = uuid::Builder::from_random_bytes(rand::random()).into_uuid();
    if let Ok(id) = HeaderValue::from_str(id.hyphenated().encode_lower(&mut uuid::Uuid::encode_buffer())) {
        headers.insert("audit-id", id);
    }
    if fold { gzip::folded(response) } else { response }
}

/// How a refusal is told to who asks so.
fn refused(headers: &HeaderMap) -> fn(&Refusal) -> Response {
    if accept::is_person(headers) { answer::laid_out } else { answer::refusal }
}

async fn route(door: &Arc<dyn Door>, asked: Asked) -> Result<Response> {
    let user = door.authenticate(&credentials(&asked))?;
    let parameters = Parameters::of(asked.uri())?;
    let info = request::parse(asked.method(), asked.uri().path(), parameters.flag("watch"));
    let lasts = info.as_ref().is_ok_and(|info| info.as_ref().is_some_and(|info| info.nature().1));
    let within = if lasts { None } else { Some(deadline::of(&parameters)?) };
    if let Some(response) = health::serve(&**door, &asked, &parameters) {
        return response;
    }
    match info? {
        Some(info) => {
            let done = about_objects(door, &user, info, parameters, asked);
            match within {
                Some(within) => tokio::time::timeout(within, done).await.map_err(|_| deadline::exceeded())?,
                None => done.await,
            }
        }
        None => about_the_server(&**door, &user, &asked),
    }
}

/// Objects and what is asked of them, counted.
async fn about_objects(
    door: &Arc<dyn Door>,
    user: &User,
    info: request::RequestInfo,
    parameters: Parameters,
    asked: Asked,
) -> Result<Response> {
    let began = Instant::now();
    let request = info.measured(parameters.get("dryRun").is_some());
    let (reads, lasts) = info.nature();
    let refused = refused(asked.headers());
    // What lasts is counted for itself, where it lasts.
    let under_way = (!lasts).then(|| METER.under_way(!reads));
    let response =
        about(door, user, info, parameters, asked).await.unwrap_or_else(|refusal| refused(&refusal));
    drop(under_way);
    METER.answered(request, response.status().as_u16(), began.elapsed());
    Ok(response)
}

async fn about(
    door: &Arc<dyn Door>,
    user: &User,
    info: request::RequestInfo,
    parameters: Parameters,
    asked: Asked,
) -> Result<Response> {
    let caller = door.caller(user);
    if subresources::is_stream(&info) {
        return streams::serve(&*caller, door.sessions(user), &info, &parameters, asked).await;
    }
    if info.subresource == subresources::PROXY {
        return proxy::serve(&*door.sessions(user), &info, asked).await;
    }
    let version = info.served.warning();
    let refused = refused(asked.headers());
    let warned = objects::serve(&*caller, &info, &parameters, asked).await;
    let mut response = warned.unwrap_or_else(|refusal| refused(&refusal));
    for warning in version.map(str::to_owned).into_iter().chain(caller.warnings()) {
        answer::warn(&mut response, &warning);
    }
    Ok(response)
}

/// Paths that are no object's.
fn about_the_server(door: &dyn Door, user: &User, asked: &Asked) -> Result<Response> {
    let path = asked.uri().path();
    door.may_visit(user, &asked.method().as_str().to_ascii_lowercase(), path)?;
    if path == "/metrics" && matches!(*asked.method(), Method::GET | Method::HEAD) {
        let text = METER.text(&door.stored());
        return Ok(answer::bytes_of(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", text));
    }
    let document = |(media, text): (&'static str, String)| Ok(answer::bytes_of(StatusCode::OK, media, text));
    let found = discovery::serve(path, asked.headers())
        .or_else(|| openapi::serve(asked.uri(), asked.headers()))
        .or_else(|| door.document(path).map(document));
    match found {
        Some(_) if asked.method() != Method::GET => Err(answer::wrong_method()),
        Some(response) => response,
        None => Ok(answer::nothing_here()),
    }
}

fn credentials(asked: &Asked) -> Credentials {
    Credentials {
        certificate: asked.extensions().get::<PeerCertificate>().cloned().unwrap_or_default(),
        token: bearer(asked.headers()),
        act_as: act_as(asked.headers()),
    }
}

/// A token: where tokens stand, or, from browsers that open a WebSocket and cannot say it there, among the
/// protocols they offer.
fn bearer(headers: &HeaderMap) -> Option<String> {
    if let Some(said) = headers.get(header::AUTHORIZATION) {
        let (scheme, token) = said.to_str().ok()?.split_once(' ')?;
        return scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned());
    }
    let offers = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|o| o.to_str().ok());
    let token = offers.flat_map(|o| o.split(',')).find_map(|o| o.trim().strip_prefix(AS_PROTOCOL))?;
    String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(token).ok()?).ok()
}

/// Whom a request is to be taken for.
pub(crate) fn act_as(headers: &HeaderMap) -> ActAs {
    let mut found = ActAs::default();
    for (name, value) in headers {
        let Some(what) = name.as_str().strip_prefix("impersonate-") else { continue };
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        match what {
            "user" => found.user = value,
            "group" => found.groups.push(value),
            "uid" => found.uid = value,
            other => {
                if let Some(key) = other.strip_prefix("extra-") {
                    let key = request::decoded(key).map_or_else(|_| key.to_owned(), Cow::into_owned);
                    found.extra.entry(key).or_default().push(value);
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_found_in_both_places() {
        for (name, value, token) in [
            (header::AUTHORIZATION, "Bearer abc", Some("abc")),
            (header::AUTHORIZATION, "bearer  abc", Some("abc")),
            (header::AUTHORIZATION, "Basic abc", None),
            (
                header::SEC_WEBSOCKET_PROTOCOL,
                "v5.channel.k8s.io, base64url.bearer.authorization.k8s.io.YWJj",
                Some("abc"),
            ),
            (header::SEC_WEBSOCKET_PROTOCOL, "v5.channel.k8s.io", None),
        ] {
            let headers = HeaderMap::from_iter([(name, HeaderValue::from_static(value))]);
            assert_eq!(bearer(&headers).as_deref(), token, "{value}");
        }
    }

    #[test]
    fn whom_a_request_is_taken_for_is_in_its_headers() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("impersonate-user", "bob"),
            ("impersonate-group", "a"),
            ("impersonate-group", "b"),
            ("impersonate-uid", "7"),
            ("impersonate-extra-acme.com%2fproject", "x"),
        ] {
            headers.append(name, HeaderValue::from_static(value));
        }
        let found = act_as(&headers);
        assert_eq!((found.user.as_str(), found.uid.as_str(), found.groups.len()), ("bob", "7", 2));
        assert_eq!(found.extra["acme.com/project"], ["x"]);
        assert_eq!(act_as(&HeaderMap::new()), ActAs::default());
    }
}
