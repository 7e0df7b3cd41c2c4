//! Connections to a service's places. The control plane need not stand where services are reached, so they go
//! through the stream of an agent, as the service's proxy does.

use super::{Question, Trouble, broke_off, innermost, is_open, judged, taken};
use crate::{nodes::PodSessions, server::Server};
use bytes::Bytes;
use http::{Request, header};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, pki_types::ServerName};
use shared_api::{Key, admissionregistration::ServiceReference, core::Service};
use shared_client::{Channel, Connection};
use std::sync::{Arc, Mutex, PoisonError};
use tokio_rustls::TlsConnector;

/// Connections that are kept for the next call.
const KEPT: usize = 4;

type Sender = SendRequest<Full<Bytes>>;

/// Connections to one service, under TLS.
pub(super) struct Pool {
    tls: Arc<ClientConfig>,
    idle: Mutex<Vec<Sender>>,
}

impl Pool {
    pub(super) fn new(tls: Arc<ClientConfig>) -> Self {
        Self { tls, idle: Mutex::default() }
    }

    pub(super) async fn post(
        &self,
        server: &Server,
        service: &ServiceReference,
        url: &str,
        question: Question,
    ) -> Result<Vec<u8>, Trouble> {
        let way = |error: hyper::Error| Trouble::Way(innermost(&error));
        let body = Bytes::from(question.body);
        // A kept connection may have been closed at the other end; then a new one is made.
        let mut response = None;
        while let Some(mut sender) = self.kept() {
            if sender.ready().await.is_ok()
                && let Ok(answered) = sender.send_request(request(url, &body)?).await
            {
                response = Some((sender, answered));
                break;
            }
        }
        let (sender, mut response) = if let Some(found) = response {
            found
        } else {
            let mut sender = self.connect(server, service).await?;
            let answered = sender.send_request(request(url, &body)?).await.map_err(way)?;
            (sender, answered)
        };
        let mut answer = Vec::new();
        let open = is_open(response.headers());
        while let Some(frame) = response.body_mut().frame().await {
            match frame {
                Ok(frame) => {
                    if let Ok(piece) = frame.into_data() {
                        taken(&mut answer, &piece, question.longest)?;
                    }
                }
                Err(error) if open && broke_off(&error) => break,
                Err(error) => return Err(way(error)),
            }
        }
        let status = response.status();
        drop(response);
        self.keep(sender);
        judged(status, answer)
    }

    fn kept(&self) -> Option<Sender> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        std::iter::from_fn(|| idle.pop()).find(|sender| !sender.is_closed())
    }

    fn keep(&self, sender: Sender) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < KEPT && !sender.is_closed() {
            idle.push(sender);
        }
    }

    async fn connect(&self, server: &Server, service: &ServiceReference) -> Result<Sender, Trouble> {
        let key = Key::of::<Service>(&service.namespace, &service.name);
        let sessions = PodSessions::own(server.me());
        let port = service.port.unwrap_or(443).to_string();
        let duplex = sessions.reach(&key, &port).await.map_err(|refusal| Trouble::Way(refusal.message))?;
        let io = Connection::new(duplex, Channel::Stdin);
        let trouble = io.trouble();
        let name = format!("{}.{}.svc", service.name, service.namespace);
        let name = ServerName::try_from(name).map_err(|e| Trouble::Way(e.to_string()))?;
        let why = |why: String| Trouble::Way(trouble.said().map_or(why, str::to_owned));
        let secured = TlsConnector::from(Arc::clone(&self.tls)).connect(name, io).await;
        let secured = secured.map_err(|e| why(format!("tls: {}", innermost(&e))))?;
        let shaken = handshake(TokioIo::new(secured)).await;
        let (sender, connection) = shaken.map_err(|e| why(innermost(&e)))?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a webhook's connection broke");
            }
        });
        Ok(sender)
    }
}

fn request(url: &str, body: &Bytes) -> Result<Request<Full<Bytes>>, Trouble> {
    let uri: http::Uri = url.parse().map_err(|e| Trouble::Way(format!("{e}")))?;
    let host = uri.authority().map(ToString::to_string).unwrap_or_default();
    let path = uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let request =
        Request::post(path).header(header::HOST, host).header(header::CONTENT_TYPE, "application/json");
    request.body(Full::new(body.clone())).map_err(|e| Trouble::Way(e.to_string()))
}
