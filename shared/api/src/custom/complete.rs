//! What is filled in: the defaults of fields that are left out, or null where that is no value.

use super::schema::{Additional, Schema};
use serde_json::{Map, Value};

impl Schema {
    /// Fills in the defaults of an object's fields, and of what is below them.
    pub(super) fn complete(&self, fields: &mut Map<String, Value>) {
        for (name, schema) in &self.properties {
            let there = fields.get(name);
            let nothing = there.is_none_or(|value| value.is_null() && !schema.nullable);
            match &schema.default {
                Some(default) if nothing => drop(fields.insert(name.clone(), default.clone())),
                // Null says the same as nothing.
                None if nothing && there.is_some() => drop(fields.remove(name)),
                Some(_) | None => {}
            }
        }
        if let Some(Additional::Schema(of)) = &self.additional {
            for (_, value) in fields.iter_mut().filter(|(name, _)| !self.properties.contains_key(*name)) {
                of.stand_in(value);
            }
            let gone = |name: &String, value: &Value| {
                value.is_null() && !of.nullable && !self.properties.contains_key(name)
            };
            fields.retain(|name, value| !gone(name, value));
        }
        for (name, value) in fields.iter_mut() {
            if let Some(schema) = self.field(name) {
                schema.complete_value(value);
            }
        }
    }

    fn complete_value(&self, value: &mut Value) {
        match value {
            Value::Object(fields) => self.complete(fields),
            Value::Array(items) => {
                let Some(of) = &self.items else { return };
                for item in items {
                    of.stand_in(item);
                    of.complete_value(item);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn stand_in(&self, value: &mut Value) {
        if value.is_null()
            && !self.nullable
            && let Some(default) = &self.default
        {
            *value = default.clone();
        }
    }
}
