//! Bodies on their way in: their size, their language, and keys that come twice.

use super::protobuf;
use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value};
use shared_api::{KindInfo, PatchType, Reason, Refusal, Validation, yaml};
use shared_client::Result;
use std::fmt;

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

/// A manifest, and which of its keys came twice.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Manifest {
    pub(super) value: Value,
    pub(super) duplicates: Vec<String>,
}

/// Reads a manifest in any language there is a reader for.
pub(super) fn manifest(media: &str, bytes: &[u8]) -> Result<Manifest> {
    match media {
        "application/json" => json(bytes),
        "application/yaml" => yaml::from_str(text(bytes)?),
        protobuf::MEDIA => Ok(Manifest { value: protobuf::manifest(bytes)?, duplicates: Vec::new() }),
        other => Err(unsupported(other, &["application/json", "application/yaml", protobuf::MEDIA])),
    }
}

/// The language of a patch, by its media type.
pub(super) fn patch_type(media: &str, force: bool) -> Result<PatchType> {
    match media {
        "application/json-patch+json" => Ok(PatchType::Json),
        "application/merge-patch+json" => Ok(PatchType::Merge),
        "application/strategic-merge-patch+json" => Ok(PatchType::Strategic),
        "application/apply-patch+yaml" => Ok(PatchType::Apply { force }),
        other => {
            let known = [
                "application/json-patch+json",
                "application/merge-patch+json",
                "application/strategic-merge-patch+json",
                "application/apply-patch+yaml",
            ];
            Err(unsupported(other, &known))
        }
    }
}

/// Reads a patch. Clients may send YAML whatever the media type; JSON is the fast way.
pub(super) fn patch(bytes: &[u8]) -> Result<Manifest> {
    json(bytes).or_else(|refusal| match text(bytes).map(yaml::from_str::<Manifest>) {
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

fn json(bytes: &[u8]) -> Result<Manifest> {
    serde_json::from_slice(bytes).map_err(|e| Refusal::bad_request(format!("the body is not JSON: {e}")))
}

fn text(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|e| Refusal::bad_request(format!("the body is not UTF-8: {e}")))
}

impl Manifest {
    /// What keys that came twice mean: `Strict` refuses them, `Warn` names them, `Ignore` is silent; the
    /// last one counts.
    pub(super) fn settle(self, kind: &KindInfo, validation: Validation) -> Result<(Value, Vec<String>)> {
        let named: Vec<_> = self.duplicates.iter().map(|path| format!("duplicate field {path:?}")).collect();
        match validation {
            Validation::Ignore => Ok((self.value, Vec::new())),
            Validation::Warn => Ok((self.value, named)),
            Validation::Strict if named.is_empty() => Ok((self.value, named)),
            Validation::Strict => Err(Refusal::bad_request(format!(
                "{0} in version {1:?} cannot be handled as a {0}: strict decoding error: {2}",
                kind.kind,
                kind.version,
                named.join(", ")
            ))),
        }
    }
}

impl<'de> Deserialize<'de> for Manifest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

fn plain(value: impl Into<Value>) -> Manifest {
    Manifest { value: value.into(), duplicates: Vec::new() }
}

impl<'de> Visitor<'de> for Reader {
    type Value = Manifest;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Manifest, E> {
        Ok(plain(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Manifest, E> {
        Ok(plain(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Manifest, E> {
        Ok(plain(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Manifest, E> {
        Ok(plain(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Manifest, E> {
        Ok(plain(value))
    }

    fn visit_string<E>(self, value: String) -> Result<Manifest, E> {
        Ok(plain(value))
    }

    fn visit_unit<E>(self) -> Result<Manifest, E> {
        Ok(Manifest::default())
    }

    fn visit_none<E>(self) -> Result<Manifest, E> {
        Ok(Manifest::default())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Manifest, D::Error> {
        Manifest::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Manifest, A::Error> {
        let (mut values, mut duplicates) = (Vec::new(), Vec::new());
        while let Some(item) = items.next_element::<Manifest>()? {
            let index = format!("[{}]", values.len());
            duplicates.extend(item.duplicates.into_iter().map(|path| below(&index, &path)));
            values.push(item.value);
        }
        Ok(Manifest { value: Value::Array(values), duplicates })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Manifest, A::Error> {
        let (mut fields, mut duplicates) = (Map::new(), Vec::new());
        while let Some(Name(name)) = entries.next_key()? {
            let entry: Manifest = entries.next_value()?;
            duplicates.extend(entry.duplicates.into_iter().map(|path| below(&name, &path)));
            if fields.insert(name.clone(), entry.value).is_some() && !duplicates.contains(&name) {
                duplicates.push(name);
            }
        }
        Ok(Manifest { value: Value::Object(fields), duplicates })
    }
}

fn below(parent: &str, path: &str) -> String {
    if path.starts_with('[') { format!("{parent}{path}") } else { format!("{parent}.{path}") }
}

/// A key; YAML also has numbers and booleans there.
struct Name(String);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let found = Manifest::deserialize(deserializer)?;
        match found.value {
            Value::String(name) => Ok(Self(name)),
            Value::Number(number) => Ok(Self(number.to_string())),
            Value::Bool(flag) => Ok(Self(flag.to_string())),
            _ => Err(serde::de::Error::custom("a key is neither text, a number nor a boolean")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deployments() -> &'static KindInfo {
        shared_api::of("apps", "Deployment").unwrap()
    }

    #[test]
    fn keys_that_come_twice_are_named_in_json_and_yaml() {
        let json = br#"{"spec":{"replicas":1,"a":[{"b":1,"b":2}],"replicas":2}}"#;
        let found = manifest("application/json", json).unwrap();
        assert_eq!(found.duplicates, ["spec.a[0].b", "spec.replicas"]);
        assert_eq!(found.value["spec"]["replicas"], 2);
        let found = manifest("application/yaml", b"spec:\n  replicas: 1\n  replicas: 2\n1: x\n").unwrap();
        assert_eq!(found.duplicates, ["spec.replicas"]);
        assert_eq!(found.value["1"], "x");
    }

    #[test]
    fn validation_decides_what_they_mean() {
        let twice = || manifest("application/json", br#"{"a":1,"a":2}"#).unwrap();
        let warned = twice().settle(deployments(), Validation::Warn).unwrap().1;
        assert_eq!(warned, [r#"duplicate field "a""#]);
        assert_eq!(twice().settle(deployments(), Validation::Ignore).unwrap().1, [""; 0]);
        let refused = twice().settle(deployments(), Validation::Strict).unwrap_err();
        assert_eq!(refused.reason, Reason::BadRequest);
        assert!(
            refused.message.ends_with(r#"strict decoding error: duplicate field "a""#),
            "{}",
            refused.message
        );
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        let code =
            |media: &str, bytes: &[u8]| manifest(media, bytes).map_or_else(|e| e.reason.code(), |_| 200);
        assert_eq!(code("application/json", b"{"), 400);
        assert_eq!(code("application/json", b"{} {}"), 400);
        assert_eq!(code("application/yaml", b"a: [\n"), 400);
        assert_eq!(code("application/yaml", b"\xff\xfe"), 400);
        assert_eq!(code("application/vnd.kubernetes.protobuf", b"k8s\0"), 400);
        assert_eq!(code("application/cbor", b""), 415);
        assert_eq!(patch_type("application/apply-patch+cbor", false).unwrap_err().reason.code(), 415);
        assert_eq!(patch_type("application/merge-patch+json", false), Ok(PatchType::Merge));
        assert_eq!(patch(b"a: 1").unwrap().value["a"], 1);
        assert!(patch(b"nonsense").is_err());
    }

    #[test]
    fn deep_nesting_is_refused_and_harmless() {
        let deep = "[".repeat(100_000);
        assert_eq!(json(deep.as_bytes()).unwrap_err().reason, Reason::BadRequest);
    }
}
