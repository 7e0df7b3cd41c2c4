//! A schema as a type: what strict reading and server-side apply see of it.

use super::{
    leak,
    schema::{Additional, Lists, Schema, Sort},
};
use crate::schema::{self, Field, Shape, Type, TypeRef};

/// The type of a kind's objects in a version.
pub(super) fn of(group: &str, version: &str, kind: &str, schema: &'static Schema) -> &'static Type {
    // As documents name it: the group's domain backwards.
    let domain: Vec<_> = group.rsplit('.').collect();
    let name = format!("{}.{version}.{kind}", domain.join("."));
    let mut fields = fields(&name, schema);
    fields.retain(|field| !super::form::HEAD.contains(&field.name));
    fields.extend(head());
    let api_version = leak(&format!("{group}/{version}"));
    Box::leak(Box::new(Type::defined(
        leak(&name),
        Some(api_version),
        fields,
        schema.atomic,
        schema.preserves,
    )))
}

/// What every object says about itself.
fn head() -> impl Iterator<Item = Field> {
    let words = ["apiVersion", "kind"].map(|name| Field::defined(name, Shape::String, false, ""));
    let meta = schema::named("meta.v1.ObjectMeta").map(|of| Shape::Object(TypeRef::defined(of)));
    words.into_iter().chain(meta.map(|shape| Field::defined("metadata", shape, false, "")))
}

fn fields(within: &str, schema: &'static Schema) -> Vec<Field> {
    let field = |(name, schema): (&'static String, &'static Schema)| {
        let required = false;
        Field::defined(name, shape(&format!("{within}.{name}"), schema), required, rules(schema))
    };
    schema.properties.iter().map(field).collect()
}

/// How the value of a field merges and what it is when it is left out, in the table's language.
fn rules(schema: &Schema) -> &'static str {
    let merge = match &schema.lists {
        _ if schema.atomic => "atomic".to_owned(),
        Lists::Set => "set".to_owned(),
        Lists::Map(keys) => format!("keys={}", keys.join(",")),
        Lists::Atomic => String::new(),
    };
    // A default with a blank in it could not be read back, and only keys are read.
    let default = schema.default.as_ref().map(ToString::to_string).filter(|text| !text.contains(' '));
    let default = default.map(|text| format!("default={text}"));
    leak([Some(merge), default].into_iter().flatten().collect::<Vec<_>>().join(" ").trim())
}

fn shape(name: &str, schema: &'static Schema) -> Shape {
    if schema.int_or_string {
        return Shape::IntOrString;
    }
    match schema.sort {
        Some(Sort::String) => Shape::String,
        Some(Sort::Integer) => Shape::Int64,
        Some(Sort::Number) => Shape::Number,
        Some(Sort::Boolean) => Shape::Bool,
        Some(Sort::Array) => match &schema.items {
            Some(items) => Shape::List(keep(shape(name, items))),
            None => Shape::List(keep(Shape::Any)),
        },
        Some(Sort::Object) => object(name, schema),
        None => Shape::Any,
    }
}

fn object(name: &str, schema: &'static Schema) -> Shape {
    match &schema.additional {
        Some(Additional::Schema(entry)) => return Shape::Map(keep(shape(name, entry))),
        Some(Additional::Anything) => return Shape::Map(keep(Shape::Any)),
        None if schema.properties.is_empty() && schema.preserves && !schema.embedded && !schema.atomic => {
            return Shape::Any;
        }
        None => {}
    }
    let mut fields = fields(name, schema);
    if schema.embedded {
        fields.retain(|field| !super::form::HEAD.contains(&field.name));
        fields.extend(head());
    }
    let of = Type::defined(leak(name), None, fields, schema.atomic, schema.preserves);
    Shape::Object(TypeRef::defined(Box::leak(Box::new(of))))
}

fn keep(shape: Shape) -> &'static Shape {
    Box::leak(Box::new(shape))
}
