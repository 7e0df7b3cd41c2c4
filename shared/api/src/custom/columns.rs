//! What tables show of a defined kind: `additionalPrinterColumns`.

use super::leak;
use crate::{Heading, Timestamp, ago, jsonpath};
use serde_json::Value;

/// One column of a table.
#[derive(Debug)]
pub struct Column {
    /// Its heading.
    pub name: &'static str,
    /// What its cells are: `string`, `integer`, `number`, `boolean`, `date`.
    pub sort: &'static str,
    /// How a number or a text is meant.
    pub format: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// Zero: always shown.
    pub priority: i64,
    path: String,
}

const CREATED: &str = "CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata";

/// The columns that a definition asks for; the age when it asks for none.
pub(super) fn read(json: &Value) -> Vec<Column> {
    let text = |column: &Value, field: &str| column[field].as_str().map_or("", leak);
    let column = |column: &Value| Column {
        name: text(column, "name"),
        sort: text(column, "type"),
        format: text(column, "format"),
        description: text(column, "description"),
        priority: column["priority"].as_i64().unwrap_or(0),
        path: format!("{{{}}}", column["jsonPath"].as_str().unwrap_or_default()),
    };
    let found: Vec<_> = json.as_array().into_iter().flatten().map(column).collect();
    if !found.is_empty() {
        return found;
    }
    let path = "{.metadata.creationTimestamp}".into();
    vec![Column { name: "Age", sort: "date", format: "", description: CREATED, priority: 0, path }]
}

impl Column {
    pub(super) fn heading(&self) -> Heading {
        Heading { name: self.name, wide: self.priority > 0, integer: self.sort == "integer" }
    }

    /// What the column shows of an object; null when there is nothing that it could show.
    pub fn cell(&self, object: &Value, now: Timestamp) -> Value {
        let Ok(found) = jsonpath::find(&self.path, object) else { return Value::Null };
        let Some(value) = found.first().filter(|value| !value.is_null()) else { return Value::Null };
        let is = |fits: bool| if fits { (*value).clone() } else { Value::Null };
        match self.sort {
            "integer" => value.as_f64().map_or(Value::Null, |_| whole(value)),
            "number" => is(value.is_number()),
            "boolean" => is(value.is_boolean()),
            "date" => match value.as_str().map(str::parse::<Timestamp>) {
                Some(Ok(moment)) => ago(moment, now).into(),
                Some(Err(_)) => "<invalid>".into(),
                None => Value::Null,
            },
            _ => jsonpath::show(value).into(),
        }
    }
}

#[allow(clippy::cast_possible_truncation, reason = "a column of whole numbers shows the whole part")]
fn whole(number: &Value) -> Value {
    number.as_i64().map_or_else(|| number.as_f64().map_or(Value::Null, |n| (n as i64).into()), Value::from)
}
