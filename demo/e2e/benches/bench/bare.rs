//! What HTTP itself can do on this machine: a server that does nothing but answer, as a process of its
//! own and with the same TLS as the control plane.

use crate::{daemon::Daemon, http};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use shared_pki::{Authority, Identity, Validity, rustls::ClientConfig};
use std::{
    convert::Infallible,
    fs,
    net::SocketAddr,
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// The server, started.
#[derive(Debug)]
pub(crate) struct Bare {
    /// The process.
    pub(crate) daemon: Daemon,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// How to speak to it.
    pub(crate) tls: Arc<ClientConfig>,
}

impl Bare {
    /// Starts it; it answers `body` to everything, and keeps its files in `directory`.
    pub(crate) async fn start(directory: &Path, body: &Bytes) -> Result<Self, String> {
        let wrong = |e: &dyn std::error::Error| format!("the bare server: {e}");
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|e| wrong(&e))?;
        let validity = Validity { from: i64::try_from(now.as_secs()).map_err(|e| wrong(&e))? - 60, days: 1 };
        let authority = Authority::create("bench", validity).map_err(|e| wrong(&e))?;
        let here = ["127.0.0.1".to_owned()];
        let server = authority.server("bench", &here, validity).map_err(|e| wrong(&e))?;
        let client = authority.client("bench", &["bench"], validity).map_err(|e| wrong(&e))?;
        let write = |name: &str, bytes: &[u8]| fs::write(directory.join(name), bytes).map_err(|e| wrong(&e));
        fs::create_dir_all(directory).map_err(|e| wrong(&e))?;
        write("authority", authority.certificate().as_bytes())?;
        write("certificate", server.certificate.as_bytes())?;
        write("key", server.key.as_bytes())?;
        write("body", body)?;
        let this = std::env::current_exe().map_err(|e| wrong(&e))?;
        let daemon =
            Daemon::start(Command::new(this).arg("bare-server").arg(directory).stdout(Stdio::null()))?;
        let address = listening(&directory.join("address")).await?;
        Ok(Self { daemon, address, tls: http::tls(authority.certificate(), &client)? })
    }
}

async fn listening(file: &Path) -> Result<SocketAddr, String> {
    for _ in 0..1000 {
        if let Some(address) = fs::read_to_string(file).ok().and_then(|text| text.parse().ok()) {
            return Ok(address);
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Err("the bare server did not start within 5 s".into())
}

/// Is that server, with the files that [`Bare::start`] wrote.
pub(crate) async fn serve(directory: &Path) -> Result<(), String> {
    let wrong = |e: &dyn std::error::Error| format!("{}: {e}", directory.display());
    let read = |name: &str| fs::read_to_string(directory.join(name)).map_err(|e| wrong(&e));
    let identity = Identity { certificate: read("certificate")?, key: read("key")? };
    let tls = shared_pki::server_config(&identity, &read("authority")?).map_err(|e| wrong(&e))?;
    let (acceptor, body) = (TlsAcceptor::from(Arc::new(tls)), Bytes::from(read("body")?));
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(|e| wrong(&e))?;
    let address = listener.local_addr().map_err(|e| wrong(&e))?;
    fs::write(directory.join("address"), address.to_string()).map_err(|e| wrong(&e))?;
    loop {
        let (tcp, _) = listener.accept().await.map_err(|e| wrong(&e))?;
        let (acceptor, body) = (acceptor.clone(), body.clone());
        tokio::spawn(async move {
            // A connection that fails is its client's to tell.
            let _ = tcp.set_nodelay(true);
            let Ok(tls) = acceptor.accept(tcp).await else { return };
            let service = service_fn(|request| answer(request, body.clone()));
            let _ =
                auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(tls), service).await;
        });
    }
}

async fn answer(request: Request<Incoming>, body: Bytes) -> Result<Response<Full<Bytes>>, Infallible> {
    // What was sent is read, as any server must.
    let _ = request.into_body().collect().await;
    let mut response = Response::new(Full::new(body));
    response
        .headers_mut()
        .insert("content-type", hyper::header::HeaderValue::from_static("application/json"));
    Ok(response)
}
