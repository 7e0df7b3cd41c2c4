//! Documents as they are kept: packed, each made when it is first asked for.

use super::writer;
use crate::rest::{answer, gzip};
use axum::response::{IntoResponse, Response};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use std::{
    collections::BTreeMap,
    io::{Read, Write},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

/// A document, packed.
#[derive(Debug)]
pub(super) struct Packed {
    bytes: bytes::Bytes,
    /// Its `ETag`.
    tag: String,
}

/// The document of a group and version, which is served.
pub(super) fn three(group: &'static str, version: &'static str) -> Arc<Packed> {
    static MADE: Mutex<BTreeMap<(&str, &str), Arc<Packed>>> = Mutex::new(BTreeMap::new());
    let made = || MADE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(there) = made().get(&(group, version)) {
        return Arc::clone(there);
    }
    let new = Arc::new(Packed::of(&writer::three(group, version, true), hash(group, version)));
    Arc::clone(made().entry((group, version)).or_insert(new))
}

/// The document of everything.
pub(super) fn two() -> &'static Packed {
    static MADE: OnceLock<Packed> = OnceLock::new();
    MADE.get_or_init(|| {
        let document = writer::two();
        let tag = answer::digest(&document);
        Packed::of(&document, tag)
    })
}

/// The same in gnostic's protobuf.
pub(super) fn gnostic() -> &'static Packed {
    static MADE: OnceLock<Packed> = OnceLock::new();
    MADE.get_or_init(|| {
        let document = writer::gnostic();
        let tag = answer::digest(&document);
        Packed::of(&document, tag)
    })
}

/// The name of a document's content. It is asked for often and of all of them at once, so it is taken of the
/// document without its descriptions, and of these together.
pub(super) fn hash(group: &'static str, version: &'static str) -> String {
    static MADE: Mutex<BTreeMap<(&str, &str), String>> = Mutex::new(BTreeMap::new());
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    let hash = made.entry((group, version)).or_insert_with(|| {
        let mut content = writer::three(group, version, false);
        content.extend_from_slice(shared_api::schema::Descriptions::packed());
        answer::digest(&content)
    });
    hash.clone()
}

impl Packed {
    fn of(document: &[u8], tag: String) -> Self {
        let mut packer = GzEncoder::new(Vec::new(), Compression::default());
        packer.write_all(document).expect("a vector takes everything");
        Self { bytes: packer.finish().expect("a vector takes everything").into(), tag }
    }

    /// As the asker can take it; empty when the asker has it already.
    pub(super) fn answer(&self, asked: &HeaderMap, media: &'static str) -> Response {
        let tag = format!("\"{}\"", self.tag);
        let known = asked.get(header::IF_NONE_MATCH).is_some_and(|known| known == tag.as_str());
        let mut response = if known {
            StatusCode::NOT_MODIFIED.into_response()
        } else if gzip::wanted(asked) {
            let mut response = answer::bytes_of(StatusCode::OK, media, self.bytes.clone());
            response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            response
        } else {
            let mut document = Vec::new();
            GzDecoder::new(&*self.bytes).read_to_end(&mut document).expect("what was packed can be unpacked");
            answer::bytes_of(StatusCode::OK, media, document)
        };
        let headers = response.headers_mut();
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            headers.insert(header::ETAG, tag);
        }
        headers.insert(header::VARY, HeaderValue::from_static("Accept, Accept-Encoding"));
        response
    }
}
