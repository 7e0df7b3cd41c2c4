//! Documents as they are kept: packed, each made when it is first asked for.

use super::writer;
use crate::rest::{answer, gzip};
use axum::response::{IntoResponse, Response};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use shared_api::{kinds, mark};
use std::{
    collections::BTreeMap,
    io::{Read, Write},
    sync::{Arc, Mutex, PoisonError},
};

/// A document, packed.
#[derive(Debug)]
pub(super) struct Packed {
    bytes: bytes::Bytes,
    /// Its `ETag`.
    tag: String,
}

/// What is made of the kinds there are, and of which of their states.
type Made<T> = Mutex<BTreeMap<(&'static str, &'static str), (u64, T)>>;

/// Which state of the list of kinds a group's documents say; those of what is compiled in never change.
fn state(group: &str) -> u64 {
    if kinds().any(|kind| kind.group == group && kind.custom.is_some()) { mark() } else { 0 }
}

fn known<T: Clone>(made: &Made<T>, place: (&'static str, &'static str), now: u64) -> Option<T> {
    let made = made.lock().unwrap_or_else(PoisonError::into_inner);
    made.get(&place).filter(|(state, _)| *state == now).map(|(_, there)| there.clone())
}

fn keep<T>(made: &Made<T>, place: (&'static str, &'static str), now: u64, new: T) {
    made.lock().unwrap_or_else(PoisonError::into_inner).insert(place, (now, new));
}

/// The document of a group and version, which is served.
pub(super) fn three(group: &'static str, version: &'static str) -> Arc<Packed> {
    static MADE: Made<Arc<Packed>> = Mutex::new(BTreeMap::new());
    let now = state(group);
    if let Some(there) = known(&MADE, (group, version), now) {
        return there;
    }
    let new = Arc::new(Packed::of(&writer::three(group, version, true), hash(group, version)));
    keep(&MADE, (group, version), now, Arc::clone(&new));
    new
}

/// The same in gnostic's protobuf.
pub(super) fn gnostic_three(group: &'static str, version: &'static str) -> Arc<Packed> {
    static MADE: Made<Arc<Packed>> = Mutex::new(BTreeMap::new());
    let now = state(group);
    if let Some(there) = known(&MADE, (group, version), now) {
        return there;
    }
    let new = Arc::new(Packed::of(&writer::gnostic_three(group, version), hash(group, version)));
    keep(&MADE, (group, version), now, Arc::clone(&new));
    new
}

/// The document of everything.
pub(super) fn two() -> Arc<Packed> {
    static MADE: Made<Arc<Packed>> = Mutex::new(BTreeMap::new());
    whole(&MADE, writer::two)
}

/// The same in gnostic's protobuf.
pub(super) fn gnostic_two() -> Arc<Packed> {
    static MADE: Made<Arc<Packed>> = Mutex::new(BTreeMap::new());
    whole(&MADE, writer::gnostic_two)
}

fn whole(made: &Made<Arc<Packed>>, write: fn() -> Vec<u8>) -> Arc<Packed> {
    let now = mark();
    if let Some(there) = known(made, ("", ""), now) {
        return there;
    }
    let document = write();
    let tag = answer::digest(&document);
    let new = Arc::new(Packed::of(&document, tag));
    keep(made, ("", ""), now, Arc::clone(&new));
    new
}

/// The name of a document's content. It is asked for often and of all of them at once, so it is taken of the
/// document without its descriptions, and of these together.
pub(super) fn hash(group: &'static str, version: &'static str) -> String {
    static MADE: Made<String> = Mutex::new(BTreeMap::new());
    let now = state(group);
    if let Some(there) = known(&MADE, (group, version), now) {
        return there;
    }
    let mut content = writer::three(group, version, false);
    content.extend_from_slice(shared_api::schema::Descriptions::packed());
    let hash = answer::digest(&content);
    keep(&MADE, (group, version), now, hash.clone());
    hash
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
