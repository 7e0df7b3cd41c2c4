//! A schema as it is used: read once from the JSON of a definition.

use super::limits::Limit;
use serde_json::Value;
use std::collections::BTreeMap;

/// What a value may be.
#[derive(Debug, Default)]
pub(super) struct Schema {
    /// What sort of value it is; anything when nothing is said.
    pub(super) sort: Option<Sort>,
    pub(super) nullable: bool,
    pub(super) int_or_string: bool,
    /// Fields it does not have are kept.
    pub(super) preserves: bool,
    /// It is an object with a head of its own.
    pub(super) embedded: bool,
    pub(super) properties: BTreeMap<String, Schema>,
    /// What every other field is.
    pub(super) additional: Option<Additional>,
    pub(super) items: Option<Box<Schema>>,
    pub(super) required: Vec<String>,
    pub(super) default: Option<Value>,
    pub(super) lists: Lists,
    /// A map or a struct that is written as a whole.
    pub(super) atomic: bool,
    pub(super) limits: Vec<Limit>,
    pub(super) all_of: Vec<Schema>,
    pub(super) any_of: Vec<Schema>,
    pub(super) one_of: Vec<Schema>,
    pub(super) not: Option<Box<Schema>>,
}

/// The sorts of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Object,
    Array,
    String,
    Integer,
    Number,
    Boolean,
}

/// What the fields are that have no schema of their own.
#[derive(Debug)]
pub(super) enum Additional {
    Anything,
    Schema(Box<Schema>),
}

/// What tells the items of a list apart.
#[derive(Debug, Default)]
pub(super) enum Lists {
    /// Nothing: it is written as a whole.
    #[default]
    Atomic,
    /// Their value.
    Set,
    /// These of their fields.
    Map(Vec<String>),
}

impl Sort {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Object => "object",
            Self::Array => "array",
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
        }
    }

    pub(super) fn parse(word: &str) -> Option<Self> {
        let all = [Self::Object, Self::Array, Self::String, Self::Integer, Self::Number, Self::Boolean];
        all.into_iter().find(|sort| sort.name() == word)
    }
}

impl Schema {
    /// The schema that JSON says. What makes no sense is not there: definitions were checked before.
    pub(super) fn read(json: &Value) -> Self {
        let says = |word: &str| json[word] == true;
        let below = |word: &str| -> Vec<Self> {
            json[word].as_array().into_iter().flatten().map(Self::read).collect()
        };
        let words = |word: &str| -> Vec<String> {
            let list = json[word].as_array().into_iter().flatten();
            list.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let one = |word: &str| json[word].is_object().then(|| Box::new(Self::read(&json[word])));
        let properties = json["properties"].as_object().into_iter().flatten();
        Self {
            sort: json["type"].as_str().and_then(Sort::parse),
            nullable: says("nullable"),
            int_or_string: says("x-kubernetes-int-or-string"),
            preserves: says("x-kubernetes-preserve-unknown-fields"),
            embedded: says("x-kubernetes-embedded-resource"),
            properties: properties.map(|(name, schema)| (name.clone(), Self::read(schema))).collect(),
            additional: match &json["additionalProperties"] {
                Value::Bool(true) => Some(Additional::Anything),
                Value::Object(_) => one("additionalProperties").map(Additional::Schema),
                _ => None,
            },
            items: one("items"),
            required: words("required"),
            default: Some(&json["default"]).filter(|default| !default.is_null()).cloned(),
            lists: match json["x-kubernetes-list-type"].as_str() {
                Some("set") => Lists::Set,
                Some("map") => Lists::Map(words("x-kubernetes-list-map-keys")),
                _ => Lists::Atomic,
            },
            atomic: json["x-kubernetes-map-type"] == "atomic",
            limits: Limit::all(json),
            all_of: below("allOf"),
            any_of: below("anyOf"),
            one_of: below("oneOf"),
            not: one("not"),
        }
    }

    /// The schema of a field.
    pub(super) fn field(&self, name: &str) -> Option<&Self> {
        self.properties.get(name).or(match &self.additional {
            Some(Additional::Schema(schema)) => Some(schema),
            Some(Additional::Anything) | None => None,
        })
    }
}
