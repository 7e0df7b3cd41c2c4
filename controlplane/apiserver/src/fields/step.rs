//! One step of a path into an object, as `FieldsV1` writes it: `f:spec`, `k:{"name":"web"}`, `v:"x"`.

use serde_json::{Map, Value};
use std::{cmp::Ordering, fmt};

/// One step of a path. The order is Kubernetes': fields, keys, values, places.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    /// A field of a struct or an entry of a map.
    Field(String),
    /// The item of a list that has these values in its key fields, sorted by field.
    Key(Vec<(String, Plain)>),
    /// This value in a set.
    Value(Plain),
    /// The item at this place of a list.
    Index(u64),
}

/// JSON that can be compared: numbers by size, before text, before the rest.
#[derive(Debug, Clone)]
pub(crate) struct Plain(pub(crate) Value);

impl Step {
    /// A field.
    pub(crate) fn field(name: &str) -> Self {
        Self::Field(name.to_owned())
    }

    /// Reads a step; `None` when it is none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (kind, rest) = text.split_once(':')?;
        match kind {
            "f" => Some(Self::field(rest)),
            "v" => serde_json::from_str(rest).ok().map(|value| Self::Value(Plain(value))),
            "i" => rest.parse().ok().map(Self::Index),
            "k" => {
                let fields: Map<String, Value> = serde_json::from_str(rest).ok()?;
                let fields = fields.into_iter().map(|(name, value)| (name, Plain(value)));
                let mut fields: Vec<_> = fields.collect();
                fields.sort();
                Some(Self::Key(fields))
            }
            _ => None,
        }
    }

    /// As `FieldsV1` has it.
    pub(crate) fn code(&self) -> String {
        match self {
            Self::Field(name) => format!("f:{name}"),
            Self::Value(value) => format!("v:{}", value.0),
            Self::Index(place) => format!("i:{place}"),
            Self::Key(fields) => {
                let fields = fields.iter().map(|(name, value)| (name.clone(), value.0.clone()));
                format!("k:{}", Value::Object(fields.collect()))
            }
        }
    }
}

/// As messages have it: `.spec`, `[name="web"]`, `[="x"]`, `[3]`.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(name) => write!(f, ".{name}"),
            Self::Value(value) => write!(f, "[={}]", value.0),
            Self::Index(place) => write!(f, "[{place}]"),
            Self::Key(fields) => {
                let fields: Vec<_> =
                    fields.iter().map(|(name, value)| format!("{name}={}", value.0)).collect();
                write!(f, "[{}]", fields.join(","))
            }
        }
    }
}

/// A path as messages have it: `.spec.containers[name="web"].image`.
pub(crate) fn path(steps: &[Step]) -> String {
    steps.iter().map(ToString::to_string).collect()
}

impl Plain {
    fn rank(&self) -> u8 {
        match self.0 {
            Value::Number(_) => 0,
            Value::String(_) => 1,
            Value::Bool(_) => 2,
            Value::Array(_) => 3,
            Value::Object(_) => 4,
            Value::Null => 5,
        }
    }
}

impl Ord for Plain {
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.0, &other.0) {
            (Value::String(one), Value::String(two)) => one.cmp(two),
            (Value::Bool(one), Value::Bool(two)) => one.cmp(two),
            (Value::Number(one), Value::Number(two)) => match (one.as_i64(), two.as_i64()) {
                (Some(one), Some(two)) => one.cmp(&two),
                _ => one.as_f64().unwrap_or(0.0).total_cmp(&two.as_f64().unwrap_or(0.0)),
            },
            (one, two) => self.rank().cmp(&other.rank()).then_with(|| one.to_string().cmp(&two.to_string())),
        }
    }
}

impl PartialOrd for Plain {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Plain {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Plain {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_read_written_and_shown() {
        for (code, shown) in [
            ("f:spec", ".spec"),
            ("f:a:b", ".a:b"),
            (r#"k:{"containerPort":80,"protocol":"TCP"}"#, r#"[containerPort=80,protocol="TCP"]"#),
            (r#"v:"x""#, r#"[="x"]"#),
            ("i:3", "[3]"),
        ] {
            let step = Step::parse(code).unwrap();
            assert_eq!((step.code(), step.to_string()), (code.into(), shown.into()));
        }
        for nonsense in ["", "spec", "k:x", "v:", "i:-1", "z:1", "k:[1]"] {
            assert_eq!(Step::parse(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn numbers_sort_by_size() {
        let port = |n: u16| Step::parse(&format!(r#"k:{{"port":{n}}}"#)).unwrap();
        assert!(port(80) < port(443) && Step::field("z") < port(1));
    }
}
