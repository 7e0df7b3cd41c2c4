//! A bare HTTP/1.1 client over TLS: the cheapest there is, so that what is measured is the server.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, client::conn::http1, header::CONTENT_TYPE};
use hyper_util::rt::TokioIo;
use shared_pki::{
    Identity, Trust,
    rustls::{ClientConfig, pki_types::ServerName},
};
use std::{net::SocketAddr, sync::Arc};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// One connection.
#[derive(Debug)]
pub(crate) struct Http(http1::SendRequest<Full<Bytes>>);

/// TLS that trusts `authority` and speaks HTTP/1.1 only.
pub(crate) fn tls(authority: &str, identity: &Identity) -> Result<Arc<ClientConfig>, String> {
    let config = shared_pki::client_config(&Trust::Authority(authority.into()), Some(identity));
    let mut config = config.map_err(|e| format!("TLS: {e}"))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

impl Http {
    /// Connects.
    pub(crate) async fn connect(address: SocketAddr, tls: Arc<ClientConfig>) -> Result<Self, String> {
        let wrong = |e: &dyn std::error::Error| format!("connecting to {address}: {e}");
        let tcp = TcpStream::connect(address).await.map_err(|e| wrong(&e))?;
        tcp.set_nodelay(true).map_err(|e| wrong(&e))?;
        let name = ServerName::from(address.ip());
        let tls = TlsConnector::from(tls).connect(name, tcp).await.map_err(|e| wrong(&e))?;
        let (sender, connection) = http1::handshake(TokioIo::new(tls)).await.map_err(|e| wrong(&e))?;
        // It ends when the sender is dropped; what goes wrong with it, the caller sees.
        tokio::spawn(connection);
        Ok(Self(sender))
    }

    /// Asks; anything but success is an error.
    pub(crate) async fn ask(&mut self, method: &str, path: &str, body: Bytes) -> Result<Bytes, String> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "bench")
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(body))
            .map_err(|e| format!("{method} {path}: {e}"))?;
        // The answer can be here before the connection is free again.
        self.0.ready().await.map_err(|e| format!("{method} {path}: {e}"))?;
        let answer = self.0.send_request(request).await.map_err(|e| format!("{method} {path}: {e}"))?;
        let status = answer.status();
        let body = answer.into_body().collect().await.map_err(|e| format!("{method} {path}: {e}"))?;
        let body = body.to_bytes();
        if status.is_success() {
            return Ok(body);
        }
        Err(format!("{method} {path}: {status}: {}", String::from_utf8_lossy(&body)))
    }
}
