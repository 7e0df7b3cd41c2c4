//! A webhook in this process: HTTPS with an authority of its own, and an answer that a test chooses.

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use shared_pki::Authority;
use std::{
    convert::Infallible,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;

/// Makes the `response` of a `request`; `null` stands for silence.
pub(crate) type Answer = fn(&Value) -> Value;

/// The webhook.
pub(crate) struct Hook {
    authority: Authority,
    tls: TlsAcceptor,
    answer: Answer,
    heard: Mutex<Vec<Value>>,
    connections: AtomicUsize,
}

impl Hook {
    /// One that is called `name`.
    pub(crate) fn called(name: &str, answer: Answer) -> Arc<Self> {
        shared_pki::install_provider();
        let validity = shared_pki::Validity { from: shared_api::Timestamp::now().as_second(), days: 1 };
        let authority = Authority::create("hooks", validity).unwrap();
        let identity = authority.server("hook", &[name.to_owned()], validity).unwrap();
        let mut config = shared_pki::server_config(&identity, authority.certificate()).unwrap();
        config.alpn_protocols.clear();
        let tls = TlsAcceptor::from(Arc::new(config));
        Arc::new(Self { authority, tls, answer, heard: Mutex::default(), connections: AtomicUsize::new(0) })
    }

    /// Its authority's certificate, as a configuration has it.
    pub(crate) fn bundle(&self) -> String {
        BASE64_STANDARD.encode(self.authority.certificate())
    }

    /// Serves one connection.
    pub(crate) async fn serve(self: Arc<Self>, io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let Ok(secured) = self.tls.accept(io).await else { return };
        self.connections.fetch_add(1, Ordering::Relaxed);
        let service = service_fn(move |request| Arc::clone(&self).respond(request));
        let _ = http1::Builder::new().serve_connection(TokioIo::new(secured), service).await;
    }

    async fn respond(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> Result<Response<Full<Bytes>>, Infallible> {
        let body = request.into_body().collect().await.unwrap().to_bytes();
        let review: Value = serde_json::from_slice(&body).unwrap();
        let asked = review["request"].clone();
        let mut response = (self.answer)(&asked);
        self.heard.lock().unwrap().push(asked.clone());
        if response.is_null() {
            std::future::pending::<()>().await;
        }
        response["uid"] = asked["uid"].clone();
        if response["patch"].is_array() {
            response["patch"] = BASE64_STANDARD.encode(response["patch"].to_string()).into();
            response["patchType"] = "JSONPatch".into();
        }
        let answer =
            json!({"apiVersion": review["apiVersion"], "kind": review["kind"], "response": response});
        Ok(Response::new(Full::new(answer.to_string().into())))
    }

    /// What it was asked so far.
    pub(crate) fn heard(&self) -> Vec<Value> {
        self.heard.lock().unwrap().clone()
    }

    /// How many connections were made to it.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}
