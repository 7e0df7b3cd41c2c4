//! What definitions are called, and which ones another one names.

use shared_api::{
    Served,
    schema::{self, Shape, Type},
};
use std::collections::BTreeMap;

/// What has a definition of its own.
#[derive(Debug, Clone, Copy)]
pub(super) enum Definition {
    /// A type of the table.
    Type(&'static Type),
    /// A kind that the cluster defines, in a version.
    Defined(Served),
    /// A list of such.
    DefinedList(Served),
    /// A value that is no object in JSON, such as a `Quantity`.
    Value(Shape),
    /// The body of a patch, in whatever language.
    Patch,
}

impl Definition {
    /// What stands in a value of this shape; `None` when that is plain.
    pub(super) fn of(shape: &Shape) -> Option<Self> {
        match shape {
            Shape::Object(inner) => Some(Self::Type(inner.get())),
            Shape::List(inner) | Shape::Map(inner) => Self::of(inner),
            Shape::Time
            | Shape::MicroTime
            | Shape::Duration
            | Shape::Quantity
            | Shape::IntOrString
            | Shape::Any
            | Shape::Schema(_)
            | Shape::Fields => Some(Self::Value(*shape)),
            Shape::String | Shape::Int32 | Shape::Int64 | Shape::Number | Shape::Bool | Shape::Bytes => None,
        }
    }

    /// `io.k8s.api.core.v1.PodSpec`.
    pub(super) fn name(&self) -> String {
        let machinery = "io.k8s.apimachinery.pkg.";
        let name = match self {
            Self::Type(of) => return of.definition(),
            Self::Defined(served) => return defined(*served, served.kind.kind),
            Self::DefinedList(served) => return defined(*served, &served.kind.list_kind()),
            Self::Patch => "apis.meta.v1.Patch",
            Self::Value(Shape::MicroTime) => "apis.meta.v1.MicroTime",
            Self::Value(Shape::Duration) => "apis.meta.v1.Duration",
            Self::Value(Shape::Fields) => "apis.meta.v1.FieldsV1",
            Self::Value(Shape::Quantity) => "api.resource.Quantity",
            Self::Value(Shape::IntOrString) => "util.intstr.IntOrString",
            Self::Value(Shape::Schema(or)) => {
                return format!("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.{}", or.name());
            }
            Self::Value(Shape::Any) => "runtime.RawExtension",
            Self::Value(_) => "apis.meta.v1.Time",
        };
        format!("{machinery}{name}")
    }
}

/// `com.example.stable.v1.CronTab`.
fn defined(served: Served, kind: &str) -> String {
    let domain: Vec<_> = served.group().rsplit('.').collect();
    format!("{}.{}.{kind}", domain.join("."), served.version())
}

/// `roots` and everything they consist of, by name.
pub(super) fn closure(roots: impl IntoIterator<Item = Definition>) -> BTreeMap<String, Definition> {
    let mut found = BTreeMap::new();
    let mut open: Vec<Definition> = roots.into_iter().collect();
    while let Some(next) = open.pop() {
        if found.insert(next.name(), next).is_some() {
            continue;
        }
        match next {
            Definition::Type(of) => {
                open.extend(of.fields().iter().filter_map(|field| Definition::of(&field.shape)));
            }
            Definition::Defined(_) => open.extend(schema::named("meta.v1.ObjectMeta").map(Definition::Type)),
            Definition::DefinedList(served) => {
                open.push(Definition::Defined(served));
                open.extend(schema::named("meta.v1.ListMeta").map(Definition::Type));
            }
            Definition::Value(_) | Definition::Patch => {}
        }
    }
    found
}
