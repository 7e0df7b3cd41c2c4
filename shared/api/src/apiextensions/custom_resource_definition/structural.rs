//! Whether a schema says of every value what it is: Kubernetes calls that structural.

use crate::{Invalid, custom};
use serde_json::{Map, Value};

/// What may be said where a schema only narrows what another one says.
const NARROWING: &[&str] = &[
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "enum",
    "maximum",
    "minimum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "maxLength",
    "minLength",
    "pattern",
    "maxItems",
    "minItems",
    "uniqueItems",
    "multipleOf",
    "maxProperties",
    "minProperties",
    "required",
    "format",
    "properties",
    "items",
    "additionalProperties",
    "x-kubernetes-validations",
];

/// What Kubernetes does not take, and why.
const UNSUPPORTED: &[(&str, &str)] = &[
    ("$ref", "$ref is not supported"),
    ("additionalItems", "additionalItems is not supported"),
    ("definitions", "definitions is not supported"),
    ("dependencies", "dependencies is not supported"),
    ("id", "id is not supported"),
    ("patternProperties", "patternProperties is not supported"),
];

const SORTS: &[&str] = &["array", "boolean", "integer", "number", "object", "string"];

/// How deep schemas may stand in each other.
const DEEPEST: usize = 64;

/// Records what is wrong with the schemas of a definition's `spec`.
pub(super) fn check(spec: &Value, invalid: &mut Invalid) {
    let versions = spec["versions"].as_array().map(Vec::as_slice).unwrap_or_default();
    let schema = |version: &Value| version["schema"]["openAPIV3Schema"].clone();
    // One that is the same everywhere is spoken of once.
    if let Some(first) = versions.first().map(schema)
        && versions.iter().all(|version| schema(version) == first)
    {
        return root(&first, "spec.validation.openAPIV3Schema", invalid);
    }
    for (at, version) in versions.iter().enumerate() {
        root(&schema(version), &format!("spec.versions[{at}].schema.openAPIV3Schema"), invalid);
    }
}

fn root(schema: &Value, path: &str, invalid: &mut Invalid) {
    if !schema.is_object() {
        return;
    }
    match schema["type"].as_str().unwrap_or_default() {
        "" => invalid.required(format!("{path}.type"), "must not be empty at the root"),
        "object" => {}
        other => invalid.value(format!("{path}.type"), other, "must be object at the root"),
    }
    if schema["nullable"] == true {
        invalid.forbidden(format!("{path}.nullable"), "nullable cannot be true at the root");
    }
    metadata(&schema["properties"]["metadata"], &format!("{path}.properties[metadata]"), invalid);
    let before = invalid.causes().len();
    Walk { invalid, depth: 0 }.schema(schema, path, "");
    if invalid.causes().len() == before {
        defaults(schema, path, invalid);
    }
}

/// Records what is said of the metadata beyond the name.
fn metadata(schema: &Value, path: &str, invalid: &mut Invalid) {
    for name in schema["properties"].as_object().into_iter().flat_map(Map::keys) {
        if !matches!(name.as_str(), "name" | "generateName") {
            let why =
                "must not be specified in a nested context, only name and generateName may be restricted";
            invalid.forbidden(format!("{path}.properties[{name}]"), why);
        }
    }
}

struct Walk<'a> {
    invalid: &'a mut Invalid,
    depth: usize,
}

impl Walk<'_> {
    /// A schema that says what a value is; `place` says which sort it lacks when it says none.
    fn schema(&mut self, schema: &Value, path: &str, place: &str) {
        if self.depth == DEEPEST {
            return self.invalid.forbidden(path, "schemas cannot stand so deep in each other");
        }
        self.depth += 1;
        self.told(schema, path);
        self.sort(schema, path, place);
        self.lists(schema, path);
        if let Some(properties) = schema["properties"].as_object() {
            if !schema["additionalProperties"].is_null() {
                let why = "additionalProperties and properties are mutual exclusive";
                self.invalid.forbidden(format!("{path}.additionalProperties"), why);
            }
            for (name, inner) in properties {
                self.schema(
                    inner,
                    &format!("{path}.properties[{name}]"),
                    "must not be empty for specified object fields",
                );
            }
        }
        match &schema["additionalProperties"] {
            Value::Bool(false) => {
                let why = "additionalProperties cannot be set to false";
                self.invalid.forbidden(format!("{path}.additionalProperties"), why);
            }
            inner @ Value::Object(_) => {
                let place = "must not be empty for specified object fields";
                self.schema(inner, &format!("{path}.additionalProperties"), place);
            }
            _ => {}
        }
        match &schema["items"] {
            Value::Array(_) => {
                let why = "items must be a schema object and not an array";
                self.invalid.forbidden(format!("{path}.items"), why);
            }
            inner @ Value::Object(_) => {
                self.schema(inner, &format!("{path}.items"), "must not be empty for specified array items");
            }
            _ if schema["type"] == "array" && !preserves(schema) => {
                self.invalid.required(format!("{path}.items"), "must be specified");
            }
            _ => {}
        }
        self.narrowing(schema, path, schema["x-kubernetes-int-or-string"] == true);
        self.depth -= 1;
    }

    /// What is the same wherever a schema stands.
    fn told(&mut self, schema: &Value, path: &str) {
        for (word, why) in UNSUPPORTED {
            if !schema[*word].is_null() {
                self.invalid.forbidden(format!("{path}.{word}"), why);
            }
        }
        if schema["uniqueItems"] == true {
            let why = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic";
            self.invalid.forbidden(format!("{path}.uniqueItems"), why);
        }
        if schema["x-kubernetes-preserve-unknown-fields"] == false {
            let why = "must be true or undefined";
            self.invalid.value(format!("{path}.x-kubernetes-preserve-unknown-fields"), false, why);
        }
        if let Some(pattern) = schema["pattern"].as_str().filter(|p| !custom::is_pattern(p)) {
            let why = "must be a valid regular expression, but isn't";
            self.invalid.value(format!("{path}.pattern"), pattern, why);
        }
        for (at, rule) in schema["x-kubernetes-validations"].as_array().into_iter().flatten().enumerate() {
            if rule["rule"].as_str().unwrap_or_default().trim().is_empty() {
                let field = format!("{path}.x-kubernetes-validations[{at}].rule");
                self.invalid.required(field, "rule is not specified");
            }
        }
    }

    fn sort(&mut self, schema: &Value, path: &str, place: &str) {
        let said = schema["type"].as_str().unwrap_or_default();
        let either = schema["x-kubernetes-int-or-string"] == true;
        match said {
            "" if place.is_empty() || either || preserves(schema) => {}
            "" => self.invalid.required(format!("{path}.type"), place),
            "null" => {
                let why = "type cannot be set to null, use nullable as an alternative";
                self.invalid.forbidden(format!("{path}.type"), why);
            }
            said if either => {
                let why = "type must be empty when x-kubernetes-int-or-string is true";
                self.invalid.value(format!("{path}.type"), said, why);
            }
            said => self.invalid.one_of(format!("{path}.type"), Some(said), SORTS),
        }
        if schema["x-kubernetes-embedded-resource"] == true {
            if said != "object" {
                let why = "must be object if x-kubernetes-embedded-resource is true";
                self.invalid.value(format!("{path}.type"), said, why);
            }
            if !preserves(schema) && schema["properties"].as_object().is_none_or(Map::is_empty) {
                let why = "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields";
                self.invalid.required(format!("{path}.properties"), why);
            }
        }
    }

    fn lists(&mut self, schema: &Value, path: &str) {
        let keys = schema["x-kubernetes-list-map-keys"].as_array();
        let kind = schema["x-kubernetes-list-type"].as_str();
        if let Some(kind) = kind {
            if schema["type"] != "array" {
                let why = "must be array if x-kubernetes-list-type is specified";
                self.invalid.value(format!("{path}.type"), &schema["type"], why);
            }
            let field = format!("{path}.x-kubernetes-list-type");
            self.invalid.one_of(field, Some(kind), &["atomic", "map", "set"]);
        }
        if let Some(kind) = schema["x-kubernetes-map-type"].as_str() {
            if schema["type"] != "object" {
                let why = "must be object if x-kubernetes-map-type is specified";
                self.invalid.value(format!("{path}.type"), &schema["type"], why);
            }
            self.invalid.one_of(format!("{path}.x-kubernetes-map-type"), Some(kind), &["atomic", "granular"]);
        }
        let field = format!("{path}.x-kubernetes-list-map-keys");
        if kind != Some("map") {
            if keys.is_some_and(|keys| !keys.is_empty()) {
                let why = "must be map if x-kubernetes-list-map-keys is non-empty";
                self.invalid.value(format!("{path}.x-kubernetes-list-type"), kind.unwrap_or_default(), why);
            }
            return;
        }
        if keys.is_none_or(Vec::is_empty) {
            let why = "must not be empty if x-kubernetes-list-type is map";
            return self.invalid.required(field, why);
        }
        let items = &schema["items"];
        if items["type"] != "object" {
            let why = "must be object if parent array's x-kubernetes-list-type is map";
            self.invalid.value(format!("{path}.items.type"), &items["type"], why);
        }
        for (at, key) in keys.into_iter().flatten().enumerate() {
            let (name, field) = (key.as_str().unwrap_or_default(), format!("{field}[{at}]"));
            let inner = &items["properties"][name];
            if inner.is_null() {
                self.invalid.value(field, name, "entries must all be names of item properties");
                continue;
            }
            let required = items["required"].as_array().is_some_and(|all| all.contains(key));
            if !required && inner["default"].is_null() {
                let why = "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property";
                self.invalid.required(format!("{path}.items.properties[{name}].default"), why);
            }
        }
    }

    /// The schemas that narrow what this one says.
    fn narrowing(&mut self, schema: &Value, path: &str, either: bool) {
        for word in ["allOf", "anyOf", "oneOf"] {
            for (at, inner) in schema[word].as_array().into_iter().flatten().enumerate() {
                self.narrows(inner, &format!("{path}.{word}[{at}]"), either);
            }
        }
        if schema["not"].is_object() {
            self.narrows(&schema["not"], &format!("{path}.not"), false);
        }
    }

    fn narrows(&mut self, schema: &Value, path: &str, either: bool) {
        if self.depth == DEEPEST {
            return self.invalid.forbidden(path, "schemas cannot stand so deep in each other");
        }
        self.depth += 1;
        self.told(schema, path);
        for (word, _) in schema.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null()) {
            // A number or a text may say so in each of two schemas.
            let sort =
                either && word == "type" && (schema["type"] == "integer" || schema["type"] == "string");
            if !NARROWING.contains(&word.as_str())
                && !sort
                && !UNSUPPORTED.iter().any(|(known, _)| known == word)
            {
                self.invalid.forbidden(format!("{path}.{word}"), "must be empty to be structural");
            }
        }
        for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
            self.narrows(inner, &format!("{path}.properties[{name}]"), false);
        }
        for word in ["items", "additionalProperties"] {
            if schema[word].is_object() {
                self.narrows(&schema[word], &format!("{path}.{word}"), false);
            }
        }
        self.narrowing(schema, path, either);
        self.depth -= 1;
    }
}

fn preserves(schema: &Value) -> bool {
    schema["x-kubernetes-preserve-unknown-fields"] == true
}

/// Records defaults that their own schema does not take.
fn defaults(schema: &Value, path: &str, invalid: &mut Invalid) {
    let default = &schema["default"];
    if !default.is_null() {
        let field = format!("{path}.default");
        for unknown in custom::unknown_in(schema, default) {
            invalid.value(format!("{field}.{unknown}"), default, "must not have unknown fields");
        }
        custom::check_against(schema, default, &field, invalid);
    }
    for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
        defaults(inner, &format!("{path}.properties[{name}]"), invalid);
    }
    for word in ["items", "additionalProperties"] {
        if schema[word].is_object() {
            defaults(&schema[word], &format!("{path}.{word}"), invalid);
        }
    }
}
