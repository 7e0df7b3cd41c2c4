//! What a machine that is about to join may fetch: the script, the program, the authority's certificate.

use axum::{
    Router,
    body::Body,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use tokio::io::AsyncReadExt;

const INSTALL: &str = include_str!("../../../agent/install.sh");

/// `/install.sh`, `/ca.crt`, `/dhow`.
pub(crate) fn routes(authority: &str) -> Router {
    let authority = authority.to_owned();
    Router::new()
        .route("/install.sh", get(|| async { ([(header::CONTENT_TYPE, "text/x-shellscript")], INSTALL) }))
        .route("/ca.crt", get(|| async { ([(header::CONTENT_TYPE, "application/x-pem-file")], authority) }))
        .route("/dhow", get(program))
}

/// This very program, so that nodes run what the control plane runs.
async fn program() -> Response {
    let open = async {
        let file = tokio::fs::File::open("/proc/self/exe").await?;
        let length = file.metadata().await?.len();
        std::io::Result::Ok((file, length))
    };
    match open.await {
        Ok((file, length)) => {
            let headers = [
                (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
                (header::CONTENT_LENGTH, length.to_string()),
            ];
            (headers, Body::from_stream(chunks(file))).into_response()
        }
        Err(error) => {
            (StatusCode::INTERNAL_SERVER_ERROR, format!("reading the program: {error}")).into_response()
        }
    }
}

fn chunks(file: tokio::fs::File) -> impl futures::Stream<Item = std::io::Result<Vec<u8>>> {
    futures::stream::try_unfold(file, |mut file| async move {
        let mut chunk = vec![0; 256 * 1024];
        let n = file.read(&mut chunk).await?;
        chunk.truncate(n);
        Ok((n > 0).then_some((chunk, file)))
    })
}
