//! Every field of every type of the API: what strict decoding, protobuf, server-side apply, strategic merge
//! and `OpenAPI` all read.
//!
//! The table is generated (`just schema`), kept as text, and read into memory when first asked for.

mod check;
mod describe;
mod read;
#[cfg(test)]
mod tests;

use crate::catalogue;
pub use check::check;
pub(crate) use check::check_part;
pub use describe::{Description, Descriptions};
use std::{ops::Deref, sync::LazyLock};

static TYPES: LazyLock<Vec<Type>> = LazyLock::new(|| read::types(include_str!("schema/table.txt")));

/// The type of a body: a kind in one of its versions, or what a request carries, such as `DeleteOptions`.
pub fn of(group: &str, version: &str, kind: &str) -> Option<&'static Type> {
    if kind == "DeleteOptions" {
        return named("meta.v1.DeleteOptions");
    }
    let package = if group.is_empty() { "core" } else { group.split('.').next().unwrap_or_default() };
    // Statuses and the like have no group of their own.
    let found = named(&format!("{package}.{version}.{kind}"))
        .or_else(|| named(&format!("meta.{version}.{kind}")).filter(|_| group.is_empty()));
    let compiled = found.filter(|found| {
        let spoken = match found.api_version.map(|v| v.split_once('/')) {
            Some(Some(spoken)) => spoken,
            Some(None) => ("", found.api_version.unwrap_or_default()),
            None => return false,
        };
        spoken == (group, version)
    });
    compiled.or_else(|| Some(catalogue::named(group, kind)?.custom?.form(version)?.of))
}

/// The type called `name`, such as `core.v1.PodSpec`.
pub fn named(name: &str) -> Option<&'static Type> {
    TYPES.binary_search_by(|t| t.name.cmp(name)).ok().map(|index| &TYPES[index])
}

/// Every type, by name.
pub fn types() -> &'static [Type] {
    &TYPES
}

/// A type of the API.
#[derive(Debug)]
pub struct Type {
    /// Package, version and name: `core.v1.PodSpec`.
    pub name: &'static str,
    /// The `apiVersion` its objects carry, when it stands for itself.
    pub api_version: Option<&'static str>,
    /// The fields JSON has, by name.
    fields: Box<[Field]>,
    /// Messages whose fields JSON has one level higher, each with its number.
    inlined: Box<[(u16, TypeRef)]>,
    atomic: bool,
    /// It may have other fields besides.
    open: bool,
    /// A definition made it.
    custom: bool,
}

impl Type {
    /// A type that a definition makes.
    pub(crate) fn defined(
        name: &'static str,
        api_version: Option<&'static str>,
        mut fields: Vec<Field>,
        atomic: bool,
        open: bool,
    ) -> Self {
        fields.sort_by_key(|field| field.name);
        Self { name, api_version, fields: fields.into(), inlined: Box::default(), atomic, open, custom: true }
    }

    /// Whether a definition made it.
    pub(crate) fn is_defined(&self) -> bool {
        self.custom
    }

    /// Whether it may have other fields than those that are known.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// The fields JSON has, by name.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The field called `name`.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.binary_search_by(|f| f.name.cmp(name)).ok().map(|index| &self.fields[index])
    }

    /// Messages that protobuf has for some of the fields, each with its number.
    pub fn inlined(&self) -> impl Iterator<Item = (u16, &'static Type)> {
        self.inlined.iter().map(|(number, inner)| (*number, inner.get()))
    }

    /// Whether its values are written as a whole, wherever they stand.
    pub fn is_atomic(&self) -> bool {
        self.atomic
    }

    /// The kind, without package and version: `PodSpec`.
    pub fn kind(&self) -> &'static str {
        self.name.rsplit('.').next().unwrap_or_default()
    }

    /// What `OpenAPI` calls it: `io.k8s.api.core.v1.PodSpec`.
    pub fn definition(&self) -> String {
        let prefix = match self.name.split('.').next() {
            _ if self.custom => return self.name.to_owned(),
            Some("apiextensions") => "io.k8s.apiextensions-apiserver.pkg.apis.",
            Some("meta") => "io.k8s.apimachinery.pkg.apis.",
            Some("metrics") => "io.k8s.metrics.pkg.apis.",
            _ => "io.k8s.api.",
        };
        format!("{prefix}{}", self.name)
    }
}

/// A type that another one names.
#[derive(Debug, Clone, Copy)]
pub struct TypeRef(At);

#[derive(Debug, Clone, Copy)]
enum At {
    /// A place in the table.
    Table(u16),
    /// One that a definition made.
    Defined(&'static Type),
}

impl TypeRef {
    /// The type at a place of the table.
    pub(crate) const fn listed(at: u16) -> Self {
        Self(At::Table(at))
    }

    /// A type that a definition made.
    pub(crate) const fn defined(of: &'static Type) -> Self {
        Self(At::Defined(of))
    }

    /// The type itself.
    pub fn get(self) -> &'static Type {
        match self.0 {
            At::Table(at) => &TYPES[usize::from(at)],
            At::Defined(of) => of,
        }
    }
}

impl PartialEq for TypeRef {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.get(), other.get())
    }
}

impl Eq for TypeRef {}

impl Deref for TypeRef {
    type Target = Type;

    fn deref(&self) -> &Type {
        self.get()
    }
}

/// A field of a type.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its name in JSON.
    pub name: &'static str,
    /// Its number in protobuf; 0 when it has none, or stands in an inlined message.
    pub number: u16,
    /// What its value looks like.
    pub shape: Shape,
    /// Must be there.
    pub required: bool,
    /// Its zero is something else than its absence.
    pub pointer: bool,
    rules: &'static str,
}

impl Field {
    /// A field of a type that a definition makes; `rules` are in the table's language.
    pub(crate) fn defined(name: &'static str, shape: Shape, required: bool, rules: &'static str) -> Self {
        Self { name, number: 0, shape, required, pointer: true, rules }
    }

    fn rule(&self, name: &str) -> Option<&'static str> {
        self.rules.split(' ').find_map(|rule| rule.strip_prefix(name)?.strip_prefix('='))
    }

    /// How server-side apply merges its value.
    pub fn merge(&self) -> Merge {
        let says = |word: &str| self.rules.split(' ').any(|rule| rule == word);
        let atomic = match &self.shape {
            Shape::List(_) => true,
            Shape::Object(inner) => inner.atomic,
            _ => false,
        };
        match self.rule("keys") {
            Some(keys) => Merge::Keys(Keys(keys)),
            None if says("set") => Merge::Set,
            None if atomic || says("atomic") => Merge::Atomic,
            None => Merge::Granular,
        }
    }

    /// How a strategic merge patch merges its value.
    pub fn patch(&self) -> Patch {
        let (strategy, key) = match self.rule("patch") {
            None => return Patch::default(),
            Some(rule) => rule.split_once(':').map_or((rule, None), |(strategy, key)| (strategy, Some(key))),
        };
        let says = |word: &str| strategy.split(',').any(|s| s == word);
        Patch { strategy: Some(strategy), merge: says("merge"), retain_keys: says("retainKeys"), key }
    }

    /// Its value, as JSON, when it is left out.
    pub fn default(&self) -> Option<&'static str> {
        self.rule("default")
    }
}

/// What a value looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Shape {
    String,
    Int32,
    Int64,
    Number,
    Bool,
    /// Base64 in JSON.
    Bytes,
    /// A moment to the second.
    Time,
    /// A moment to the microsecond.
    MicroTime,
    /// `1m30s`.
    Duration,
    Quantity,
    IntOrString,
    /// Any JSON.
    Any,
    /// Which fields somebody manages.
    Fields,
    /// A part of a JSON schema that is not always an object.
    Schema(Or),
    Object(TypeRef),
    List(&'static Shape),
    /// By names.
    Map(&'static Shape),
}

/// The parts of a JSON schema that are not always objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Or {
    /// Any JSON.
    Value,
    /// A schema, or whether there may be anything.
    Bool,
    /// A schema, or several.
    List,
    /// A schema, or names.
    Texts,
}

impl Or {
    /// As Kubernetes calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Value => "JSON",
            Self::Bool => "JSONSchemaPropsOrBool",
            Self::List => "JSONSchemaPropsOrArray",
            Self::Texts => "JSONSchemaPropsOrStringArray",
        }
    }

    /// The type of a schema.
    pub fn of() -> Option<&'static Type> {
        named("apiextensions.v1.JSONSchemaProps")
    }
}

/// How server-side apply merges a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Merge {
    /// Field by field, entry by entry; a plain value by itself.
    Granular,
    /// As a whole.
    Atomic,
    /// A list of plain values, each at most once.
    Set,
    /// A list of objects, of which no two have the same values in these fields.
    Keys(Keys),
}

/// The fields that tell the items of a list apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keys(&'static str);

impl Keys {
    /// One after the other.
    pub fn iter(self) -> impl Iterator<Item = &'static str> {
        self.0.split(',')
    }
}

/// How a strategic merge patch merges a value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Patch {
    /// As the type has it: `merge,retainKeys`.
    pub strategy: Option<&'static str>,
    /// The lists are merged; otherwise the new one replaces the old.
    pub merge: bool,
    /// Fields that the patch's `$retainKeys` does not name go.
    pub retain_keys: bool,
    /// What tells the items of a list of objects apart.
    pub key: Option<&'static str>,
}
