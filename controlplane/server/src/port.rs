//! The one port: TLS, then HTTP/1.1 or HTTP/2, REST and gRPC alike.

mod gather;

use axum::{Extension, Router};
use controlplane_apiserver::door::PeerCertificate;
use gather::Gather;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
    service::TowerToHyperService,
};
use shared_daemon::{Shutdown, Tasks};
use std::{sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_rustls::TlsAcceptor;

const HANDSHAKE: Duration = Duration::from_secs(10);

/// Connections at a time; whoever comes later waits at the listener.
const CONNECTIONS: usize = 8192;

/// Requests and watches at a time on one connection, as Kubernetes has it.
const STREAMS: u32 = 1000;

/// Serves `app` on `listener` until `shutdown`.
pub(crate) async fn serve(
    listener: TcpListener,
    tls: rustls::ServerConfig,
    app: Router,
    tasks: Tasks,
    shutdown: Shutdown,
) {
    let acceptor = TlsAcceptor::from(Arc::new(tls));
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let accept = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            accepted = accept => accepted,
            () = shutdown.cancelled() => return,
        };
        match accepted {
            Ok((tcp, _)) => {
                let (acceptor, app) = (acceptor.clone(), app.clone());
                tasks.start("connection", async move {
                    connection(tcp, acceptor, app).await;
                    drop(place);
                });
            }
            Err(error) => {
                // Out of descriptors, most likely: let some close.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

async fn connection(tcp: TcpStream, acceptor: TlsAcceptor, app: Router) {
    let _ = tcp.set_nodelay(true);
    let tls = match tokio::time::timeout(HANDSHAKE, acceptor.accept(tcp)).await {
        Ok(Ok(tls)) => tls,
        Ok(Err(error)) => return tracing::debug!(%error, "a TLS handshake failed"),
        Err(_) => return tracing::debug!("a TLS handshake took too long"),
    };
    let peer = tls.get_ref().1.peer_certificates().and_then(|c| c.first()).map(AsRef::as_ref);
    let app = app.layer(Extension(PeerCertificate::of(peer)));
    if tls.get_ref().1.alpn_protocol() == Some(b"h2") {
        requests(Gather::new(tls), app).await;
    } else {
        requests(tls, app).await;
    }
}

async fn requests(wire: impl AsyncRead + AsyncWrite + Send + Unpin + 'static, app: Router) {
    let service = TowerToHyperService::new(app);
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new());
    builder
        .http2()
        .timer(TokioTimer::new())
        .initial_stream_window_size(1 << 20)
        .initial_connection_window_size(8 << 20)
        .max_concurrent_streams(STREAMS)
        .keep_alive_interval(Duration::from_secs(10))
        .keep_alive_timeout(Duration::from_secs(10));
    if let Err(error) = builder.serve_connection_with_upgrades(TokioIo::new(wire), service).await {
        tracing::debug!(error = %error, "a connection ended");
    }
}
