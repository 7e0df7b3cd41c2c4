//! Policies: expressions that what is written has to satisfy.

use super::rules;
use crate::{Column, Invalid, Kind, metadata::valid_name, name};
pub use k8s_openapi::api::admissionregistration::v1::ValidatingAdmissionPolicy;
use k8s_openapi::api::admissionregistration::v1::{ParamKind, ValidatingAdmissionPolicySpec, Validation};
use std::collections::BTreeSet;

/// Why a request may be refused.
const REASONS: &[&str] = &["Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized"];

/// The longest message, and the longest expression of an audit annotation, in bytes.
const MESSAGE: usize = 5 * 1024;

/// How many audit annotations there may be.
const ANNOTATIONS: usize = 20;

impl Kind for ValidatingAdmissionPolicy {
    const CATEGORIES: &'static [&'static str] = &["api-extensions"];
    const SUBRESOURCES: &'static [&'static str] = &["status"];
    const COLUMNS: &'static [Column<Self>] = &[
        Column::integer("Validations", |p, _| spec(p).map_or(0, |s| validations(s).len()).to_string()),
        Column::text("ParamKind", |p, _| {
            spec(p).and_then(|s| s.param_kind.as_ref()).map_or_else(|| "<unset>".into(), shown)
        }),
        Column::age(),
    ];

    fn set_defaults(&mut self) {
        let spec = self.spec.get_or_insert_default();
        spec.failure_policy.get_or_insert_with(|| "Fail".into());
        if let Some(matching) = &mut spec.match_constraints {
            rules::complete(matching);
        }
    }

    fn validate(&self, _old: Option<&Self>, invalid: &mut Invalid) {
        valid_name(&self.metadata, name::subdomain, invalid);
        let empty = ValidatingAdmissionPolicySpec::default();
        let spec = self.spec.as_ref().unwrap_or(&empty);
        invalid.one_of("spec.failurePolicy", spec.failure_policy.as_deref(), &["Fail", "Ignore"]);
        if let Some(kind) = &spec.param_kind {
            valid_kind(kind, invalid);
        }
        match &spec.match_constraints {
            None => invalid.required("spec.matchConstraints", ""),
            Some(matching) => {
                rules::matching("spec.matchConstraints", matching, invalid);
                if matching.resource_rules.as_ref().is_none_or(Vec::is_empty) {
                    invalid.required("spec.matchConstraints.resourceRules", "");
                }
            }
        }
        rules::conditions(
            "spec.matchConditions",
            spec.match_conditions.as_deref().unwrap_or_default(),
            invalid,
        );
        let mut seen = BTreeSet::new();
        for (at, variable) in spec.variables.iter().flatten().enumerate() {
            let path = format!("spec.variables[{at}]");
            if variable.name.is_empty() {
                invalid.required(format!("{path}.name"), "name is not specified");
            } else if !is_identifier(&variable.name) {
                invalid.value(format!("{path}.name"), &variable.name, "name is not a valid CEL identifier");
            } else if !seen.insert(&variable.name) {
                invalid.duplicate(format!("{path}.name"), &variable.name);
            }
            if variable.expression.trim().is_empty() {
                invalid.required(format!("{path}.expression"), "expression is not specified");
            }
        }
        let annotations = spec.audit_annotations.as_deref().unwrap_or_default();
        if validations(spec).is_empty() && annotations.is_empty() {
            let why = "validations or auditAnnotations must contain at least one item";
            invalid.required("spec.validations", why);
            invalid.required("spec.auditAnnotations", why);
        }
        for (at, validation) in validations(spec).iter().enumerate() {
            valid_validation(&format!("spec.validations[{at}]"), validation, invalid);
        }
        let mut seen = BTreeSet::new();
        for (at, annotation) in annotations.iter().enumerate() {
            let path = format!("spec.auditAnnotations[{at}]");
            invalid.named(format!("{path}.key"), &annotation.key, name::qualified);
            if !annotation.key.is_empty() && !seen.insert(&annotation.key) {
                invalid.duplicate(format!("{path}.key"), &annotation.key);
            }
            let field = format!("{path}.valueExpression");
            match annotation.value_expression.trim() {
                "" => invalid.required(field, "valueExpression is not specified"),
                text if text.len() > MESSAGE => invalid.too_long(field, MESSAGE),
                _ => {}
            }
        }
        if annotations.len() > ANNOTATIONS {
            invalid.too_many("spec.auditAnnotations", annotations.len(), ANNOTATIONS);
        }
    }
}

fn spec(policy: &ValidatingAdmissionPolicy) -> Option<&ValidatingAdmissionPolicySpec> {
    policy.spec.as_ref()
}

fn validations(spec: &ValidatingAdmissionPolicySpec) -> &[Validation] {
    spec.validations.as_deref().unwrap_or_default()
}

fn shown(kind: &ParamKind) -> String {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    format!("{}/{}", text(&kind.api_version), text(&kind.kind))
}

fn valid_kind(kind: &ParamKind, invalid: &mut Invalid) {
    let path = "spec.paramKind";
    match kind.api_version.as_deref().unwrap_or_default() {
        "" => invalid.required(format!("{path}.apiVersion"), ""),
        version => {
            let (group, version_) = version.rsplit_once('/').unwrap_or(("", version));
            let wrong = (!group.is_empty()).then(|| name::subdomain(group)).flatten();
            if let Some(why) = wrong.or_else(|| name::service(version_)) {
                invalid.value(format!("{path}.apiVersion"), version, &why);
            }
        }
    }
    match kind.kind.as_deref().unwrap_or_default() {
        "" => invalid.required(format!("{path}.kind"), ""),
        kind => {
            if let Some(why) = name::service(&kind.to_lowercase()) {
                let why = format!("may have mixed case, but should otherwise match: {why}");
                invalid.value(format!("{path}.kind"), kind, &why);
            }
        }
    }
}

fn valid_validation(path: &str, validation: &Validation, invalid: &mut Invalid) {
    if validation.expression.trim().is_empty() {
        invalid.required(format!("{path}.expression"), "expression is not specified");
    }
    if let Some(message) = &validation.message {
        let field = format!("{path}.message");
        if !message.is_empty() && message.trim().is_empty() {
            invalid.value(field, message, "message must be non-empty if specified");
        } else if message.contains('\n') {
            invalid.value(field, message, "message must not contain line breaks");
        } else if message.len() > MESSAGE {
            invalid.too_long(field, MESSAGE);
        }
    }
    let expression = validation.message_expression.as_deref();
    if expression.is_some_and(|text| !text.is_empty() && text.trim().is_empty()) {
        let why = "must be non-empty if specified";
        invalid.value(format!("{path}.messageExpression"), expression, why);
    }
    invalid.one_of(format!("{path}.reason"), validation.reason.as_deref(), REASONS);
}

fn is_identifier(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::testing::{completed, findings, row};
    use serde_json::{Value, json};

    fn policy(more: &Value) -> Value {
        let rule = json!({"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["deployments"]});
        let mut spec =
            json!({"matchConstraints": {"resourceRules": [rule]}, "validations": [{"expression": "true"}]});
        for (key, value) in more.as_object().unwrap() {
            spec[key] = value.clone();
        }
        json!({"spec": spec})
    }

    #[test]
    fn what_is_left_out_is_filled_in() {
        let done = completed::<ValidatingAdmissionPolicy>(policy(&json!({})));
        assert_eq!(done["spec"]["failurePolicy"], "Fail");
        assert_eq!(done["spec"]["matchConstraints"]["matchPolicy"], "Equivalent");
        assert_eq!(done["spec"]["matchConstraints"]["resourceRules"][0]["scope"], "*");
    }

    #[test]
    fn each_finding_names_its_field() {
        for (more, expected) in [
            (json!({}), None),
            (json!({"matchConstraints": null}), Some("spec.matchConstraints: Required value")),
            (
                json!({"validations": []}),
                Some(
                    "spec.validations: Required value: validations or auditAnnotations must contain at least one item",
                ),
            ),
            (
                json!({"validations": [{"expression": " "}]}),
                Some("spec.validations[0].expression: Required value: expression is not specified"),
            ),
            (
                json!({"validations": [{"expression": "true", "message": "a\nb"}]}),
                Some(
                    "spec.validations[0].message: Invalid value: \"a\\nb\": message must not contain line breaks",
                ),
            ),
            (
                json!({"validations": [{"expression": "true", "reason": "Because"}]}),
                Some(
                    "spec.validations[0].reason: Unsupported value: \"Because\": supported values: \"Forbidden\", \"Invalid\", \
                     \"RequestEntityTooLarge\", \"Unauthorized\"",
                ),
            ),
            (
                json!({"variables": [{"name": "a-b", "expression": "1"}]}),
                Some("spec.variables[0].name: Invalid value: \"a-b\": name is not a valid CEL identifier"),
            ),
            (json!({"paramKind": {"kind": "ConfigMap"}}), Some("spec.paramKind.apiVersion: Required value")),
        ] {
            let found = findings::<ValidatingAdmissionPolicy>(policy(&more));
            assert_eq!(found.first().map(String::as_str), expected);
        }
    }

    #[test]
    fn a_policy_is_shown_by_what_it_takes() {
        let with = policy(&json!({"paramKind": {"apiVersion": "v1", "kind": "ConfigMap"}}));
        assert_eq!(row::<ValidatingAdmissionPolicy>(with)[..2], ["1", "v1/ConfigMap"]);
        assert_eq!(row::<ValidatingAdmissionPolicy>(policy(&json!({})))[1], "<unset>");
    }
}
