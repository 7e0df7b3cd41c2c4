//! What strict decoding finds in a body: fields its type does not have and keys that come twice, in the order in
//! which they stand there.

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value};
use shared_api::{
    Refusal,
    schema::{self, Shape, Type},
};
use std::fmt;

/// More findings than these are not listed; upstream stops there too.
const LISTED: usize = 100;

/// What a patch of the JSON kind is made of.
const OPERATION: &[&str] = &["from", "op", "path", "value"];

/// A body as a value, and what is odd about it.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Manifest {
    pub(super) value: Value,
    findings: Vec<Finding>,
}

#[derive(Debug, Clone, PartialEq)]
struct Finding {
    twice: bool,
    path: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} field {:?}", if self.twice { "duplicate" } else { "unknown" }, self.path)
    }
}

impl Manifest {
    /// With the fields that its type does not have, for languages that are read without looking at it.
    pub(super) fn compared(mut self, of: Option<&'static Type>) -> Self {
        let unknown = of.and_then(|of| schema::check(of, &mut self.value.clone()).ok()).unwrap_or_default();
        let within = |path: &str| {
            let below = |field| {
                path.strip_prefix(field).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
            };
            unknown.iter().any(|field: &String| below(field.as_str()))
        };
        self.findings.retain(|finding| !within(&finding.path));
        self.findings.extend(unknown.iter().map(|path| Finding { twice: false, path: path.clone() }));
        self
    }

    /// What is odd about it, as Kubernetes tells it.
    pub(super) fn told(&self) -> Vec<String> {
        self.findings.iter().map(ToString::to_string).collect()
    }

    /// The same of a list of operations.
    pub(super) fn told_of_operations(&self) -> Vec<String> {
        let operations = self.value.as_array().into_iter().flatten().enumerate();
        let unknown = operations.flat_map(|(at, operation)| {
            let names = operation.as_object().into_iter().flat_map(|fields| fields.keys());
            let odd = names.filter(|name| !OPERATION.contains(&name.as_str()));
            odd.map(move |name| Finding { twice: false, path: format!("[{at}].{name}") })
        });
        let all: Vec<_> = unknown.take(LISTED).chain(self.findings.iter().cloned()).collect();
        all.iter().map(|finding| format!("json patch {finding}")).collect()
    }
}

/// A refusal of everything that is odd about what was to be a `kind`.
pub(super) fn refusal(version: &str, kind: &str, told: &[String]) -> Refusal {
    let told = told.join(", ");
    let why =
        format!("{kind} in version {version:?} cannot be handled as a {kind}: strict decoding error: {told}");
    Refusal::bad_request(why)
}

/// Reads a value of a shape.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader(At);

#[derive(Debug, Clone, Copy)]
enum At {
    Object(&'static Type),
    Shape(&'static Shape),
    /// Nothing is known of it.
    Free,
    /// It is not wanted.
    Unknown,
}

impl Reader {
    /// Of a type, or of anything.
    pub(super) fn of(of: Option<&'static Type>) -> Self {
        Self(of.map_or(At::Free, At::Object))
    }

    /// A value below this one, under a name or in a list.
    fn below(self, name: Option<&str>) -> Self {
        let shaped = |shape: &'static Shape| match shape {
            Shape::Object(of) => At::Object(of.get()),
            shape => At::Shape(shape),
        };
        Self(match (self.0, name) {
            (At::Object(of), Some(name)) => match of.field(name) {
                Some(field) => shaped(&field.shape),
                None if of.is_open() => At::Free,
                None => At::Unknown,
            },
            (At::Shape(Shape::List(inner)), None) | (At::Shape(Shape::Map(inner)), Some(_)) => shaped(inner),
            (At::Unknown, _) => At::Unknown,
            _ => At::Free,
        })
    }
}

impl<'de> DeserializeSeed<'de> for Reader {
    type Value = Manifest;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Manifest, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Deserialize<'de> for Manifest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Reader(At::Free).deserialize(deserializer)
    }
}

/// A value with nothing odd about it.
pub(super) fn plain(value: impl Into<Value>) -> Manifest {
    Manifest { value: value.into(), findings: Vec::new() }
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
        DeserializeSeed::deserialize(self, deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Manifest, A::Error> {
        let (mut values, mut findings) = (Vec::new(), Vec::new());
        while let Some(item) = items.next_element_seed(self.below(None))? {
            adopt(&mut findings, item.findings, &format!("[{}]", values.len()));
            values.push(item.value);
        }
        Ok(Manifest { value: Value::Array(values), findings })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Manifest, A::Error> {
        let (mut fields, mut findings) = (Map::new(), Vec::new());
        while let Some(Name(name)) = entries.next_key()? {
            let reader = self.below(Some(&name));
            let (unknown, ignored) = (matches!(reader.0, At::Unknown), matches!(self.0, At::Unknown));
            let twice = fields.contains_key(&name);
            if unknown != twice && !ignored {
                adopt(&mut findings, vec![Finding { twice, path: String::new() }], &name);
            }
            let entry = entries.next_value_seed(reader)?;
            adopt(&mut findings, entry.findings, &name);
            fields.insert(name, entry.value);
        }
        Ok(Manifest { value: Value::Object(fields), findings })
    }
}

/// Adds what was found below a field or an item, each finding once, as far as there is room.
fn adopt(findings: &mut Vec<Finding>, found: Vec<Finding>, parent: &str) {
    for Finding { twice, path } in found.into_iter().take(LISTED - findings.len().min(LISTED)) {
        let path = if path.is_empty() { parent.to_owned() } else { below(parent, &path) };
        let finding = Finding { twice, path };
        if !findings.contains(&finding) {
            findings.push(finding);
        }
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
    use super::super::body::manifest;
    use super::*;

    fn told(text: &str) -> Vec<String> {
        let of = schema::of("apps", "v1", "Deployment").unwrap();
        let media = if text.starts_with('{') { "application/json" } else { "application/yaml" };
        manifest(media, text.as_bytes(), Some(of)).unwrap().told()
    }

    #[test]
    fn everything_odd_is_told_in_its_order() {
        let text = r#"{"metadata":{"labels":{"a":"1","a":"2"}},"spec":{"zz":1,"aa":2,"aa":{"b":1,"b":2},"paused":true,
            "paused":false,"template":{"spec":{"containers":[{"name":"c","nam":1,"image":"x","image":"y","image":"z"}]}}},
            "odd":{"x":1,"x":2}}"#;
        let expected = [
            r#"duplicate field "metadata.labels.a""#,
            r#"unknown field "spec.zz""#,
            r#"unknown field "spec.aa""#,
            r#"duplicate field "spec.paused""#,
            r#"unknown field "spec.template.spec.containers[0].nam""#,
            r#"duplicate field "spec.template.spec.containers[0].image""#,
            r#"unknown field "odd""#,
        ];
        assert_eq!(told(text), expected);
        let yaml = "spec:\n  replicas: 1\n  odd: 1\n  odd: 2\n  replicas: 2\n1: x\n";
        let expected =
            [r#"duplicate field "spec.replicas""#, r#"unknown field "1""#, r#"unknown field "spec.odd""#];
        assert_eq!(told(yaml), expected);
        assert_eq!(
            refusal("v1", "Pod", &told("{\"a\":1}")).message,
            r#"Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "a""#
        );
    }

    #[test]
    fn the_last_of_a_key_counts_and_without_a_type_all_keys_are_known() {
        let read = manifest("application/json", br#"{"a":1,"b":[{"c":1,"c":2}],"a":2}"#, None).unwrap();
        assert_eq!(read.value, serde_json::json!({"a": 2, "b": [{"c": 2}]}));
        assert_eq!(read.told(), [r#"duplicate field "b[0].c""#, r#"duplicate field "a""#]);
        let patch =
            manifest("application/json", br#"[{"op":"add","op":"add","path":"/a","foo":1}]"#, None).unwrap();
        let expected = [r#"json patch unknown field "[0].foo""#, r#"json patch duplicate field "[0].op""#];
        assert_eq!(patch.told_of_operations(), expected);
    }

    #[test]
    fn a_long_name_full_of_oddities_is_no_burden() {
        let inner = (0..50_000).map(|i| format!("\"{i}\":1,\"{i}\":1")).collect::<Vec<_>>().join(",");
        let text = format!("{{\"{}\":{{{inner}}}}}", "x".repeat(1_000_000));
        assert_eq!(manifest("application/json", text.as_bytes(), None).unwrap().told().len(), LISTED);
    }
}
