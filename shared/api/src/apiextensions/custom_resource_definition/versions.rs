//! What is wrong with the versions of a definition, but for their schemas.

use super::CustomResourceDefinition;
use crate::{Invalid, jsonpath, name};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceColumnDefinition, CustomResourceDefinitionVersion, CustomResourceSubresourceScale,
};
use std::collections::BTreeSet;

const SORTS: &[&str] = &["boolean", "date", "integer", "number", "string"];
const FORMATS: &[&str] = &["byte", "date", "date-time", "double", "float", "int32", "int64", "password"];

/// Fields that field selectors may name, at most.
const SELECTABLE: usize = 8;

pub(super) fn check(new: &CustomResourceDefinition, invalid: &mut Invalid) {
    let versions = &new.spec.versions;
    if versions.is_empty() {
        return invalid.required("spec.versions", "must have at least one version");
    }
    if versions.iter().filter(|version| version.storage).count() != 1 {
        let names: Vec<_> = versions.iter().map(|v| &v.name).collect();
        invalid.value("spec.versions", names, "must have exactly one version marked as storage version");
    }
    let unique: BTreeSet<_> = versions.iter().map(|v| &v.name).collect();
    if unique.len() != versions.len() {
        invalid.whole("spec.versions", "must contain unique version names");
    }
    for (at, version) in versions.iter().enumerate() {
        one(version, &format!("spec.versions[{at}]"), invalid);
    }
}

fn one(version: &CustomResourceDefinitionVersion, path: &str, invalid: &mut Invalid) {
    invalid.named(format!("{path}.name"), &version.name, name::service);
    if version.schema.as_ref().is_none_or(|s| s.open_api_v3_schema.is_none()) {
        invalid.required(format!("{path}.schema.openAPIV3Schema"), "schemas are required");
    }
    if let Some(warning) = &version.deprecation_warning {
        let field = format!("{path}.deprecationWarning");
        if version.deprecated != Some(true) {
            invalid.value(&field, warning, "can only be set for deprecated versions");
        }
        if warning.is_empty() || warning.len() > 256 || warning.chars().any(char::is_control) {
            invalid.value(field, warning, "must be between 1 and 256 printable characters");
        }
    }
    for (at, column) in version.additional_printer_columns.iter().flatten().enumerate() {
        self::column(column, &format!("{path}.additionalPrinterColumns[{at}]"), invalid);
    }
    let fields = version.selectable_fields.as_deref().unwrap_or_default();
    if fields.len() > SELECTABLE {
        invalid.too_many(format!("{path}.selectableFields"), fields.len(), SELECTABLE);
    }
    let mut seen = BTreeSet::new();
    for (at, field) in fields.iter().enumerate() {
        let path = format!("{path}.selectableFields[{at}].jsonPath");
        plain_path(&field.json_path, &path, invalid);
        if !seen.insert(&field.json_path) {
            invalid.duplicate(path, &field.json_path);
        }
    }
    if let Some(scale) = version.subresources.as_ref().and_then(|s| s.scale.as_ref()) {
        self::scale(scale, &format!("{path}.subresources.scale"), invalid);
    }
}

fn column(column: &CustomResourceColumnDefinition, path: &str, invalid: &mut Invalid) {
    if column.name.is_empty() {
        invalid.required(format!("{path}.name"), "");
    }
    if column.type_.is_empty() {
        invalid.required(format!("{path}.type"), &format!("must be one of {}", SORTS.join(",")));
    } else if !SORTS.contains(&column.type_.as_str()) {
        let why = format!("must be one of {}", SORTS.join(","));
        invalid.value(format!("{path}.type"), &column.type_, &why);
    }
    if let Some(format) = column.format.as_deref().filter(|f| !f.is_empty() && !FORMATS.contains(f)) {
        invalid.value(format!("{path}.format"), format, &format!("must be one of {}", FORMATS.join(",")));
    }
    let path = format!("{path}.jsonPath");
    match column.json_path.as_str() {
        "" => invalid.required(path, ""),
        text => {
            if let Err(why) = jsonpath::check(&format!("{{{text}}}")) {
                invalid.value(path, text, &why);
            }
        }
    }
}

fn scale(scale: &CustomResourceSubresourceScale, path: &str, invalid: &mut Invalid) {
    for (field, text, below, needed) in [
        ("specReplicasPath", Some(&scale.spec_replicas_path), ".spec.", true),
        ("statusReplicasPath", Some(&scale.status_replicas_path), ".status.", true),
        ("labelSelectorPath", scale.label_selector_path.as_ref(), ".", false),
    ] {
        let path = format!("{path}.{field}");
        let text = text.map(String::as_str).unwrap_or_default();
        if text.is_empty() {
            if needed {
                invalid.required(path, "");
            }
            continue;
        }
        plain_path(text, &path, invalid);
        let fits =
            text.starts_with(below) && (needed || text.starts_with(".spec.") || text.starts_with(".status."));
        if !fits {
            let below = if needed {
                format!("should be a json path under {}", below.trim_end_matches('.'))
            } else {
                "should be a json path under either .spec or .status".into()
            };
            invalid.value(path, text, &below);
        }
    }
}

/// Records what is not just the names of fields, one below the other.
fn plain_path(text: &str, path: &str, invalid: &mut Invalid) {
    let plain = text.strip_prefix('.').is_some_and(|rest| {
        rest.split('.')
            .all(|step| !step.is_empty() && !step.contains(['[', ']', '*', '?', '@', '$', '(', ')']))
    });
    if !plain {
        let why = "should be a simple json path of the form .fieldName, without the array notation";
        invalid.value(path, text, why);
    }
}
