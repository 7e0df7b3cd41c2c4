//! What an expression can be about: types, and the fields that objects have.

use shared_api::schema::{self, Shape};
use std::{fmt, sync::Arc};

/// A type. What is not known is `Dyn`, which fits everywhere.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs)]
pub enum Type {
    #[default]
    Dyn,
    Null,
    Bool,
    Int,
    Uint,
    Double,
    String,
    Bytes,
    Timestamp,
    Duration,
    Type,
    List(Arc<Type>),
    Map(Arc<Type>, Arc<Type>),
    Optional(Arc<Type>),
    /// An object whose fields are known.
    Object(Arc<dyn Fields>),
    /// A type of Kubernetes' own, such as `kubernetes.Quantity`.
    Opaque(&'static str),
    /// Whatever it turns out to be, the same throughout a signature.
    Param(u8),
}

/// The fields of an object.
pub trait Fields: fmt::Debug + Send + Sync {
    /// What the type is called in errors.
    fn name(&self) -> &str;
    /// The type of a field, by the name it has in expressions.
    fn field(&self, name: &str) -> Option<Type>;
    /// The name in JSON of the field that expressions call `name`.
    fn json_name(&self, name: &str) -> String {
        name.to_owned()
    }
}

impl Type {
    /// A list of these.
    #[must_use]
    pub fn list(self) -> Self {
        Self::List(Arc::new(self))
    }

    /// Values of this type under names.
    #[must_use]
    pub fn map(self) -> Self {
        Self::Map(Arc::new(Self::String), Arc::new(self))
    }

    /// One of these, or nothing.
    #[must_use]
    pub fn optional(self) -> Self {
        Self::Optional(Arc::new(self))
    }

    /// An object with these fields.
    pub fn object(name: impl Into<String>, fields: impl IntoIterator<Item = (String, Self)>) -> Self {
        Self::Object(Arc::new(Listed { name: name.into(), fields: fields.into_iter().collect() }))
    }

    /// The type of a kind or of one of its parts, as the API's own table has it.
    pub fn of(of: &'static schema::Type) -> Self {
        Self::Object(Arc::new(Known(of)))
    }

    /// Whether a value of this type may be what an expression of type `wanted` gives.
    pub fn fits(&self, wanted: &Self) -> bool {
        fits(wanted, self, &mut [const { None }; 3])
    }

    pub(crate) fn is_dyn(&self) -> bool {
        matches!(self, Self::Dyn)
    }
}

/// Whether `got` may stand where `wanted` is; what parameters stand for is settled on the way.
pub(crate) fn fits(wanted: &Type, got: &Type, bound: &mut [Option<Type>; 3]) -> bool {
    match (wanted, got) {
        (Type::Param(n), got) => {
            let place = &mut bound[usize::from(*n)];
            match place.clone() {
                None => {
                    *place = Some(got.clone());
                    true
                }
                Some(known) if known.is_dyn() => {
                    *place = Some(got.clone());
                    true
                }
                Some(known) => {
                    fits(&known, got, &mut [const { None }; 3]) || fits(got, &known, &mut [const { None }; 3])
                }
            }
        }
        (Type::List(a), Type::List(b)) | (Type::Optional(a), Type::Optional(b)) => fits(a, b, bound),
        (Type::Map(k, v), Type::Map(l, w)) => fits(k, l, bound) && fits(v, w, bound),
        (Type::Dyn, _) | (_, Type::Dyn) => true,
        (Type::Null, other) | (other, Type::Null) => matches!(other, Type::Null) || may_be_null(other),
        (Type::Object(a), Type::Object(b)) => a.name() == b.name(),
        (Type::Opaque(a), Type::Opaque(b)) => a == b,
        (a, b) => std::mem::discriminant(a) == std::mem::discriminant(b),
    }
}

/// What may be absent may be null.
fn may_be_null(of: &Type) -> bool {
    matches!(of, Type::Timestamp | Type::Duration | Type::Object(_) | Type::Opaque(_) | Type::Optional(_))
}

/// The type with what its parameters stand for put in.
pub(crate) fn filled(of: &Type, bound: &[Option<Type>; 3]) -> Type {
    match of {
        Type::Param(n) => bound[usize::from(*n)].clone().unwrap_or_default(),
        Type::List(item) => filled(item, bound).list(),
        Type::Optional(item) => filled(item, bound).optional(),
        Type::Map(key, value) => Type::Map(Arc::new(filled(key, bound)), Arc::new(filled(value, bound))),
        other => other.clone(),
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Dyn => "dyn",
            Self::Null => "null",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Uint => "uint",
            Self::Double => "double",
            Self::String => "string",
            Self::Bytes => "bytes",
            Self::Timestamp => "timestamp",
            Self::Duration => "duration",
            Self::Type => "type",
            Self::List(item) => return write!(f, "list({item})"),
            Self::Map(key, value) => return write!(f, "map({key}, {value})"),
            Self::Optional(item) => return write!(f, "optional_type({item})"),
            Self::Object(fields) => fields.name(),
            Self::Opaque(name) => name,
            Self::Param(n) => ["A", "B", "C"][usize::from(*n).min(2)],
        };
        f.write_str(name)
    }
}

/// Fields one by one.
#[derive(Debug)]
struct Listed {
    name: String,
    fields: Vec<(String, Type)>,
}

impl Fields for Listed {
    fn name(&self) -> &str {
        &self.name
    }

    fn field(&self, name: &str) -> Option<Type> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, of)| of.clone())
    }
}

/// Fields of a type of the API.
#[derive(Debug)]
struct Known(&'static schema::Type);

impl Fields for Known {
    fn name(&self) -> &str {
        self.0.name
    }

    fn field(&self, name: &str) -> Option<Type> {
        match (name, self.0.api_version) {
            ("apiVersion" | "kind", Some(_)) => Some(Type::String),
            _ => match self.0.field(name) {
                Some(field) => Some(shaped(&field.shape)),
                None => self.0.is_open().then_some(Type::Dyn),
            },
        }
    }
}

fn shaped(shape: &Shape) -> Type {
    match shape {
        Shape::String | Shape::Quantity => Type::String,
        Shape::Int32 | Shape::Int64 => Type::Int,
        Shape::Number => Type::Double,
        Shape::Bool => Type::Bool,
        Shape::Bytes => Type::Bytes,
        Shape::Time | Shape::MicroTime => Type::Timestamp,
        Shape::Duration => Type::Duration,
        Shape::IntOrString | Shape::Any | Shape::Fields | Shape::Schema(_) => Type::Dyn,
        Shape::Object(of) => Type::of(of.get()),
        Shape::List(item) => shaped(item).list(),
        Shape::Map(value) => shaped(value).map(),
    }
}
