//! Bodies on their way in: their size and their language.

use super::{
    protobuf,
    strict::{self, Manifest, Reader},
};
use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeSeed;
use shared_api::{PatchType, Reason, Refusal, schema::Type, yaml};
use shared_client::Result;

/// Largest body taken in, as Kubernetes has it.
const LARGEST: usize = 3 * 1024 * 1024;

/// The whole body.
pub(super) async fn read(body: Body) -> Result<Bytes> {
    match Limited::new(body, LARGEST).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            let message = format!("Request entity too large: limit is {LARGEST} bytes");
            Err(Refusal::new(Reason::RequestEntityTooLarge, message))
        }
        Err(error) => Err(Refusal::bad_request(format!("the body broke off: {error}"))),
    }
}

/// The media type of the body, in lower case; JSON when nothing is said.
pub(super) fn media(headers: &HeaderMap) -> Result<String> {
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return Ok("application/json".into()) };
    let text = value.to_str().map_err(|_| Refusal::bad_request("the Content-Type header is not text"))?;
    Ok(text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

/// Reads a manifest `of` a type in any language there is a reader for.
pub(super) fn manifest(media: &str, bytes: &[u8], of: Option<&'static Type>) -> Result<Manifest> {
    match media {
        "application/json" => json(bytes, of),
        "application/yaml" => Ok(yaml::from_str::<Manifest>(text(bytes)?)?.compared(of)),
        protobuf::MEDIA => Ok(strict::plain(protobuf::manifest(bytes)?)),
        other => Err(unsupported(other, &["application/json", "application/yaml", protobuf::MEDIA])),
    }
}

/// The language of a patch, by its media type; nobody knows how to merge defined kinds strategically.
pub(super) fn patch_type(media: &str, force: bool, strategic: bool) -> Result<PatchType> {
    match media {
        "application/json-patch+json" => Ok(PatchType::Json),
        "application/merge-patch+json" => Ok(PatchType::Merge),
        "application/strategic-merge-patch+json" if strategic => Ok(PatchType::Strategic),
        "application/apply-patch+yaml" => Ok(PatchType::Apply { force }),
        other => {
            let mut known = vec![
                "application/json-patch+json",
                "application/merge-patch+json",
                "application/strategic-merge-patch+json",
                "application/apply-patch+yaml",
            ];
            known.retain(|media| strategic || !media.contains("strategic"));
            Err(unsupported(other, &known))
        }
    }
}

/// Reads a patch. Clients may send YAML whatever the media type; JSON is the fast way.
pub(super) fn patch(bytes: &[u8]) -> Result<Manifest> {
    json(bytes, None).or_else(|refusal| match text(bytes).map(yaml::from_str::<Manifest>) {
        Ok(Ok(found)) if found.value.is_object() || found.value.is_array() => Ok(found),
        _ => Err(refusal),
    })
}

fn unsupported(media: &str, known: &[&str]) -> Refusal {
    let message = format!(
        "the body of the request was in an unknown format ({media}) - accepted media types include: {}",
        known.join(", ")
    );
    Refusal::new(Reason::UnsupportedMediaType, message)
}

fn json(bytes: &[u8], of: Option<&'static Type>) -> Result<Manifest> {
    let mut text = serde_json::Deserializer::from_slice(bytes);
    let read = Reader::of(of).deserialize(&mut text).and_then(|read| text.end().map(|()| read));
    read.map_err(|e| {
        let Some(of) = of else { return Refusal::bad_request(format!("the body is not JSON: {e}")) };
        let (kind, beginning) = (of.kind(), beginning(bytes));
        Refusal::bad_request(format!(
            "the object provided is unrecognized (must be of type {kind}): couldn't get version/kind; \
             json parse error: {e} ({beginning})"
        ))
    })
}

/// The first bytes of what nobody could read.
fn beginning(bytes: &[u8]) -> String {
    const SHOWN: usize = 30;
    let hex = |bytes: &[u8]| {
        bytes.iter().fold(String::new(), |mut text, byte| {
            text += &format!("{byte:02x}");
            text
        })
    };
    match bytes.get(..SHOWN) {
        _ if bytes.is_empty() => "<empty>".into(),
        Some(first) if bytes.len() > SHOWN => format!("{} ...", hex(first)),
        _ => hex(bytes),
    }
}

fn text(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|e| Refusal::bad_request(format!("the body is not UTF-8: {e}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_says_why() {
        let code = |media: &str, bytes: &[u8]| {
            manifest(media, bytes, None).map_or_else(|e| e.reason.code(), |_| 200)
        };
        assert_eq!(code("application/json", b"{"), 400);
        assert_eq!(code("application/json", b"{} {}"), 400);
        assert_eq!(code("application/yaml", b"a: [\n"), 400);
        assert_eq!(code("application/yaml", b"\xff\xfe"), 400);
        assert_eq!(code("application/vnd.kubernetes.protobuf", b"k8s\0"), 400);
        assert_eq!(code("application/cbor", b""), 415);
        assert_eq!(patch_type("application/apply-patch+cbor", false, true).unwrap_err().reason.code(), 415);
        assert_eq!(patch_type("application/merge-patch+json", false, true), Ok(PatchType::Merge));
        assert_eq!(patch(b"a: 1").unwrap().value["a"], 1);
        assert!(patch(b"nonsense").is_err());
        let of = shared_api::schema::of("", "v1", "Namespace");
        let why =
            manifest("application/json", b"apiVersion: v1", of).map_or_else(|e| e.message, |_| "read".into());
        let first = "the object provided is unrecognized (must be of type Namespace): couldn't get version/kind; json";
        assert!(why.starts_with(first) && why.ends_with("(61706956657273696f6e3a207631)"), "{why}");
    }

    #[test]
    fn deep_nesting_is_refused_and_harmless() {
        let deep = "[".repeat(100_000);
        assert_eq!(json(deep.as_bytes(), None).unwrap_err().reason, Reason::BadRequest);
    }
}
