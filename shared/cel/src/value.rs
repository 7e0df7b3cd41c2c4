//! Values: what variables hold and expressions give. JSON is read where it lies, as far as an expression looks.

mod json;
mod same;

pub(crate) use same::{compare, equal};

use crate::{authorizer::Check, types::Type};
use jiff::Timestamp;
use serde_json::Value as Json;
use shared_api::Amount;
use std::{collections::BTreeMap, fmt, net::IpAddr, ops::Deref, rc::Rc};

/// A value. What it borrows is borrowed from the JSON it was read from.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub enum Value<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    String(Text<'a>),
    Bytes(Rc<[u8]>),
    List(List<'a>),
    Map(Map<'a>),
    Timestamp(Timestamp),
    /// In nanoseconds.
    Duration(i64),
    /// A type, by its name.
    Type(Rc<str>),
    Optional(Option<Rc<Value<'a>>>),
    Quantity(Amount),
    Ip(IpAddr),
    Cidr(IpAddr, u8),
    Url(Rc<http::Uri>),
    /// A rule for texts that has a name, such as `dns1123Label`.
    Format(&'static str),
    Semver(Rc<crate::functions::Semver>),
    /// A question to the authorizer, as far as it was put.
    Check(Rc<Check<'a>>),
}

/// Kubernetes' own types: as the table of functions calls them, and as errors do.
pub(crate) const OPAQUE: &[(&str, &str)] = &[
    ("quantity", "kubernetes.Quantity"),
    ("ip", "net.IP"),
    ("cidr", "net.CIDR"),
    ("url", "kubernetes.URL"),
    ("format", "kubernetes.NamedFormat"),
    ("semver", "kubernetes.Semver"),
    ("authorizer", "kubernetes.authorization.Authorizer"),
    ("pathcheck", "kubernetes.authorization.PathCheck"),
    ("groupcheck", "kubernetes.authorization.GroupCheck"),
    ("resourcecheck", "kubernetes.authorization.ResourceCheck"),
    ("decision", "kubernetes.authorization.Decision"),
];

/// A text.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub enum Text<'a> {
    Lent(&'a str),
    Own(Rc<str>),
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Lent(text) => text,
            Self::Own(text) => text,
        }
    }
}

/// A list.
#[derive(Debug, Clone)]
pub enum List<'a> {
    /// As it is in JSON, of items of a type.
    Json(&'a [Json], Type),
    /// Made by an expression.
    Own(Rc<[Value<'a>]>),
}

/// A map, or an object.
#[derive(Debug, Clone)]
pub enum Map<'a> {
    /// As it is in JSON, of a type.
    Json(&'a serde_json::Map<String, Json>, Type),
    /// Made by an expression.
    Own(Rc<BTreeMap<MapKey, Value<'a>>>),
}

/// What a map's entries are called.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum MapKey {
    Bool(bool),
    /// Both kinds of whole numbers.
    Int(i128),
    String(Rc<str>),
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::String(Text::Lent(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::String(Text::Own(text.into()))
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl<'a> From<Vec<Value<'a>>> for Value<'a> {
    fn from(items: Vec<Value<'a>>) -> Self {
        Self::List(List::Own(items.into()))
    }
}

impl<'a> Value<'a> {
    /// JSON as it is, of no known type.
    pub fn json(value: &'a Json) -> Self {
        json::read(value, &Type::Dyn)
    }

    /// JSON as a value of a type: a text that is a moment becomes one.
    pub fn typed(value: &'a Json, of: &Type) -> Self {
        json::read(value, of)
    }

    /// As JSON.
    pub fn to_json(&self) -> Json {
        json::write(self)
    }

    /// The text it is.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn size(length: usize) -> Self {
        Self::Int(i64::try_from(length).unwrap_or(i64::MAX))
    }

    pub(crate) fn some(value: Self) -> Self {
        Self::Optional(Some(Rc::new(value)))
    }

    pub(crate) fn key(&self) -> Option<MapKey> {
        Some(match self {
            Self::Bool(value) => MapKey::Bool(*value),
            Self::Int(value) => MapKey::Int((*value).into()),
            Self::Uint(value) => MapKey::Int((*value).into()),
            Self::String(text) => MapKey::String((&**text).into()),
            #[allow(clippy::cast_possible_truncation)]
            Self::Double(value) if value.fract() == 0.0 && value.abs() < 1e18 => MapKey::Int(*value as i128),
            _ => return None,
        })
    }

    /// Whether it may stand where such a type is wanted.
    pub(crate) fn is(&self, of: &Type) -> bool {
        match (of, self) {
            (Type::Dyn | Type::Param(_), _)
            | (Type::Null, Self::Null)
            | (Type::Bool, Self::Bool(_))
            | (Type::Int, Self::Int(_))
            | (Type::Uint, Self::Uint(_))
            | (Type::Double, Self::Double(_))
            | (Type::String, Self::String(_))
            | (Type::Bytes, Self::Bytes(_))
            | (Type::Timestamp, Self::Timestamp(_))
            | (Type::Duration, Self::Duration(_))
            | (Type::Type, Self::Type(_))
            | (Type::List(_), Self::List(_))
            | (Type::Map(..) | Type::Object(_), Self::Map(_))
            | (Type::Optional(_), Self::Optional(_)) => true,
            (Type::Opaque(name), value) => value.type_name() == *name,
            _ => false,
        }
    }

    /// The name of its type.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null_type",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Uint(_) => "uint",
            Self::Double(_) => "double",
            Self::String(_) => "string",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Timestamp(_) => "google.protobuf.Timestamp",
            Self::Duration(_) => "google.protobuf.Duration",
            Self::Type(_) => "type",
            Self::Optional(_) => "optional_type",
            Self::Quantity(_) => "kubernetes.Quantity",
            Self::Ip(_) => "net.IP",
            Self::Cidr(..) => "net.CIDR",
            Self::Url(_) => "kubernetes.URL",
            Self::Format(_) => "kubernetes.NamedFormat",
            Self::Semver(_) => "kubernetes.Semver",
            Self::Check(check) => check.type_name(),
        }
    }
}

impl<'a> List<'a> {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Json(items, _) => items.len(),
            Self::Own(items) => items.len(),
        }
    }

    pub(crate) fn get(&self, index: usize) -> Option<Value<'a>> {
        match self {
            Self::Json(items, of) => items.get(index).map(|item| json::read(item, of)),
            Self::Own(items) => items.get(index).cloned(),
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Value<'a>> + '_ {
        (0..self.len()).filter_map(|index| self.get(index))
    }
}

impl<'a> Map<'a> {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Json(entries, _) => entries.len(),
            Self::Own(entries) => entries.len(),
        }
    }

    pub(crate) fn get(&self, key: &MapKey) -> Option<Value<'a>> {
        match (self, key) {
            (Self::Json(..), MapKey::String(name)) => self.field(name),
            (Self::Json(..), _) => None,
            (Self::Own(entries), key) => entries.get(key).cloned(),
        }
    }

    pub(crate) fn field(&self, name: &str) -> Option<Value<'a>> {
        match self {
            Self::Own(entries) => entries.get(&MapKey::String(name.into())).cloned(),
            Self::Json(entries, Type::Object(fields)) => {
                let of = fields.field(name)?;
                entries.get(&fields.json_name(name)).map(|value| json::read(value, &of))
            }
            Self::Json(entries, Type::Map(_, of)) => entries.get(name).map(|value| json::read(value, of)),
            Self::Json(entries, _) => entries.get(name).map(|value| json::read(value, &Type::Dyn)),
        }
    }

    pub(crate) fn keys(&self) -> Vec<MapKey> {
        match self {
            Self::Json(entries, _) => entries.keys().map(|key| MapKey::String(key.as_str().into())).collect(),
            Self::Own(entries) => entries.keys().cloned().collect(),
        }
    }
}

impl MapKey {
    pub(crate) fn value<'a>(&self) -> Value<'a> {
        match self {
            Self::Bool(value) => Value::Bool(*value),
            Self::Int(value) => match (i64::try_from(*value), u64::try_from(*value)) {
                (Ok(value), _) => Value::Int(value),
                (_, Ok(value)) => Value::Uint(value),
                _ => Value::Null,
            },
            Self::String(text) => Value::String(Text::Own(Rc::clone(text))),
        }
    }
}

impl fmt::Display for MapKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::String(text) => f.write_str(text),
        }
    }
}

/// The type of the values or items below a type.
pub(crate) fn below(of: &Type) -> Type {
    match of {
        Type::List(item) => Type::clone(item),
        Type::Optional(item) => below(item),
        _ => Type::Dyn,
    }
}
