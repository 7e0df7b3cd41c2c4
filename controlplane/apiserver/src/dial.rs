//! The way to a webhook: its own address, or the place of a service, which only agents reach.

mod service;

use crate::server::Server;
use http::{HeaderMap, header};
use reqwest::Client;
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use service::Pool;
use shared_api::admissionregistration::{ServiceReference, WebhookClientConfig};
use shared_pki::believing;
use std::{
    error::Error,
    io::ErrorKind,
    sync::{Arc, LazyLock, OnceLock},
    time::Duration,
};

/// The way to a webhook. It outlives changes of other configurations, and its connections with it.
pub(crate) struct Line {
    client: WebhookClientConfig,
    /// Made when it is first needed.
    means: OnceLock<Result<Means, String>>,
}

/// What is asked.
pub(crate) struct Question {
    pub(crate) body: Vec<u8>,
    pub(crate) timeout: Duration,
    /// Whether the webhook is told how long it has.
    pub(crate) telling: bool,
    /// The longest answer that is read, in bytes.
    pub(crate) longest: usize,
}

enum Means {
    Address { url: String, client: Client },
    Service { service: ServiceReference, pool: Pool },
}

impl Line {
    /// The way to where a configuration says; a known one, when it leads there.
    pub(crate) fn to(client: &WebhookClientConfig, known: &[Arc<Self>]) -> Arc<Self> {
        let found = known.iter().find(|line| line.client == *client);
        found.map_or_else(|| Arc::new(Self { client: client.clone(), means: OnceLock::new() }), Arc::clone)
    }

    /// Sends a question there and reads the answer.
    pub(crate) async fn post(&self, server: &Server, question: Question) -> Result<Vec<u8>, String> {
        let means = self.means.get_or_init(|| self.means()).as_ref().map_err(Clone::clone)?;
        let timeout = question.timeout;
        let told = if question.telling { format!("?timeout={}s", timeout.as_secs()) } else { String::new() };
        let (url, called) = match means {
            Means::Address { url, client } => {
                let url = format!("{url}{told}");
                let called = tokio::time::timeout(timeout, address(client, &url, question)).await;
                (url, called)
            }
            Means::Service { service, pool } => {
                let path = service.path.as_deref().unwrap_or_default().trim_start_matches('/');
                let (name, within) = (&service.name, &service.namespace);
                let port = service.port.unwrap_or(443);
                let url = format!("https://{name}.{within}.svc:{port}/{path}{told}");
                let called = tokio::time::timeout(timeout, pool.post(server, service, &url, question)).await;
                (url, called)
            }
        };
        match called {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(Trouble::Way(why))) => Err(format!("Post {url:?}: {why}")),
            Ok(Err(Trouble::Answer(why))) => Err(why),
            Err(_) => Err(format!("Post {url:?}: context deadline exceeded")),
        }
    }

    fn means(&self) -> Result<Means, String> {
        let tls = tls(self.client.ca_bundle.as_ref().map(|bundle| &*bundle.0).unwrap_or_default())?;
        match (&self.client.url, &self.client.service) {
            (Some(url), None) => {
                let client = Client::builder().use_preconfigured_tls(tls).no_proxy();
                let client = client.redirect(reqwest::redirect::Policy::none()).build();
                Ok(Means::Address { url: url.clone(), client: client.map_err(|e| e.to_string())? })
            }
            (None, Some(service)) => {
                let pool = Pool::new(Arc::new(tls));
                Ok(Means::Service { service: service.clone(), pool })
            }
            _ => Err("exactly one of url or service is required".into()),
        }
    }
}

/// Why there is no answer.
enum Trouble {
    /// It cannot be reached.
    Way(String),
    /// It was reached, and gave none.
    Answer(String),
}

/// Nobody but whom the bundle names is trusted; without one, whom this machine trusts.
fn tls(bundle: &[u8]) -> Result<ClientConfig, String> {
    if !bundle.is_empty() {
        return believing(bundle).map_err(|e| format!("unable to load root certificates: {e}"));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().map_err(|e| e.to_string())?;
    Ok(config.with_root_certificates(system()).with_no_client_auth())
}

/// The authorities that this machine trusts, read when they are first needed.
fn system() -> Arc<RootCertStore> {
    static ROOTS: LazyLock<Arc<RootCertStore>> = LazyLock::new(|| {
        let found = rustls_native_certs::load_native_certs();
        for error in &found.errors {
            tracing::warn!(%error, "some authorities of this machine cannot be read");
        }
        let mut roots = RootCertStore::empty();
        let (added, _) = roots.add_parsable_certificates(found.certs);
        tracing::debug!(added, "webhooks without a bundle are believed by the authorities of this machine");
        Arc::new(roots)
    });
    Arc::clone(&ROOTS)
}

async fn address(client: &Client, url: &str, question: Question) -> Result<Vec<u8>, Trouble> {
    let request = client.post(url).header(header::CONTENT_TYPE, "application/json").body(question.body);
    let mut response = request.send().await.map_err(|e| Trouble::Way(innermost(&e)))?;
    let mut answer = Vec::new();
    let open = is_open(response.headers());
    loop {
        match response.chunk().await {
            Ok(Some(piece)) => taken(&mut answer, &piece, question.longest)?,
            Ok(None) => break,
            Err(error) if open && broke_off(&error) => break,
            Err(error) => return Err(Trouble::Way(innermost(&error))),
        }
    }
    judged(response.status(), answer)
}

/// Whether an answer says nowhere how long it is: it ends with its connection.
fn is_open(headers: &HeaderMap) -> bool {
    !headers.contains_key(header::CONTENT_LENGTH) && !headers.contains_key(header::TRANSFER_ENCODING)
}

/// Whether a connection ended without the farewell that TLS asks for. Simple servers never say it.
fn broke_off(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == ErrorKind::UnexpectedEof) {
            return true;
        }
        next = error.source();
    }
    false
}

fn taken(answer: &mut Vec<u8>, piece: &[u8], longest: usize) -> Result<(), Trouble> {
    if answer.len() + piece.len() > longest {
        return Err(Trouble::Answer(format!("the answer is longer than {longest} bytes")));
    }
    answer.extend_from_slice(piece);
    Ok(())
}

/// An answer counts when it is one of success.
fn judged(status: http::StatusCode, answer: Vec<u8>) -> Result<Vec<u8>, Trouble> {
    if status.is_success() {
        return Ok(answer);
    }
    Err(Trouble::Answer(match status.as_u16() {
        404 => "the server could not find the requested resource".into(),
        401 => "the server has asked for the client to provide credentials".into(),
        code => {
            let text: String = String::from_utf8_lossy(&answer).chars().take(200).collect();
            format!(
                "an error on the server ({:?}) has prevented the request from succeeding (code {code})",
                text.trim()
            )
        }
    }))
}

/// What is at the bottom of an error: that the connection was refused, not that a request failed.
fn innermost(error: &dyn Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[test]
    fn an_answer_without_a_length_ends_with_its_connection() {
        let headers = |name| HeaderMap::from_iter([(name, http::HeaderValue::from_static("1"))]);
        assert!(is_open(&headers(header::SERVER)));
        assert!(!is_open(&headers(header::CONTENT_LENGTH)) && !is_open(&headers(header::TRANSFER_ENCODING)));
        assert!(broke_off(&io::Error::new(ErrorKind::UnexpectedEof, "no farewell")));
        assert!(!broke_off(&io::Error::from(ErrorKind::ConnectionReset)));
    }
}
