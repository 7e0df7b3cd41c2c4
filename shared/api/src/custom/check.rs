//! What is wrong with a value, in Kubernetes' words. What did not change since it was let through is not looked
//! at again: a definition that becomes stricter binds what is written from then on.

use super::schema::{Lists, Schema, Sort};
use crate::Invalid;
use serde_json::{Map, Value};

/// More findings than these are of no use to anybody.
const ENOUGH: usize = 100;

/// Where a value stands.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    step: Step<'a>,
    parent: Option<&'a Place<'a>>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Field(&'a str),
    Index(usize),
}

impl Place<'_> {
    /// `spec.containers[0].name`.
    pub(super) fn path(&self) -> String {
        let parent = self.parent.map(Self::path);
        match (parent, self.step) {
            (Some(parent), Step::Index(index)) => format!("{parent}[{index}]"),
            (Some(parent), Step::Field(name)) => format!("{parent}.{name}"),
            (None, Step::Index(index)) => format!("[{index}]"),
            (None, Step::Field(name)) => name.to_owned(),
        }
    }
}

fn path(place: Option<&Place<'_>>) -> String {
    place.map(Place::path).unwrap_or_default()
}

impl Schema {
    /// Records what is wrong with an object; `old` is what it replaces.
    pub(super) fn check(
        &self,
        fields: &Map<String, Value>,
        old: Option<&Map<String, Value>>,
        invalid: &mut Invalid,
    ) {
        self.fields(fields, old, None, invalid);
        self.composed(&Value::Object(fields.clone()), None, invalid);
    }

    /// Records what is wrong with a value at `path`.
    pub(super) fn check_part(&self, value: &Value, path: &str, invalid: &mut Invalid) {
        self.check_value(value, None, &Place { step: Step::Field(path), parent: None }, invalid);
    }

    fn check_value(&self, value: &Value, old: Option<&Value>, place: &Place<'_>, invalid: &mut Invalid) {
        if old == Some(value) || invalid.causes().len() >= ENOUGH {
            return;
        }
        if value.is_null() && self.nullable {
            return;
        }
        if !self.is_of_sort(value) {
            let (path, found) = (place.path(), sort_of(value));
            let why = format!("{path} in body must be of type {}: {found:?}", self.sorts());
            invalid.wrong_type(path, found, &why);
        }
        self.composed(value, Some(place), invalid);
        for limit in &self.limits {
            limit.check(value, place, invalid);
        }
        match value {
            Value::Object(fields) => {
                self.fields(fields, old.and_then(Value::as_object), Some(place), invalid);
                if self.embedded {
                    embedded(fields, place, invalid);
                }
            }
            Value::Array(items) => self.items(items, old.and_then(Value::as_array), place, invalid),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn fields(
        &self,
        fields: &Map<String, Value>,
        old: Option<&Map<String, Value>>,
        parent: Option<&Place<'_>>,
        invalid: &mut Invalid,
    ) {
        for name in self.required.iter().filter(|name| !fields.contains_key(*name)) {
            invalid.required(Place { step: Step::Field(name), parent }.path(), "");
        }
        for (name, value) in fields {
            if let Some(schema) = self.field(name) {
                let place = Place { step: Step::Field(name), parent };
                schema.check_value(value, old.and_then(|old| old.get(name)), &place, invalid);
            }
        }
    }

    fn items(&self, items: &[Value], old: Option<&Vec<Value>>, place: &Place<'_>, invalid: &mut Invalid) {
        self.lists.check(items, self.items.as_deref(), place, invalid);
        let Some(schema) = &self.items else { return };
        let before = |item: &Value| match &self.lists {
            Lists::Map(_) => {
                let key = self.lists.key(item, Some(schema))?;
                old?.iter().find(|old| self.lists.key(old, Some(schema)).as_ref() == Some(&key))
            }
            Lists::Set | Lists::Atomic => None,
        };
        for (index, item) in items.iter().enumerate() {
            let place = Place { step: Step::Index(index), parent: Some(place) };
            schema.check_value(item, before(item), &place, invalid);
        }
    }

    /// What other schemas say of the same value.
    fn composed(&self, value: &Value, place: Option<&Place<'_>>, invalid: &mut Invalid) {
        let against = |schema: &Self| {
            let mut found = Invalid::default();
            schema.alone(value, place, &mut found);
            found
        };
        let mut whole = |why: String| invalid.value("<nil>", "", &format!("{:?} {why}", path(place)));
        let mut more = Vec::new();
        if !self.any_of.is_empty() {
            let all: Vec<_> = self.any_of.iter().map(against).collect();
            if all.iter().all(|found| !found.causes().is_empty()) {
                whole("must validate at least one schema (anyOf)".into());
                more.extend(best(all));
            }
        }
        if !self.one_of.is_empty() {
            let all: Vec<_> = self.one_of.iter().map(against).collect();
            match all.iter().filter(|found| found.causes().is_empty()).count() {
                0 => {
                    whole("must validate one and only one schema (oneOf). Found none valid".into());
                    more.extend(best(all));
                }
                1 => {}
                n => {
                    whole(format!(
                        "must validate one and only one schema (oneOf). Found {n} valid alternatives"
                    ));
                }
            }
        }
        if !self.all_of.is_empty() {
            let all: Vec<_> = self.all_of.iter().map(against).collect();
            if all.iter().any(|found| !found.causes().is_empty()) {
                let none = all.iter().all(|found| !found.causes().is_empty());
                let none = if none { ". None validated" } else { "" };
                whole(format!("must validate all the schemas (allOf){none}"));
                more.extend(all);
            }
        }
        if self.not.as_ref().is_some_and(|not| against(not).causes().is_empty()) {
            whole("must not validate the schema (not)".into());
        }
        for found in more {
            invalid.adopt(found, "", "");
        }
    }

    /// A value against a schema within another one, which may say anything about it or nothing.
    fn alone(&self, value: &Value, place: Option<&Place<'_>>, invalid: &mut Invalid) {
        match (place, value) {
            (Some(place), value) => self.check_value(value, None, place, invalid),
            (None, Value::Object(fields)) => self.check(fields, None, invalid),
            (None, _) => {}
        }
    }

    fn is_of_sort(&self, value: &Value) -> bool {
        let whole = |value: &Value| {
            value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|n| n.fract() == 0.0)
        };
        if self.int_or_string {
            return value.is_string() || value.is_number() && whole(value);
        }
        match self.sort {
            // Within another schema, or with everything allowed, nothing is said of the sort.
            None => true,
            Some(Sort::Object) => value.is_object(),
            Some(Sort::Array) => value.is_array(),
            Some(Sort::String) => value.is_string(),
            Some(Sort::Integer) => value.is_number() && whole(value),
            Some(Sort::Number) => value.is_number(),
            Some(Sort::Boolean) => value.is_boolean(),
        }
    }

    fn sorts(&self) -> &'static str {
        if self.int_or_string { "integer,string" } else { self.sort.map_or("", Sort::name) }
    }
}

/// The findings of the schema that comes nearest.
fn best(all: Vec<Invalid>) -> Option<Invalid> {
    all.into_iter().min_by_key(|found| found.causes().len())
}

/// What a value is called.
fn sort_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// An object within another one says what it is.
fn embedded(fields: &Map<String, Value>, place: &Place<'_>, invalid: &mut Invalid) {
    for name in ["apiVersion", "kind"] {
        if fields.get(name).and_then(Value::as_str).unwrap_or_default().is_empty() {
            invalid.required(format!("{}.{name}", place.path()), "must not be empty");
        }
    }
}
