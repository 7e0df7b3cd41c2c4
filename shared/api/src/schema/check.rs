//! Whether JSON is what its type says, told as Kubernetes tells it: which fields the type does not have, and
//! where a value is none of its shape.

use super::{Field, Or, Shape, Type};
use crate::{Amount, Timestamp, custom};
use base64::{DecodeError, Engine, prelude::BASE64_STANDARD};
use serde_json::{Map, Value};

/// More unknown fields than these are not listed; upstream stops there too.
const LISTED: usize = 100;

/// Compares `value` with its type. Returns the paths of the fields the type does not have, such as
/// `spec.containers[0].imag`, or what is wrong with the first value that is none of its shape.
///
/// What may be written in two ways is left in one: a null in a list or a map stands for the empty value, and a
/// field whose zero is its absence is taken out.
pub fn check(of: &Type, value: &mut Value) -> Result<Vec<String>, String> {
    let Value::Object(fields) = value else {
        return Err(format!(
            "json: cannot unmarshal {} into Go value of type {}",
            sort(value),
            go_struct(of)
        ));
    };
    if let Some(form) = custom::form_of(of) {
        let mut copy = fields.clone();
        return Ok(form.unknown(&mut copy));
    }
    let mut walk = Walk { unknown: Vec::new() };
    walk.object(of, fields, None)?;
    Ok(walk.unknown)
}

/// The same for what stands alone under `name`, the only field of `whole`.
pub(crate) fn check_part(name: &str, of: &Type, whole: &mut Value) -> Result<Vec<String>, String> {
    let mut walk = Walk { unknown: Vec::new() };
    let place = Place { step: Step::Field(name), owner: of, parent: None };
    match whole.get_mut(name) {
        Some(Value::Object(fields)) => walk.object(of, fields, Some(&place))?,
        Some(value) => return Err(place.mismatch(sort(value), &Shape::Any)),
        None => {}
    }
    Ok(walk.unknown)
}

/// A place within the object: what it is called there, and what it stands in.
#[derive(Clone, Copy)]
struct Place<'a> {
    step: Step<'a>,
    /// The type that has the field.
    owner: &'a Type,
    parent: Option<&'a Place<'a>>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Field(&'a str),
    Index(usize),
    Key(&'a str),
}

impl Place<'_> {
    /// `spec.containers[0].name`.
    fn path(&self) -> String {
        let parent = self.parent.map(Self::path);
        match (parent, self.step) {
            (Some(parent), Step::Index(index)) => format!("{parent}[{index}]"),
            (Some(parent), Step::Field(name) | Step::Key(name)) => format!("{parent}.{name}"),
            (None, Step::Index(index)) => format!("[{index}]"),
            (None, Step::Field(name) | Step::Key(name)) => name.to_owned(),
        }
    }

    /// `spec.containers.name`, as Go's decoder has it.
    fn fields(&self) -> String {
        let parent = self.parent.map(Self::fields);
        match (parent, self.step) {
            (Some(parent), Step::Field(name)) => format!("{parent}.{name}"),
            (Some(parent), _) => parent,
            (None, Step::Field(name)) => name.to_owned(),
            (None, _) => String::new(),
        }
    }

    /// The value is of another sort than its shape.
    fn mismatch(&self, found: &str, shape: &Shape) -> String {
        let (owner, fields) = (self.owner.kind(), self.fields());
        format!("json: cannot unmarshal {found} into Go struct field {owner}.{fields} of type {}", go(shape))
    }
}

struct Walk {
    unknown: Vec<String>,
}

impl Walk {
    fn object(
        &mut self,
        of: &Type,
        fields: &mut Map<String, Value>,
        parent: Option<&Place<'_>>,
    ) -> Result<(), String> {
        let mut fine = Ok(());
        fields.retain(|name, value| {
            let place = Place { step: Step::Field(name), owner: of, parent };
            match of.field(name) {
                None if self.unknown.len() < LISTED => self.unknown.push(place.path()),
                Some(field) if fine.is_ok() && !value.is_null() => {
                    fine = self.value(&field.shape, value, &place);
                    return !is_absent(field, value);
                }
                None | Some(_) => {}
            }
            true
        });
        fine?;
        // An object within another one is what its field says, whatever it calls itself.
        if parent.is_some() && of.api_version.is_some() {
            fields.retain(|name, _| !matches!(name.as_str(), "apiVersion" | "kind"));
        }
        // A time that is left out has no zero to stand for it; every other value has.
        let timeless = |field: &&Field| {
            let time = field.required && matches!(field.shape, Shape::Time | Shape::MicroTime);
            time && fields.get(field.name).is_none_or(Value::is_null)
        };
        match of.fields().iter().find(timeless) {
            None => Ok(()),
            Some(field) => {
                let place = Place { step: Step::Field(field.name), owner: of, parent };
                Err(format!("{}: Required value", place.path()))
            }
        }
    }

    fn value(&mut self, shape: &Shape, value: &mut Value, place: &Place<'_>) -> Result<(), String> {
        let inner = |step| Place { step, owner: place.owner, parent: Some(place) };
        match (shape, &mut *value) {
            (Shape::Any | Shape::Fields | Shape::Schema(Or::Value), _)
            | (Shape::String | Shape::IntOrString | Shape::Duration, Value::String(_))
            | (Shape::Bool | Shape::Schema(Or::Bool), Value::Bool(_))
            | (Shape::Number | Shape::Quantity, Value::Number(_)) => Ok(()),
            (Shape::Schema(_), Value::Object(fields)) => self.schema(fields, place),
            (Shape::Schema(Or::List), Value::Array(items)) => {
                for (index, item) in items.iter_mut().enumerate() {
                    let place = inner(Step::Index(index));
                    match item {
                        Value::Object(fields) => self.schema(fields, &place)?,
                        other => return Err(place.mismatch(sort(other), shape)),
                    }
                }
                Ok(())
            }
            (Shape::Schema(Or::Texts), Value::Array(items)) => match items.iter().find(|i| !i.is_string()) {
                Some(item) => Err(place.mismatch(sort(item), &Shape::String)),
                None => Ok(()),
            },
            (Shape::Object(of), Value::Object(fields)) => self.object(of.get(), fields, Some(place)),
            (Shape::List(item), Value::Array(items)) => {
                for (index, found) in items.iter_mut().enumerate() {
                    fill(item, found);
                    self.value(item, found, &inner(Step::Index(index)))?;
                }
                Ok(())
            }
            (Shape::Map(item), Value::Object(entries)) => {
                for (key, found) in entries.iter_mut() {
                    fill(item, found);
                    self.value(item, found, &inner(Step::Key(key)))?;
                }
                Ok(())
            }
            (Shape::Int32 | Shape::Int64 | Shape::IntOrString, Value::Number(number)) => {
                let whole = number.as_i64();
                let fits = *shape == Shape::Int64 || whole.is_some_and(|n| i32::try_from(n).is_ok());
                if whole.is_some() && fits {
                    return Ok(());
                }
                Err(place.mismatch(&format!("number {number}"), shape))
            }
            (Shape::Quantity, Value::String(text)) => Amount::parse(text).map(drop).map_err(|_| {
                let pattern = "^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$";
                format!("{}: quantities must match the regular expression '{pattern}'", place.path())
            }),
            (Shape::Time, Value::String(text)) => moment(text, "2006-01-02T15:04:05Z07:00", place),
            (Shape::MicroTime, Value::String(text)) => {
                moment(text, "2006-01-02T15:04:05.000000Z07:00", place)
            }
            (Shape::Bytes, Value::String(text)) => bytes(text, place),
            (shape, value) => Err(place.mismatch(sort(value), shape)),
        }
    }
}

impl Walk {
    /// A schema where it might be something else: upstream looks for no unknown fields there.
    fn schema(&mut self, fields: &mut Map<String, Value>, place: &Place<'_>) -> Result<(), String> {
        let known = self.unknown.len();
        let checked = Or::of().map_or(Ok(()), |of| self.object(of, fields, Some(place)));
        self.unknown.truncate(known);
        checked
    }
}

/// Whether the value is a zero that stands for the field's absence.
fn is_absent(field: &Field, value: &Value) -> bool {
    let zero = match (&field.shape, value) {
        (Shape::String | Shape::Bytes, Value::String(text)) => text.is_empty(),
        (Shape::Int32 | Shape::Int64 | Shape::Number, number) => number.as_f64() == Some(0.0),
        (Shape::Bool, Value::Bool(yes)) => !yes,
        (Shape::List(_), Value::Array(items)) => items.is_empty(),
        (Shape::Map(_), Value::Object(entries)) => entries.is_empty(),
        _ => false,
    };
    zero && !field.pointer && !field.required
}

/// A null that is an item stands for the empty value.
fn fill(shape: &Shape, value: &mut Value) {
    if value.is_null() {
        *value = match shape {
            Shape::String | Shape::Bytes => "".into(),
            Shape::Quantity => "0".into(),
            Shape::Int32 | Shape::Int64 | Shape::Number | Shape::IntOrString => 0.into(),
            Shape::Bool => false.into(),
            Shape::Object(_) | Shape::Map(_) => Map::new().into(),
            Shape::List(_) => Vec::<Value>::new().into(),
            Shape::Time
            | Shape::MicroTime
            | Shape::Duration
            | Shape::Any
            | Shape::Fields
            | Shape::Schema(_) => Value::Null,
        };
    }
}

fn moment(text: &str, format: &str, place: &Place<'_>) -> Result<(), String> {
    let shown: String = text.chars().take(64).collect();
    let wrong = |_| format!("{}: parsing time {shown:?} as {format:?}: it is no such time", place.path());
    text.parse::<Timestamp>().map(drop).map_err(wrong)
}

fn bytes(text: &mut String, place: &Place<'_>) -> Result<(), String> {
    // Lines may be broken anywhere.
    text.retain(|c| !matches!(c, '\r' | '\n'));
    BASE64_STANDARD.decode(&*text).map(drop).map_err(|error| {
        let at = match error {
            DecodeError::InvalidByte(at, _) | DecodeError::InvalidLastSymbol(at, _) => at,
            DecodeError::InvalidLength(_) | DecodeError::InvalidPadding => text.len(),
        };
        format!("{}: illegal base64 data at input byte {at}", place.path())
    })
}

/// What Go calls a value of JSON.
fn sort(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// What Go calls a type: `v1.PodSpec`.
fn go_struct(of: &Type) -> &'static str {
    of.name.split_once('.').map_or(of.name, |(_, name)| name)
}

fn go(shape: &Shape) -> String {
    match shape {
        Shape::String => "string".into(),
        Shape::Int32 => "int32".into(),
        Shape::Int64 => "int64".into(),
        Shape::Number => "float64".into(),
        Shape::Bool => "bool".into(),
        Shape::Bytes => "[]uint8".into(),
        Shape::Time => "v1.Time".into(),
        Shape::MicroTime => "v1.MicroTime".into(),
        Shape::Duration => "v1.Duration".into(),
        Shape::Quantity => "resource.Quantity".into(),
        Shape::IntOrString => "intstr.IntOrString".into(),
        Shape::Any => "runtime.RawExtension".into(),
        Shape::Fields => "v1.FieldsV1".into(),
        Shape::Schema(or) => format!("v1.{}", or.name()),
        Shape::Object(of) => go_struct(of.get()).into(),
        Shape::List(item) => format!("[]{}", go(item)),
        Shape::Map(item) => format!("map[string]{}", go(item)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema;
    use serde_json::json;

    fn checked(kind: &str, mut value: Value) -> Result<Vec<String>, String> {
        let group = if matches!(kind, "Deployment") { "apps" } else { "" };
        check(schema::of(group, "v1", kind).unwrap(), &mut value)
    }

    #[test]
    fn what_the_type_does_not_have_is_listed() {
        let pod = json!({"Kind": "Pod", "spec": {"Containers": [], "containers": [{"name": "a", "imag": "b"}],
            "nodeSelector": {"any": "key"}}});
        assert_eq!(checked("Pod", pod).unwrap(), ["Kind", "spec.Containers", "spec.containers[0].imag"]);
        let many: Map<String, Value> = (0..1000).map(|n| (n.to_string(), Value::Null)).collect();
        assert_eq!(checked("Pod", many.into()).unwrap().len(), LISTED);
    }

    #[test]
    fn values_of_another_shape_are_refused_in_kubernetes_words() {
        let struct_field = |rest: &str| format!("json: cannot unmarshal {rest}");
        for (kind, value, expected) in [
            (
                "Deployment",
                json!({"spec": {"replicas": "2"}}),
                struct_field("string into Go struct field DeploymentSpec.spec.replicas of type int32"),
            ),
            (
                "Deployment",
                json!({"spec": {"replicas": 2.5}}),
                struct_field("number 2.5 into Go struct field DeploymentSpec.spec.replicas of type int32"),
            ),
            (
                "Deployment",
                json!({"spec": {"replicas": 3_000_000_000_u32}}),
                struct_field("number 3000000000 into Go struct field DeploymentSpec.spec.replicas of type int32"),
            ),
            (
                "Deployment",
                json!({"spec": {"template": {"spec": {"containers": [{"image": 1}]}}}}),
                struct_field(
                    "number into Go struct field Container.spec.template.spec.containers.image of type string",
                ),
            ),
            (
                "Pod",
                json!({"metadata": {"labels": {"a": true}}}),
                struct_field("bool into Go struct field ObjectMeta.metadata.labels of type string"),
            ),
            (
                "Pod",
                json!({"spec": {"containers": "none"}}),
                struct_field("string into Go struct field PodSpec.spec.containers of type []v1.Container"),
            ),
            (
                "Pod",
                json!({"spec": [], "metadata": {}}),
                struct_field("array into Go struct field Pod.spec of type v1.PodSpec"),
            ),
            ("Pod", json!([]), struct_field("array into Go value of type v1.Pod")),
            (
                "Service",
                json!({"spec": {"ports": [{"targetPort": true}]}}),
                struct_field(
                    "bool into Go struct field ServicePort.spec.ports.targetPort of type intstr.IntOrString",
                ),
            ),
            (
                "Secret",
                json!({"data": {"a": "!"}}),
                "data.a: illegal base64 data at input byte 0".to_owned(),
            ),
            (
                "Pod",
                json!({"metadata": {"creationTimestamp": "now"}}),
                "metadata.creationTimestamp: parsing time \"now\" as \"2006-01-02T15:04:05Z07:00\": it is no such time"
                    .to_owned(),
            ),
            (
                "Pod",
                json!({"spec": {"containers": [{"resources": {"limits": {"cpu": "lots"}}}]}}),
                "spec.containers[0].resources.limits.cpu: quantities must match the regular expression \
                 '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
                    .to_owned(),
            ),
        ] {
            assert_eq!(checked(kind, value), Err(expected));
        }
    }

    #[test]
    fn what_may_be_written_in_two_ways_is_left_in_one() {
        let mut pod = json!({"metadata": null, "spec": {"containers": [null, {"args": ["a", null],
            "resources": {"limits": {"cpu": 1, "memory": null}}}], "nodeName": null}});
        assert_eq!(check(schema::of("", "v1", "Pod").unwrap(), &mut pod), Ok(Vec::new()));
        let expected = json!({"metadata": null, "spec": {"containers": [{}, {"args": ["a", ""],
            "resources": {"limits": {"cpu": 1, "memory": "0"}}}], "nodeName": null}});
        assert_eq!(pod, expected);
        let mut zeros = json!({"metadata": {"labels": {}, "finalizers": [], "generation": 0}, "spec": {
            "hostNetwork": false, "nodeName": "", "automountServiceAccountToken": false, "securityContext": {},
            "containers": [], "priority": 0}});
        assert_eq!(check(schema::of("", "v1", "Pod").unwrap(), &mut zeros), Ok(Vec::new()));
        let kept = json!({"metadata": {}, "spec": {"automountServiceAccountToken": false, "securityContext": {},
            "containers": [], "priority": 0}});
        assert_eq!(zeros, kept);
        let mut secret = json!({"data": {"a": "QUJ\nDRA=="}});
        assert_eq!(check(schema::of("", "v1", "Secret").unwrap(), &mut secret), Ok(Vec::new()));
        assert_eq!(secret["data"]["a"], "QUJDRA==");
    }
}
