//! How a connection is made: TCP, then TLS as the options trust, then HTTP/2 kept alive.

use crate::{Result, kubeconfig::Access};
use hyper_util::rt::TokioIo;
use shared_api::Refusal;
use shared_pki::{
    Identity, Trust, client_config,
    rustls::{ClientConfig, pki_types::ServerName},
};
use std::{io, sync::Arc, time::Duration};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tonic::{
    Status,
    metadata::{Ascii, MetadataValue},
    service::{Interceptor, interceptor::InterceptedService},
    transport::{Channel, Endpoint, Uri},
};

/// Where the control plane is, whom to believe, and who one is.
#[derive(Clone)]
pub struct Options {
    /// `https://host:6443`, or `host:6443`.
    pub server: String,
    /// Whom to believe.
    pub trust: Trust,
    /// Certificate and key; a stranger has none.
    pub identity: Option<Identity>,
    /// Bearer token.
    pub token: Option<String>,
}

impl Options {
    /// What a kubeconfig says.
    pub fn from_access(access: &Access) -> Result<Self> {
        let authority = access.authority.clone().ok_or_else(|| {
            Refusal::bad_request(format!("context {:?} names no certificate authority", access.context))
        })?;
        Ok(Self {
            server: access.server.clone(),
            trust: Trust::Authority(authority),
            identity: access.identity.clone(),
            token: access.token.clone(),
        })
    }

    /// Where that is, and the TLS spoken there.
    pub(crate) fn place(&self) -> Result<(Uri, String, u16, ServerName<'static>, Arc<ClientConfig>)> {
        let wrong = |why: String| Refusal::bad_request(format!("server {:?}: {why}", self.server));
        let address = self.server.strip_prefix("https://").unwrap_or(&self.server).trim_end_matches('/');
        if address.starts_with("http://") {
            return Err(wrong("the control plane speaks TLS only; use https://".into()));
        }
        let uri: Uri =
            format!("http://{address}").parse().map_err(|e| wrong(format!("not an address: {e}")))?;
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let port = uri.port_u16().unwrap_or(443);
        let name = ServerName::try_from(host.clone()).map_err(|e| wrong(e.to_string()))?;
        let config = client_config(&self.trust, self.identity.as_ref());
        let config =
            Arc::new(config.map_err(|e| Refusal::bad_request(format!("the credentials are unusable: {e}")))?);
        Ok((uri, host, port, name, config))
    }
}

/// Puts the bearer token, if there is one, into every call.
#[derive(Clone)]
pub struct Credentials(Option<MetadataValue<Ascii>>);

impl Interceptor for Credentials {
    fn call(&mut self, mut request: tonic::Request<()>) -> Result<tonic::Request<()>, Status> {
        if let Some(token) = &self.0 {
            request.metadata_mut().insert("authorization", token.clone());
        }
        Ok(request)
    }
}

const CONNECT: Duration = Duration::from_secs(5);
const ALIVE: Duration = Duration::from_secs(10);

/// The far end as options say; connects when first used.
pub(super) fn wire(options: &Options) -> Result<InterceptedService<Channel, Credentials>> {
    let (uri, host, port, name, config) = options.place()?;
    let token = match &options.token {
        None => None,
        Some(token) => {
            let value = format!("Bearer {token}").parse();
            Some(value.map_err(|_| Refusal::bad_request("the bearer token has characters no token has"))?)
        }
    };
    let connector =
        tower::service_fn(move |_: Uri| connect(host.clone(), port, name.clone(), Arc::clone(&config)));
    let agent = concat!("dhow/", env!("CARGO_PKG_VERSION"));
    let channel = Endpoint::from(uri)
        .user_agent(agent)
        .map_err(|e| Refusal::bad_request(format!("{agent} is no user agent: {e}")))?
        .connect_timeout(CONNECT)
        .http2_keep_alive_interval(ALIVE)
        .keep_alive_timeout(ALIVE)
        .keep_alive_while_idle(true)
        .initial_stream_window_size(1 << 20)
        .initial_connection_window_size(8 << 20)
        .connect_with_connector_lazy(connector);
    Ok(InterceptedService::new(channel, Credentials(token)))
}

async fn connect(
    host: String,
    port: u16,
    name: ServerName<'static>,
    config: Arc<ClientConfig>,
) -> io::Result<TokioIo<tokio_rustls::client::TlsStream<TcpStream>>> {
    let at = |what: &str, e: io::Error| io::Error::new(e.kind(), format!("{what} {host}:{port}: {e}"));
    let tcp = TcpStream::connect((host.as_str(), port)).await.map_err(|e| at("connecting to", e))?;
    tcp.set_nodelay(true)?;
    let tls = TlsConnector::from(config).connect(name, tcp).await.map_err(|e| at("TLS with", e))?;
    Ok(TokioIo::new(tls))
}
