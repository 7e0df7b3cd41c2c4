//! Headers on their way through: what belongs to one connection stays there, and who asked is not told.

use axum::{body::Body, response::Response};
use http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use hyper::body::Incoming;

/// They speak of one connection only.
const HOP_BY_HOP: &[HeaderName] = &[
    header::CONNECTION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::PROXY_AUTHORIZATION,
];

/// The request's, for the goal.
pub(super) fn there(headers: &mut HeaderMap, forwarded: &str, host: Option<&str>) {
    let upgrade = headers.get(header::UPGRADE).cloned();
    clear(headers);
    headers.remove(header::AUTHORIZATION);
    let ours: Vec<_> = headers
        .keys()
        .filter(|name| ["x-remote-", "impersonate-"].iter().any(|ours| name.as_str().starts_with(ours)))
        .cloned()
        .collect();
    for name in ours {
        headers.remove(name);
    }
    if let Some(upgrade) = upgrade {
        headers.insert(header::UPGRADE, upgrade);
        headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    }
    if let Ok(uri) = HeaderValue::from_str(forwarded) {
        headers.insert("x-forwarded-uri", uri);
    }
    // HTTP/2 has the host in its path.
    if let (false, Some(Ok(host))) = (headers.contains_key(header::HOST), host.map(HeaderValue::from_str)) {
        headers.insert(header::HOST, host);
    }
    headers.entry(header::HOST).or_insert(HeaderValue::from_static("localhost"));
}

/// The answer, for the client: links to other places on the same host lead through the proxy again.
pub(super) fn back(response: hyper::Response<Incoming>, prefix: &str) -> Response {
    let (mut parts, body) = response.into_parts();
    if parts.status != http::StatusCode::SWITCHING_PROTOCOLS {
        clear(&mut parts.headers);
    }
    let cross_origin: Vec<_> =
        parts.headers.keys().filter(|name| name.as_str().starts_with("access-control-")).cloned().collect();
    for name in cross_origin {
        parts.headers.remove(name);
    }
    let moved =
        parts.headers.get(header::LOCATION).and_then(|v| v.to_str().ok()).map(|l| location(l, prefix));
    if let Some(Ok(moved)) = moved.map(|moved| HeaderValue::from_str(&moved)) {
        parts.headers.insert(header::LOCATION, moved);
    }
    parts.version = http::Version::default();
    Response::from_parts(parts, Body::new(body))
}

/// Where a redirect leads, seen from outside.
fn location(given: &str, prefix: &str) -> String {
    let Ok(uri) = given.parse::<Uri>() else { return given.to_owned() };
    if uri.authority().is_some() || !uri.path().starts_with('/') || uri.path().starts_with(prefix) {
        return given.to_owned();
    }
    format!("{prefix}{given}")
}

fn clear(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named.iter().chain(HOP_BY_HOP) {
        headers.remove(name);
    }
    for name in ["keep-alive", "proxy-connection"] {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_of_one_connection_stays_there() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("authorization", "Bearer x"),
            ("connection", "keep-alive, x-private"),
            ("x-private", "1"),
            ("x-remote-user", "root"),
            ("accept", "*/*"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        there(&mut headers, "/p/proxy/a", Some("cluster:6443"));
        let mut names: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["accept", "host", "x-forwarded-uri"]);
        headers.insert("upgrade", HeaderValue::from_static("websocket"));
        there(&mut headers, "/p/proxy/a", None);
        assert_eq!(
            (&headers["upgrade"], &headers["connection"]),
            (&"websocket".parse().unwrap(), &"Upgrade".parse().unwrap())
        );
    }

    #[test]
    fn redirects_lead_through_the_proxy() {
        for (given, expected) in [
            ("/login?a=b", "/p/proxy/login?a=b"),
            ("/p/proxy/login", "/p/proxy/login"),
            ("http://elsewhere/x", "http://elsewhere/x"),
        ] {
            assert_eq!(location(given, "/p/proxy"), expected);
        }
    }
}
