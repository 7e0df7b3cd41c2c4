//! What the node itself answers through its proxy, over HTTP: health, measurements, its pods; and, where a
//! port of the node is asked for, whoever listens there.

use agent_pods::Pods;
use bytes::Bytes;
use http_body_util::Full;
use hyper::{Method, Request, Response, StatusCode, body::Incoming, header, service::service_fn};
use hyper_util::rt::TokioIo;
use shared_api::{Refusal, meta::Status};
use shared_client::{Channel, Connection, Duplex, Frame};
use std::{convert::Infallible, net::Ipv4Addr, sync::Arc};
use tokio::net::TcpStream;

/// Serves one connection to its end.
pub(crate) async fn serve(pods: Arc<Pods>, port: u16, duplex: Duplex) {
    let outcome = duplex.send.clone();
    let mut connection = Connection::new(duplex, Channel::Stdout);
    let done = if port == 0 {
        let answering = service_fn(|asked| answer(Arc::clone(&pods), asked));
        let serving = hyper::server::conn::http1::Builder::new();
        serving.serve_connection(TokioIo::new(connection), answering).await.map_err(Refusal::internal)
    } else {
        match TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await {
            Ok(mut there) => {
                let copied = tokio::io::copy_bidirectional(&mut connection, &mut there).await;
                copied.map(drop).map_err(Refusal::internal)
            }
            Err(error) => Err(Refusal::unavailable(format!("dial tcp 127.0.0.1:{port}: {error}"))),
        }
    };
    let well = Status { status: Some("Success".into()), ..Status::default() };
    let status = done.map_or_else(|refusal| refusal.to_status(), |()| well);
    let _ = outcome.send(Frame::outcome(&status)).await;
}

async fn answer(pods: Arc<Pods>, asked: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    const JSON: &str = "application/json";
    const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
    let read = matches!(*asked.method(), Method::GET | Method::HEAD);
    let (code, media, text) = match asked.uri().path().trim_end_matches('/') {
        _ if !read => (StatusCode::METHOD_NOT_ALLOWED, "text/plain", "only GET is answered\n".into()),
        "/healthz" | "/healthz/ping" => (StatusCode::OK, "text/plain", "ok".into()),
        "/pods" => (StatusCode::OK, JSON, pods.list().to_string()),
        "/stats/summary" => (StatusCode::OK, JSON, pods.summary().await.to_string()),
        "/metrics" | "/metrics/resource" => (StatusCode::OK, TEXT, pods.metrics().await),
        _ => (StatusCode::NOT_FOUND, "text/plain", "404 page not found\n".into()),
    };
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = code;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(media));
    Ok(response)
}
