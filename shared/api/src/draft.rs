//! An object on its way in: typed, so that admission and validation can read it, yet of any kind.

use crate::{Invalid, Kind, Object, Refusal, meta::ObjectMeta, schema};
use serde_json::{Value, value::RawValue};
use std::{any::Any, collections::BTreeMap, fmt};

/// An object on its way in, its type erased. Every [`Kind`] is one.
pub trait Draft: Any + Send + Sync {
    /// Standard metadata.
    fn meta(&self) -> &ObjectMeta;
    /// Standard metadata, to change.
    fn meta_mut(&mut self) -> &mut ObjectMeta;
    /// Adds to a new object what follows from its name and uid.
    fn begin(&mut self);
    /// What the author is told that is no mistake.
    fn warnings(&self) -> Vec<String>;
    /// Fills in what the author left out.
    fn complete(&mut self);
    /// Takes from the object it is to replace, of the same kind, what the author may leave out.
    fn inherit(&mut self, old: &dyn Draft);
    /// Records what is wrong; `old` is present on update and of the same kind.
    fn check(&self, old: Option<&dyn Draft>, invalid: &mut Invalid);
    /// Records what is wrong besides with an object that came in the version `written`.
    fn check_in(&self, written: &str, old: Option<&dyn Draft>, invalid: &mut Invalid);
    /// The JSON to store, with a hole where the revision is to be written.
    fn encode(&self) -> Encoded;
    /// As an object, with whatever revision the metadata carries.
    fn object(&self) -> Object;
    /// For admission that knows one kind: `draft.as_any_mut().downcast_mut::<Pod>()`.
    fn as_any_mut(&mut self) -> &mut dyn Any;
    /// For reading one kind.
    fn as_any(&self) -> &dyn Any;
}

/// JSON whose `metadata.resourceVersion` is empty, and where that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    /// The JSON.
    pub json: Vec<u8>,
    /// Offset at which the revision's digits are to be inserted.
    pub hole: u32,
}

/// What came of decoding a manifest.
pub struct Decoded {
    /// The object.
    pub draft: Box<dyn Draft>,
    /// Paths of fields the kind does not have, such as `spec.replica`.
    pub unknown: Vec<String>,
}

pub(crate) fn decode<K: Kind>(value: Value) -> Result<Decoded, Refusal> {
    let (json, unknown) = checked(K::GROUP, K::VERSION, K::KIND, value)?;
    // From bytes, as everywhere: each kind's decoding is compiled once.
    let object: K = serde_json::from_slice(&json).map_err(|e| cannot_be(K::VERSION, K::KIND, &e))?;
    Ok(Decoded { draft: Box::new(object), unknown })
}

/// The JSON of an object that has the fields of its kind, and the paths of those it has besides.
fn checked(
    group: &str,
    version: &str,
    kind: &str,
    mut value: Value,
) -> Result<(Vec<u8>, Vec<String>), Refusal> {
    let unknown = match schema::of(group, version, kind) {
        Some(of) => schema::check(of, &mut value).map_err(|why| cannot_be(version, kind, &why))?,
        None => Vec::new(),
    };
    let json = serde_json::to_vec(&value).map_err(|e| cannot_be(version, kind, &e))?;
    Ok((json, unknown))
}

fn cannot_be(version: &str, kind: &str, why: &dyn fmt::Display) -> Refusal {
    Refusal::bad_request(format!("{kind} in version {version:?} cannot be handled as a {kind}: {why}"))
}

/// The same object with its head in front: some kinds have fields that sort before `metadata`.
fn metadata_first(json: &[u8]) -> Vec<u8> {
    let mut fields: BTreeMap<&str, &RawValue> =
        serde_json::from_slice(json).expect("an encoded kind is a map");
    let mut ordered = Vec::with_capacity(json.len());
    for name in ["apiVersion", "kind", "metadata"] {
        let value = fields.remove(name).expect("every kind has a head");
        append(&mut ordered, name, value);
    }
    for (name, value) in fields {
        append(&mut ordered, name, value);
    }
    ordered.push(b'}');
    ordered
}

fn append(json: &mut Vec<u8>, name: &str, value: &RawValue) {
    json.push(if json.is_empty() { b'{' } else { b',' });
    json.extend_from_slice(format!("{name:?}:").as_bytes());
    json.extend_from_slice(value.get().as_bytes());
}

impl<K: Kind> Draft for K {
    fn meta(&self) -> &ObjectMeta {
        self.metadata()
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        self.metadata_mut()
    }

    fn begin(&mut self) {
        Kind::begin(self);
    }

    fn warnings(&self) -> Vec<String> {
        Kind::warnings(self)
    }

    fn complete(&mut self) {
        self.set_defaults();
    }

    fn inherit(&mut self, old: &dyn Draft) {
        if let Some(old) = old.as_any().downcast_ref::<K>() {
            Kind::inherit(self, old);
        }
    }

    fn check(&self, old: Option<&dyn Draft>, invalid: &mut Invalid) {
        self.validate(old.and_then(|o| o.as_any().downcast_ref::<K>()), invalid);
    }

    fn check_in(&self, written: &str, old: Option<&dyn Draft>, invalid: &mut Invalid) {
        self.validate_in(written, old.and_then(|o| o.as_any().downcast_ref::<K>()), invalid);
    }

    fn encode(&self) -> Encoded {
        let mut copy = self.clone();
        copy.metadata_mut().resource_version = None;
        let mut json = serde_json::to_vec(&copy).expect("a kind can be encoded");
        // The head is made ours to the letter, so the hole's place needs no search.
        let head = format!(r#"{{"apiVersion":"{}","kind":"{}","metadata":{{"#, K::API_VERSION, K::KIND);
        if !json.starts_with(head.as_bytes()) {
            json = metadata_first(&json);
        }
        assert!(json.starts_with(head.as_bytes()), "{} is encoded with its head first", K::KIND);
        let comma = if json.get(head.len()) == Some(&b'}') { "" } else { "," };
        let before = r#""resourceVersion":""#;
        json.splice(head.len()..head.len(), format!("{before}\"{comma}").into_bytes());
        let hole = u32::try_from(head.len() + before.len()).expect("a head is short");
        Encoded { json, hole }
    }

    fn object(&self) -> Object {
        Object::from_kind(self)
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::ConfigMap;

    #[test]
    fn the_hole_is_where_the_revision_goes() {
        let mut map = ConfigMap::default();
        map.metadata.name = Some("a".into());
        map.metadata.annotations = Some([("resourceVersion".into(), String::new())].into());
        let Encoded { mut json, hole } = map.encode();
        json.splice(hole as usize..hole as usize, *b"42");
        let back = Object::from_bytes(json).unwrap();
        assert_eq!((back.revision(), back.name()), (42, "a"));
    }

    #[test]
    fn fields_that_sort_before_the_metadata_follow_it() {
        let data = Some([("a".into(), r#"{"metadata":{}}"#.into())].into());
        let map = ConfigMap { data, ..ConfigMap::default() };
        let Encoded { json, hole } = map.encode();
        assert_eq!(&json[hole as usize..][..2], b"\"}");
        assert_eq!(serde_json::from_slice::<ConfigMap>(&json).unwrap().data, map.data);
    }

    #[test]
    fn unknown_fields_are_named_by_their_path() {
        let decoded = decode::<crate::core::Pod>(serde_json::json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {},
            "spec": {"containers": [{"name": "a", "imag": "b"}]}, "spek": 1
        }));
        let Ok(decoded) = decoded else { panic!("decodes") };
        assert_eq!(decoded.unknown, ["spec.containers[0].imag", "spek"]);
    }

    #[test]
    fn a_wrong_type_names_its_field() {
        let refused = decode::<crate::core::Pod>(serde_json::json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {}, "spec": {"containers": "none"}
        }));
        let Err(refused) = refused else { panic!("refused") };
        assert!(refused.message.contains("spec.containers"), "{}", refused.message);
    }
}
