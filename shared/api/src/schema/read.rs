//! The table's text, made types.

use super::{Field, Or, Shape, Type, TypeRef};
use std::collections::BTreeMap;

/// A type as a block of lines: its head, and those of its fields.
type Block<'a> = (&'static str, Vec<&'a str>);

/// The types of a text that was generated, and is therefore right.
pub(super) fn types(text: &'static str) -> Vec<Type> {
    let mut blocks: Vec<Block<'static>> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        match (line.strip_prefix(' '), blocks.last_mut()) {
            (Some(field), Some((_, fields))) => fields.push(field),
            _ => blocks.push((line, Vec::new())),
        }
    }
    blocks.sort_by_key(|(head, _)| head.split(' ').next());
    let names = blocks.iter().zip(0..).map(|((head, _), index)| (first(head), index)).collect();
    let parsed: Vec<Parsed> = blocks.iter().map(|(_, lines)| parse(lines, &names)).collect();
    let made = blocks.iter().zip(0..).map(|((head, _), index)| {
        let mut words = head.split(' ').skip(1);
        let api_version = words.clone().find_map(|word| word.strip_prefix("kind="));
        let mut fields = flat(&parsed, index, true);
        if api_version.is_some() {
            fields.extend(["apiVersion", "kind"].map(word));
        }
        fields.sort_by_key(|field| field.name);
        Type {
            name: first(head),
            api_version,
            fields: fields.into(),
            inlined: parsed[usize::from(index)]
                .inlined
                .iter()
                .map(|(n, of)| (*n, TypeRef::listed(*of)))
                .collect(),
            atomic: words.any(|word| word == "atomic"),
            open: false,
            custom: false,
        }
    });
    made.collect()
}

struct Parsed {
    fields: Vec<Field>,
    inlined: Vec<(u16, u16)>,
}

fn first(line: &str) -> &str {
    line.split(' ').next().unwrap_or_default()
}

/// What every object says about itself. Protobuf has it outside of the message.
fn word(name: &'static str) -> Field {
    Field { name, number: 0, shape: Shape::String, required: false, pointer: false, rules: "" }
}

fn parse(lines: &[&'static str], names: &BTreeMap<&str, u16>) -> Parsed {
    let mut parsed = Parsed { fields: Vec::new(), inlined: Vec::new() };
    for line in lines {
        let mut words = line.splitn(4, ' ');
        let number = words.next().and_then(|n| n.parse().ok()).expect("a field's line starts with a number");
        let flagged = words.next().expect("a field has a name");
        let wanted = words.next().expect("a field has a shape");
        if flagged == "~" {
            parsed.inlined.push((number, names[wanted]));
            continue;
        }
        let name = flagged.trim_end_matches(['!', '*']);
        let (required, pointer) = (flagged.contains('!'), flagged.contains('*'));
        let rules = words.next().unwrap_or_default();
        parsed.fields.push(Field { name, number, shape: shape(wanted, names), required, pointer, rules });
    }
    parsed
}

/// The fields of a type and of what it inlines; those have no number of their own here.
fn flat(parsed: &[Parsed], of: u16, outer: bool) -> Vec<Field> {
    let parsed_type = &parsed[usize::from(of)];
    let mut fields = parsed_type.fields.clone();
    if !outer {
        for field in &mut fields {
            field.number = 0;
        }
    }
    for (_, inner) in &parsed_type.inlined {
        fields.extend(flat(parsed, *inner, false));
    }
    fields
}

fn shape(text: &str, names: &BTreeMap<&str, u16>) -> Shape {
    let inner = |text: &str| -> &'static Shape { Box::leak(Box::new(shape(text, names))) };
    if let Some(item) = text.strip_prefix("[]") {
        return Shape::List(inner(item));
    }
    if let Some(entry) = text.strip_prefix("{}") {
        return Shape::Map(inner(entry));
    }
    match text {
        "string" => Shape::String,
        "int32" => Shape::Int32,
        "int64" => Shape::Int64,
        "number" => Shape::Number,
        "bool" => Shape::Bool,
        "bytes" => Shape::Bytes,
        "Time" => Shape::Time,
        "MicroTime" => Shape::MicroTime,
        "Duration" => Shape::Duration,
        "Quantity" => Shape::Quantity,
        "IntOrString" => Shape::IntOrString,
        "JSON" => Shape::Any,
        "SchemaValue" => Shape::Schema(Or::Value),
        "SchemaOrBool" => Shape::Schema(Or::Bool),
        "SchemaOrList" => Shape::Schema(Or::List),
        "SchemaOrTexts" => Shape::Schema(Or::Texts),
        "Fields" => Shape::Fields,
        name => Shape::Object(TypeRef::listed(
            *names.get(name).unwrap_or_else(|| panic!("the table has no {name}")),
        )),
    }
}
