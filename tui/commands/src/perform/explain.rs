//! `explain`: what a kind is, and what its fields are for.

use super::{Out, say};
use crate::{Error, Exit, action::Explain};
use serde_json::Value;
use shared_api::schema::{self, Descriptions, Field, Shape, Type};

pub(super) fn explain(asked: &Explain, out: Out<'_>) -> Result<Exit, Error> {
    let text = tell(asked)?;
    say(out, &text)?;
    Ok(Exit::Done)
}

/// Whether the kind that is meant is compiled in, or was heard of.
pub(super) fn is_known(asked: &Explain) -> bool {
    shared_api::find(asked.path.split('.').next().unwrap_or_default()).is_some()
}

fn tell(asked: &Explain) -> Result<String, Error> {
    let mut words = asked.path.split('.');
    let word = words.next().unwrap_or_default();
    let kind = shared_api::find(word).ok_or_else(|| {
        Error::Usage(format!("couldn't find resource for {word:?}: the cluster has no such kind"))
    })?;
    let version = match &asked.api_version {
        None => kind.api_version,
        Some(wanted) => shared_api::serving(wanted, kind.kind)
            .map(|served| served.api_version())
            .ok_or_else(|| Error::Usage(format!("{} is not served in {wanted}", kind.kind)))?,
    };
    let (group, number) = version.split_once('/').unwrap_or(("", version));
    let root = schema::of(group, number, kind.kind);
    let root =
        root.ok_or_else(|| Error::Usage(format!("nothing is known of the fields of {}", kind.kind)))?;
    let all = Descriptions::unpack();
    // What a definition says of its kind stands in its own schema.
    let own = kind.custom.map(|custom| custom.open_api(number));
    let mut text = String::new();
    if !group.is_empty() {
        text.push_str(&format!("GROUP:      {group}\n"));
    }
    text.push_str(&format!("KIND:       {}\nVERSION:    {number}\n\n", kind.kind));
    let mut words_own = own.as_ref();
    let said = words_own.map_or_else(|| all.of(root.name).text(), described);
    let (mut here, mut field, mut said) = (Some(root), None::<&Field>, said);
    for name in words {
        let inside = here.ok_or_else(|| no_field(name))?;
        let found = inside.field(name).ok_or_else(|| no_field(name))?;
        words_own = words_own.and_then(|schema| below(schema).get("properties")?.get(name));
        said = words_own.map_or_else(|| all.of(inside.name).field(name).unwrap_or_default(), described);
        (field, here) = (Some(found), inner(&found.shape));
    }
    if let Some(field) = field {
        text.push_str(&format!("FIELD: {} <{}>{}\n\n", field.name, shape(&field.shape), required(field)));
    }
    text.push_str("DESCRIPTION:\n");
    paragraph(&mut text, &said, 4);
    if let Some(inside) = here {
        if field.is_some() && own.is_none() {
            paragraph(&mut text, &all.of(inside.name).text(), 4);
        }
        text.push_str("\nFIELDS:\n");
        if asked.recursive {
            tree(&mut text, inside, 2, &mut vec![inside.name]);
        } else {
            let own = words_own.map(below);
            let of = all.of(inside.name);
            list(&mut text, inside, &|name| match own {
                Some(schema) => schema["properties"].get(name).map(described),
                None => of.field(name),
            });
        }
    }
    Ok(text)
}

fn no_field(name: &str) -> Error {
    Error::Usage(format!("field {name:?} does not exist"))
}

fn inner(shape: &Shape) -> Option<&'static Type> {
    match shape {
        Shape::Object(inner) => Some(inner.get()),
        Shape::List(item) | Shape::Map(item) => inner(item),
        _ => None,
    }
}

fn required(field: &Field) -> &'static str {
    if field.required { " -required-" } else { "" }
}

/// As kubectl names it: `[]Container`, `map[string]string`.
fn shape(shape_of: &Shape) -> String {
    match shape_of {
        Shape::String
        | Shape::Quantity
        | Shape::IntOrString
        | Shape::Bytes
        | Shape::Time
        | Shape::MicroTime
        | Shape::Duration => "string".into(),
        Shape::Int32 | Shape::Int64 => "integer".into(),
        Shape::Number => "number".into(),
        Shape::Bool => "boolean".into(),
        Shape::Any | Shape::Fields | Shape::Schema(_) => "Object".into(),
        Shape::Object(inner) => inner.get().kind().into(),
        Shape::List(item) => format!("[]{}", shape(item)),
        Shape::Map(item) => format!("map[string]{}", shape(item)),
    }
}

/// What a schema says its values are for.
fn described(schema: &Value) -> String {
    schema["description"].as_str().unwrap_or_default().to_owned()
}

/// The schema of the objects in a value, however they are gathered.
fn below(schema: &Value) -> &Value {
    let inner = ["items", "additionalProperties"].into_iter().find(|word| schema[*word].is_object());
    inner.map_or(schema, |word| below(&schema[word]))
}

fn list(text: &mut String, of: &Type, said: &dyn Fn(&str) -> Option<String>) {
    for field in of.fields() {
        text.push_str(&format!("  {}\t<{}>{}\n", field.name, shape(&field.shape), required(field)));
        paragraph(text, &said(field.name).unwrap_or_default(), 4);
        text.push('\n');
    }
}

/// Every field below, each type once on the way down: some hold themselves.
fn tree(text: &mut String, of: &Type, indent: usize, above: &mut Vec<&'static str>) {
    for field in of.fields() {
        let space = " ".repeat(indent);
        text.push_str(&format!("{space}{}\t<{}>{}\n", field.name, shape(&field.shape), required(field)));
        if let Some(inside) = inner(&field.shape).filter(|t| !above.contains(&t.name)) {
            above.push(inside.name);
            tree(text, inside, indent + 2, above);
            above.pop();
        }
    }
}

/// Words in lines of at most 80, each so far in.
fn paragraph(text: &mut String, words: &str, indent: usize) {
    let space = " ".repeat(indent);
    for line in words.lines() {
        let mut row = String::new();
        for word in line.split_whitespace() {
            if !row.is_empty() && indent + row.chars().count() + 1 + word.chars().count() > 80 {
                text.push_str(&format!("{space}{row}\n"));
                row.clear();
            }
            if !row.is_empty() {
                row.push(' ');
            }
            row.push_str(word);
        }
        text.push_str(format!("{space}{row}").trim_end());
        text.push('\n');
    }
    if words.is_empty() {
        text.push_str(&format!("{space}<empty>\n"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, recursive: bool) -> Result<String, Error> {
        tell(&Explain { path: path.into(), recursive, api_version: None })
    }

    #[test]
    fn kinds_and_fields_are_explained() {
        let web = check("deployments", false).unwrap();
        assert!(
            web.starts_with("GROUP:      apps\nKIND:       Deployment\nVERSION:    v1\n\nDESCRIPTION:\n"),
            "{web}"
        );
        assert!(web.contains("  spec\t<DeploymentSpec>\n"), "{web}");
        let containers = check("pod.spec.containers", false).unwrap();
        assert!(containers.contains("FIELD: containers <[]Container> -required-"), "{containers}");
        assert!(containers.contains("  image\t<string>"), "{containers}");
        assert!(check("pod.spec", true).unwrap().contains("    image\t<string>"));
        assert!(check("pod.spec.nonsense", false).unwrap_err().to_string().contains("does not exist"));
        assert!(check("pod.spec.nodeName.x", false).is_err());
        assert!(check("gadgets", false).is_err());
    }
}
