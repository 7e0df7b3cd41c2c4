//! What is kept of an object: the fields its schema has.

use super::{
    form::HEAD,
    schema::{Additional, Schema},
};
use crate::schema;
use serde_json::{Map, Value};

/// More fields than these are not listed; upstream stops there too.
const LISTED: usize = 100;

impl Schema {
    /// Takes from an object what the schema does not have; tells the paths of what it took.
    pub(super) fn prune(&self, fields: &mut Map<String, Value>) -> Vec<String> {
        let mut taken = Vec::new();
        map(Some(self), true, fields, "", &mut taken);
        taken
    }

    /// The same of an object within another one, which has no head.
    pub(super) fn prune_part(&self, fields: &mut Map<String, Value>) -> Vec<String> {
        let mut taken = Vec::new();
        map(Some(self), false, fields, "", &mut taken);
        taken
    }
}

fn map(
    of: Option<&Schema>,
    whole: bool,
    fields: &mut Map<String, Value>,
    path: &str,
    taken: &mut Vec<String>,
) {
    let head = |name: &str| (whole || of.is_some_and(|of| of.embedded)) && HEAD.contains(&name);
    fields.retain(|name, inner| {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        let Some(of) = of.filter(|_| !head(name)) else {
            if head(name) {
                // The head of the whole is looked at where it is read.
                if let ("metadata", false, Value::Object(meta)) = (name.as_str(), whole, inner) {
                    metadata(meta, &path, taken);
                }
                return true;
            }
            note(taken, path);
            return false;
        };
        if let Some(schema) = of.field(name) {
            value(Some(schema), inner, &path, taken);
            return true;
        }
        if of.preserves {
            return true;
        }
        if matches!(of.additional, Some(Additional::Anything)) {
            value(None, inner, &path, taken);
            return true;
        }
        note(taken, path);
        false
    });
}

/// The metadata of an object within another one.
fn metadata(fields: &mut Map<String, Value>, path: &str, taken: &mut Vec<String>) {
    let Some(of) = schema::named("meta.v1.ObjectMeta") else { return };
    fields.retain(|name, _| {
        let known = of.field(name).is_some();
        if !known {
            note(taken, format!("{path}.{name}"));
        }
        known
    });
}

fn value(of: Option<&Schema>, found: &mut Value, path: &str, taken: &mut Vec<String>) {
    match found {
        Value::Object(fields) => map(of, false, fields, path, taken),
        Value::Array(items) => {
            let keeps = of.is_some_and(|of| of.preserves && of.items.is_none());
            let below = of.and_then(|of| of.items.as_deref());
            for (index, item) in items.iter_mut().enumerate().filter(|_| !keeps) {
                value(below, item, &format!("{path}[{index}]"), taken);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn note(taken: &mut Vec<String>, path: String) {
    if taken.len() < LISTED {
        taken.push(path);
    }
}
