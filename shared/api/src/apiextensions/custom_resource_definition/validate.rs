//! What is wrong with a definition: its names, its versions, its schemas.

use super::{CustomResourceDefinition, conversion, is, names::ESTABLISHED, structural, versions};
use crate::{Invalid, Object, name};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinitionNames;

const APPROVAL: &str = "api-approved.kubernetes.io";

/// Records what is wrong with a definition.
pub(super) fn definition(
    new: &CustomResourceDefinition,
    old: Option<&CustomResourceDefinition>,
    invalid: &mut Invalid,
) {
    let spec = &new.spec;
    let own_name = new.metadata.name.as_deref().unwrap_or_default();
    if own_name != format!("{}.{}", spec.names.plural, spec.group) {
        invalid.value("metadata.name", own_name, r#"must be spec.names.plural+"."+spec.group"#);
    }
    group(new, old, invalid);
    match spec.scope.as_str() {
        "" => invalid.required("spec.scope", ""),
        scope => invalid.one_of("spec.scope", Some(scope), &["Cluster", "Namespaced"]),
    }
    if spec.preserve_unknown_fields == Some(true)
        && old.is_none_or(|o| o.spec.preserve_unknown_fields != Some(true))
    {
        let why = "must be false in order to use defaults in the schema";
        let why = if has_defaults(new) {
            why
        } else {
            "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead"
        };
        invalid.value("spec.preserveUnknownFields", true, why);
    }
    names(&spec.names, invalid);
    versions::check(new, invalid);
    conversion::check(new, old, invalid);
    // The schemas are looked at as JSON: that is how they are used.
    if old.is_none_or(|old| old.spec.versions != spec.versions) {
        structural::check(&Object::from_kind(new).value()["spec"], invalid);
    }
    if let Some(old) = old {
        kept(new, old, invalid);
        stored(new, invalid);
    }
}

fn has_defaults(definition: &CustomResourceDefinition) -> bool {
    Object::from_kind(definition).value()["spec"]["versions"].to_string().contains("\"default\":")
}

fn group(new: &CustomResourceDefinition, old: Option<&CustomResourceDefinition>, invalid: &mut Invalid) {
    let group = new.spec.group.as_str();
    if group.is_empty() {
        return invalid.required("spec.group", "");
    }
    invalid.ruled("spec.group", group, name::subdomain);
    if !group.contains('.') {
        invalid.value("spec.group", group, "should be a domain with at least one dot");
    }
    let protected = group == "k8s.io"
        || group == "kubernetes.io"
        || group.ends_with(".k8s.io")
        || group.ends_with(".kubernetes.io");
    let said = new.metadata.annotations.as_ref().and_then(|all| all.get(APPROVAL));
    if protected && old.is_none() {
        let field = format!("metadata.annotations[{APPROVAL}]");
        match said.map(String::as_str) {
            None | Some("") => {
                let why = "protected groups must have approval annotation \"api-approved.kubernetes.io\", see https://github.com/kubernetes/enhancements/pull/1111";
                invalid.required(field, why);
            }
            Some(text) if text.starts_with("unapproved") || text.contains("://") => {}
            Some(text) => {
                let why = "protected groups must have approval annotation \"api-approved.kubernetes.io\" with either a URL or a reason starting with \"unapproved\", see https://github.com/kubernetes/enhancements/pull/1111";
                invalid.value(field, text, why);
            }
        }
    }
}

fn names(names: &CustomResourceDefinitionNames, invalid: &mut Invalid) {
    let path = |field: &str| format!("spec.names.{field}");
    invalid.named(path("plural"), &names.plural, name::service);
    invalid.named(path("singular"), names.singular.as_deref().unwrap_or_default(), name::service);
    for (field, kind) in
        [("kind", names.kind.as_str()), ("listKind", names.list_kind.as_deref().unwrap_or_default())]
    {
        match kind {
            "" => invalid.required(path(field), ""),
            kind => {
                if let Some(why) = name::service(&kind.to_lowercase()) {
                    let why = format!("may have mixed case, but should otherwise match: {why}");
                    invalid.value(path(field), kind, &why);
                }
            }
        }
    }
    for (field, list) in [("shortNames", &names.short_names), ("categories", &names.categories)] {
        for (at, word) in list.iter().flatten().enumerate() {
            invalid.ruled(format!("{}[{at}]", path(field)), word, name::service);
        }
    }
    // The two would be told apart by nothing.
    if !names.kind.is_empty() && names.list_kind.as_deref() == Some(&names.kind) {
        invalid.value(path("listKind"), &names.kind, "kind and listKind may not be the same");
    }
}

/// Records changes of what objects that exist depend on.
fn kept(new: &CustomResourceDefinition, old: &CustomResourceDefinition, invalid: &mut Invalid) {
    invalid.kept("spec.group", &new.spec.group, &old.spec.group);
    invalid.kept("spec.names.plural", &new.spec.names.plural, &old.spec.names.plural);
    let conditions = old.status.as_ref().and_then(|s| s.conditions.as_deref()).unwrap_or_default();
    if is(conditions, ESTABLISHED) {
        invalid.kept("spec.scope", &new.spec.scope, &old.spec.scope);
        invalid.kept("spec.names.kind", &new.spec.names.kind, &old.spec.names.kind);
    }
}

/// Records stored versions that nobody could read, and a storage version that is not among them.
fn stored(new: &CustomResourceDefinition, invalid: &mut Invalid) {
    let stored = new.status.iter().flat_map(|s| s.stored_versions.iter().flatten());
    let stored: Vec<&String> = stored.collect();
    for (at, version) in stored.iter().enumerate() {
        if !new.spec.versions.iter().any(|v| v.name == **version) {
            let why = "missing from spec.versions; was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in this version and removes it from status.storedVersions";
            invalid.value(format!("status.storedVersions[{at}]"), version, why);
        }
    }
    let storage = new.spec.versions.iter().find(|v| v.storage).map(|v| &v.name);
    if let Some(storage) = storage.filter(|storage| !stored.contains(storage)) {
        invalid.value("status.storedVersions", &stored, &format!("must have the storage version {storage}"));
    }
}
