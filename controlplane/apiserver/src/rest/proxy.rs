//! `…/proxy/PATH`: what a pod, a service or a node serves over HTTP, asked through a connection that its
//! node's agent holds. Bodies stream both ways; an upgraded connection is passed on as it is.

mod headers;
mod wire;

use super::{Asked, answer, request::RequestInfo};
use axum::{body::Body, response::Response};
use http::{HeaderValue, Request, StatusCode, Uri, header};
use hyper_util::rt::TokioIo;
use shared_api::{Key, Refusal};
use shared_client::{Channel, Connection, Result, Session, Sessions};

/// Where a request goes, as the path names it: `[SCHEME:]NAME[:PORT]`.
#[derive(Debug, PartialEq, Eq)]
struct Goal<'a> {
    tls: bool,
    name: &'a str,
    port: &'a str,
}

impl<'a> Goal<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let words: Vec<&str> = text.split(':').collect();
        let (scheme, name, port) = match words[..] {
            [name] => ("", name, ""),
            [name, port] => ("", name, port),
            [scheme, name, port] => (scheme, name, port),
            _ => return None,
        };
        let known = matches!(scheme, "" | "http" | "https") && !name.is_empty();
        known.then_some(Self { tls: scheme == "https", name, port })
    }
}

/// Passes a request on, and its answer back.
pub(super) async fn serve(sessions: &dyn Sessions, info: &RequestInfo, asked: Asked) -> Result<Response> {
    let singular = info.kind.kind.to_lowercase();
    let bad = || Refusal::bad_request(format!("invalid {singular} request {:?}", info.name));
    let goal = Goal::of(&info.name).ok_or_else(bad)?;
    let (prefix, path) = split(asked.uri().path());
    let upgrade = asked.headers().contains_key(header::UPGRADE);
    if path.is_empty() && !upgrade {
        return Ok(to_the_root(asked.uri()));
    }
    let key = Key { name: goal.name.into(), ..info.key() };
    let session = Session::Proxy { verb: info.verb.as_str().into(), port: goal.port.into() };
    let duplex = sessions.open(&key, session).await?;
    let io = Connection::new(duplex, Channel::Stdin);
    let trouble = io.trouble();
    let (prefix, path) = (prefix.to_owned(), if path.is_empty() { "/" } else { path }.to_owned());
    let asked = passed_on(asked, &prefix, &path)?;
    let unreachable = |why: String| {
        let why = trouble.said().map_or(why, str::to_owned);
        Refusal::unavailable(format!("error trying to reach service: {why}"))
    };
    let answered = if goal.tls {
        let secured = wire::secured(io, goal.name).await.map_err(|e| unreachable(e.to_string()))?;
        wire::ask(TokioIo::new(secured), asked).await
    } else {
        wire::ask(TokioIo::new(io), asked).await
    };
    answered.map(|response| headers::back(response, &prefix)).map_err(|e| unreachable(e.to_string()))
}

/// The path up to `proxy`, and what is behind it; the first is the prefix of the other's links.
fn split(path: &str) -> (&str, &str) {
    let end = path.find("/proxy/").map(|at| at + "/proxy".len());
    path.split_at(end.unwrap_or(path.len()))
}

/// A page at `…/proxy` would have its links beside it instead of below.
fn to_the_root(uri: &Uri) -> Response {
    let query = uri.query().map(|q| format!("?{q}")).unwrap_or_default();
    let mut response = answer::bytes_of(StatusCode::MOVED_PERMANENTLY, "text/plain", "");
    if let Ok(place) = HeaderValue::from_str(&format!("{}/{query}", uri.path())) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    response
}

/// The request as its goal sees it.
fn passed_on(asked: Asked, prefix: &str, path: &str) -> Result<Request<Body>> {
    let query = asked.uri().query().map(|q| format!("?{q}")).unwrap_or_default();
    let uri = format!("{path}{query}").parse::<Uri>();
    let uri = uri.map_err(|e| Refusal::bad_request(format!("the path cannot be passed on: {e}")))?;
    let host = asked.uri().authority().map(ToString::to_string);
    let (mut parts, body) = asked.into_parts();
    headers::there(&mut parts.headers, &format!("{prefix}{path}"), host.as_deref());
    parts.uri = uri;
    parts.version = http::Version::HTTP_11;
    Ok(Request::from_parts(parts, body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goals_are_read() {
        let goal = |tls, name, port| Some(Goal { tls, name, port });
        for (text, expected) in [
            ("web", goal(false, "web", "")),
            ("web:80", goal(false, "web", "80")),
            ("https:web:secure", goal(true, "web", "secure")),
            ("https:web:", goal(true, "web", "")),
            ("http:web:80", goal(false, "web", "80")),
            ("ftp:web:80", None),
            ("a:b:c:d", None),
            (":80", None),
        ] {
            assert_eq!(Goal::of(text), expected, "{text}");
        }
    }

    #[test]
    fn paths_are_cut_behind_the_proxy() {
        let long = "/api/v1/namespaces/n/pods/p/proxy/a%2Fb/proxy/";
        assert_eq!(split(long), ("/api/v1/namespaces/n/pods/p/proxy", "/a%2Fb/proxy/"));
        assert_eq!(split("/api/v1/nodes/n/proxy"), ("/api/v1/nodes/n/proxy", ""));
        let moved = to_the_root(&"/api/v1/nodes/n/proxy?x=1".parse().unwrap());
        assert_eq!(moved.headers()["location"], "/api/v1/nodes/n/proxy/?x=1");
    }
}
