//! Long answers made short, for those who can unfold them. They are folded as they flow.

use axum::{
    body::{Body, HttpBody},
    response::Response,
};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use futures::StreamExt;
use http::{HeaderMap, HeaderValue, header};
use std::io::{self, Write};

/// Shorter answers are not worth it, as Kubernetes has it.
const SHORT: u64 = 128 * 1024;

/// Extension of an answer whose length is not known before it is over: about how long it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Length(pub(super) u64);

/// Whether the asker can unfold.
pub(super) fn wanted(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let mut codings = values.flat_map(|value| value.split(','));
    codings.any(|coding| {
        let mut words = coding.split(';').map(str::trim);
        words.next() == Some("gzip")
            && !words.any(|word| word.strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0)))
    })
}

/// The answer, folded if it is long. Streams that say nothing of their length, such as watches, stay as they are.
pub(super) fn folded(response: Response) -> Response {
    let known = response.extensions().get::<Length>().map(|length| length.0);
    let long = known.or(response.body().size_hint().exact()).is_some_and(|length| length > SHORT);
    if !long || response.headers().contains_key(header::CONTENT_ENCODING) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    parts.headers.append(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    let pieces = body.into_data_stream().map(Some).chain(futures::stream::iter([None]));
    let fold = Some(GzEncoder::new(Vec::new(), Compression::fast()));
    let folded = pieces.scan(fold, |fold, piece| futures::future::ready(step(fold, piece)));
    let folded =
        folded.filter(|piece| futures::future::ready(!matches!(piece, Ok(bytes) if bytes.is_empty())));
    Response::from_parts(parts, Body::from_stream(folded))
}

type Fold = Option<GzEncoder<Vec<u8>>>;

/// What comes out when the next piece, or the end, goes in. A body that breaks off ends broken off.
fn step(fold: &mut Fold, piece: Option<Result<Bytes, axum::Error>>) -> Option<io::Result<Bytes>> {
    let done = match piece {
        Some(Ok(piece)) => {
            let encoder = fold.as_mut()?;
            encoder.write_all(&piece).map(|()| std::mem::take(encoder.get_mut()))
        }
        Some(Err(error)) => {
            *fold = None;
            Err(io::Error::other(error))
        }
        None => fold.take()?.finish(),
    };
    Some(done.map(Bytes::from))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::response::IntoResponse;
    use http_body_util::BodyExt;
    use std::io::Read;

    #[test]
    fn only_those_who_say_so_get_it() {
        for (value, expected) in
            [("gzip", true), ("deflate, gzip;q=0.5", true), ("gzip;q=0", false), ("br", false), ("*", false)]
        {
            let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, value.parse().unwrap())]);
            assert_eq!(wanted(&headers), expected, "{value}");
        }
        assert!(!wanted(&HeaderMap::new()));
    }

    #[tokio::test]
    async fn a_long_answer_unfolds_to_what_it_was() {
        let text = "long ".repeat(200_000);
        let whole = text.clone().into_response();
        let pieces = text.as_bytes().chunks(100_000).map(|p| Ok::<_, io::Error>(Bytes::copy_from_slice(p)));
        let pieces: Vec<_> = pieces.collect();
        let mut flowing = Body::from_stream(futures::stream::iter(pieces)).into_response();
        assert!(!folded(flowing).headers().contains_key(header::CONTENT_ENCODING), "nobody said how long");
        flowing =
            Body::from_stream(futures::stream::iter([Ok::<_, io::Error>(text.clone())])).into_response();
        flowing.extensions_mut().insert(Length(1 << 20));
        for response in [whole, flowing] {
            let response = folded(response);
            assert_eq!(response.headers()[header::CONTENT_ENCODING], "gzip");
            let bytes = response.into_body().collect().await.unwrap().to_bytes();
            assert!(bytes.len() < text.len() / 10);
            let mut found = String::new();
            flate2::read::GzDecoder::new(&bytes[..]).read_to_string(&mut found).unwrap();
            assert!(found == text);
        }
        assert!(!folded("short".into_response()).headers().contains_key(header::CONTENT_ENCODING));
    }
}
