//! What a defined kind knows of its objects.

use super::{Definition, Form, draft::Custom};
use crate::{Draft, Heading, Object, Refusal, Timestamp, draft::Decoded, jsonpath, rules::Rules};
use serde_json::Value;

/// The rules of a definition.
#[derive(Debug)]
pub(super) struct Defined(pub(super) &'static Definition);

impl Defined {
    fn form(&self, version: &str) -> &'static Form {
        self.0.form(version).unwrap_or(self.0.stored())
    }
}

impl Rules for Defined {
    fn decode(&self, value: Value, written: &str) -> Result<Decoded, Refusal> {
        Custom::decode(self.0, value, written)
    }

    fn draft(&self, object: &Object) -> Result<Box<dyn Draft>, serde_json::Error> {
        Ok(Box::new(Custom::stored(self.0, object)))
    }

    fn headings(&self, version: &str) -> Vec<Heading> {
        self.form(version).columns.iter().map(super::Column::heading).collect()
    }

    fn row(&self, object: &Object, version: &str, now: Timestamp) -> Vec<String> {
        let value = object.bare_value();
        let text = |cell: Value| if cell.is_null() { String::new() } else { jsonpath::show(&cell) };
        self.form(version).columns.iter().map(|column| text(column.cell(&value, now))).collect()
    }

    fn field(&self, object: &Object, path: &str) -> Option<String> {
        if !self.fields().contains(&path) {
            return None;
        }
        let value = object.bare_value();
        let found = path.split('.').try_fold(&value, |value, step| value.get(step));
        Some(found.filter(|value| !value.is_null()).map(jsonpath::show).unwrap_or_default())
    }

    fn fields(&self) -> Vec<&'static str> {
        let mut all: Vec<_> = self.0.forms.iter().flat_map(|form| form.fields.iter().copied()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}
