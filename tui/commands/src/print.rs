//! Objects as text: tables, whole, or told in words. Pure.

pub(crate) mod columns;
mod describe;
pub(crate) mod table;
pub mod template;

pub(crate) use table::{align, marked_table};

use crate::{Error, Output};
use serde_json::{Value, json};
use shared_api::{GroupKind, Object, Refusal, of, yaml};

pub use describe::describe;
pub use table::{Style, cells, headings, table};

/// Objects whole, as `-o` asks: one alone as itself, `many` as a List.
pub fn whole(objects: &[Object], many: bool, output: &Output) -> Result<String, Error> {
    if *output == Output::Name {
        return Ok(objects.iter().flat_map(|o| [name(o), "\n".into()]).collect());
    }
    let value = match objects {
        [one] if !many => tidy(one.value()),
        _ => json!({
            "apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""},
            "items": objects.iter().map(|o| tidy(o.value())).collect::<Vec<_>>(),
        }),
    };
    match output {
        Output::Json => {
            let text = serde_json::to_string_pretty(&value).map_err(Refusal::internal)?;
            Ok(text + "\n")
        }
        Output::Yaml => {
            let text = yaml::to_string(&value)?;
            let apart = if many { "" } else { "---\n" };
            Ok(if text.starts_with(apart) && !apart.is_empty() { text[apart.len()..].into() } else { text })
        }
        Output::JsonPath(template) => shared_api::jsonpath::render(template, &value).map_err(Error::Usage),
        Output::GoTemplate(text) => template::render(text, &value)
            .map_err(|why| Error::Usage(format!("error executing template {text:?}: {why}"))),
        Output::Columns(columns) => {
            let values: Vec<_> = objects.iter().map(Object::bare_value).collect();
            columns::lines(columns, &values, true).map(|lines| align(&lines)).map_err(Error::Usage)
        }
        Output::Wide | Output::Name => Ok(String::new()),
    }
}

/// `deployment.apps/web`.
pub fn name(object: &Object) -> String {
    let GroupKind { group, kind } = object.group_kind();
    let kind = of(&group, &kind).map_or(kind.to_lowercase(), |k| k.kind.to_lowercase());
    let group = if group.is_empty() { String::new() } else { format!(".{group}") };
    format!("{kind}{group}/{}", object.name())
}

/// Bookkeeping that hides the object.
fn tidy(mut value: Value) -> Value {
    if let Some(metadata) = value["metadata"].as_object_mut() {
        metadata.remove("managedFields");
    }
    value
}
