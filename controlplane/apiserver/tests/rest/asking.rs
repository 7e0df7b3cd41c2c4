//! A server that takes everybody for an administrator, and how it is asked.

use crate::open::Open;
use axum::body::Body;
use controlplane_apiserver::rest;
use controlplane_store::Window;
use http::{HeaderMap, Request, header};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

pub(crate) const MAPS: &str = "/api/v1/namespaces/default/configmaps";

/// A server, asked over REST without a port.
pub(crate) struct Asking(axum::Router);

/// What it answered.
pub(crate) struct Answer {
    pub(crate) code: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {}", self.text))
    }

    /// The names of a list.
    pub(crate) fn names(&self) -> Vec<String> {
        let list = self.json();
        let items = list["items"].as_array().unwrap_or_else(|| panic!("{list}"));
        items.iter().map(|item| item["metadata"]["name"].as_str().unwrap().to_owned()).collect()
    }

    /// The resource version of an object or list.
    pub(crate) fn version(&self) -> u64 {
        self.json()["metadata"]["resourceVersion"].as_str().unwrap().parse().unwrap()
    }
}

impl Asking {
    pub(crate) async fn new() -> Self {
        Self::remembering(Window::default()).await
    }

    /// A server that keeps so much of the past.
    pub(crate) async fn remembering(window: Window) -> Self {
        Self(rest::router(Open::remembering(window).await))
    }

    pub(crate) fn router(&self) -> axum::Router {
        self.0.clone()
    }

    pub(crate) async fn open(
        &self,
        line: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> http::Response<Body> {
        let (method, path) = line.split_once(' ').unwrap();
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.0.clone().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap()
    }

    pub(crate) async fn with(&self, line: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let response = self.open(line, headers, body).await;
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer { code: parts.status.as_u16(), headers: parts.headers, text }
    }

    pub(crate) async fn ask(&self, line: &str) -> Answer {
        self.with(line, &[], "").await
    }

    pub(crate) async fn accepting(&self, line: &str, accept: &str) -> Answer {
        self.with(line, &[(header::ACCEPT.as_str(), accept)], "").await
    }

    /// Creates a config map; its resource version.
    pub(crate) async fn map(&self, name: &str) -> u64 {
        let body = json!({"metadata": {"name": name, "labels": {"name": name}}}).to_string();
        let made = self.with(&format!("POST {MAPS}"), &[], &body).await;
        assert_eq!(made.code, 201, "{}", made.text);
        made.version()
    }
}
