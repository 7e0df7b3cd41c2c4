//! Bindings: where a policy holds, with which parameters, and what follows when it is not kept.

use super::rules;
use crate::{Column, Invalid, Kind, LabelSelector, metadata::valid_name, name, selector};
use k8s_openapi::api::admissionregistration::v1::ParamRef;
pub use k8s_openapi::api::admissionregistration::v1::ValidatingAdmissionPolicyBinding;
use std::collections::BTreeSet;

const ACTIONS: &[&str] = &["Audit", "Deny", "Warn"];

impl Kind for ValidatingAdmissionPolicyBinding {
    const CATEGORIES: &'static [&'static str] = &["api-extensions"];
    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("PolicyName", |b, _| {
            b.spec.as_ref().and_then(|s| s.policy_name.clone()).unwrap_or_default()
        }),
        Column::text("ParamRef", |b, _| {
            b.spec.as_ref().and_then(|s| s.param_ref.as_ref()).map_or_else(|| "<unset>".into(), shown)
        }),
        Column::age(),
    ];

    fn set_defaults(&mut self) {
        if let Some(matching) = self.spec.as_mut().and_then(|spec| spec.match_resources.as_mut()) {
            rules::complete(matching);
        }
    }

    fn validate(&self, _old: Option<&Self>, invalid: &mut Invalid) {
        valid_name(&self.metadata, name::subdomain, invalid);
        let spec = self.spec.clone().unwrap_or_default();
        invalid.named("spec.policyName", spec.policy_name.as_deref().unwrap_or_default(), name::subdomain);
        if let Some(params) = &spec.param_ref {
            valid_params(params, invalid);
        }
        if let Some(matching) = &spec.match_resources {
            rules::matching("spec.matchResources", matching, invalid);
        }
        let actions = spec.validation_actions.unwrap_or_default();
        let path = "spec.validationActions";
        if actions.is_empty() {
            invalid.required(path, "");
        }
        let mut seen = BTreeSet::new();
        for (at, action) in actions.iter().enumerate() {
            invalid.one_of(format!("{path}[{at}]"), Some(action), ACTIONS);
            if !seen.insert(action.as_str()) {
                invalid.duplicate(format!("{path}[{at}]"), action);
            }
        }
        if seen.contains("Deny") && seen.contains("Warn") {
            let why = "must not contain both Deny and Warn (repeating the same validation failure information in the API \
                       response and headers serves no purpose)";
            invalid.value(path, &actions, why);
        }
    }
}

fn shown(params: &ParamRef) -> String {
    let name = params.name.as_deref().unwrap_or_default();
    match (&params.namespace, &params.selector) {
        (Some(namespace), _) if !name.is_empty() => format!("{namespace}/{name}"),
        (_, Some(chosen)) if name.is_empty() => LabelSelector::from_meta(chosen).to_string(),
        _ => name.to_owned(),
    }
}

fn valid_params(params: &ParamRef, invalid: &mut Invalid) {
    let path = "spec.paramRef";
    match (params.name.as_deref().filter(|name| !name.is_empty()), &params.selector) {
        (Some(text), None) => {
            if let Some(why) = name::path_segment(text) {
                invalid.value(format!("{path}.name"), text, &why);
            }
        }
        (None, Some(chosen)) => selector::valid(chosen, &format!("{path}.selector"), invalid),
        (None, None) => invalid.required(path, "one of name or selector must be specified"),
        (Some(_), Some(_)) => {
            invalid.forbidden(format!("{path}.name"), "name and selector are mutually exclusive");
        }
    }
    match params.parameter_not_found_action.as_deref().unwrap_or_default() {
        "" => invalid.required(format!("{path}.parameterNotFoundAction"), ""),
        action => {
            invalid.one_of(format!("{path}.parameterNotFoundAction"), Some(action), &["Allow", "Deny"]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::testing::{findings, row};
    use serde_json::json;

    #[test]
    fn each_finding_names_its_field() {
        for (spec, expected) in [
            (json!({"policyName": "p", "validationActions": ["Deny"]}), None),
            (json!({"validationActions": ["Deny"]}), Some("spec.policyName: Required value")),
            (json!({"policyName": "p"}), Some("spec.validationActions: Required value")),
            (
                json!({"policyName": "p", "validationActions": ["Eat"]}),
                Some(
                    "spec.validationActions[0]: Unsupported value: \"Eat\": supported values: \"Audit\", \"Deny\", \"Warn\"",
                ),
            ),
            (
                json!({"policyName": "p", "validationActions": ["Deny", "Warn"]}),
                Some(
                    "spec.validationActions: Invalid value: [\"Deny\",\"Warn\"]: must not contain both Deny and Warn \
                     (repeating the same validation failure information in the API response and headers serves no purpose)",
                ),
            ),
            (
                json!({"policyName": "p", "validationActions": ["Audit"], "paramRef": {"parameterNotFoundAction": "Deny"}}),
                Some("spec.paramRef: Required value: one of name or selector must be specified"),
            ),
            (
                json!({"policyName": "p", "validationActions": ["Audit"], "paramRef": {"name": "x"}}),
                Some("spec.paramRef.parameterNotFoundAction: Required value"),
            ),
        ] {
            let found = findings::<ValidatingAdmissionPolicyBinding>(json!({"spec": spec}));
            assert_eq!(found.first().map(String::as_str), expected);
        }
    }

    #[test]
    fn a_binding_is_shown_by_its_policy() {
        let params = json!({"name": "x", "namespace": "n", "parameterNotFoundAction": "Deny"});
        let spec = json!({"policyName": "p", "validationActions": ["Deny"], "paramRef": params});
        assert_eq!(row::<ValidatingAdmissionPolicyBinding>(json!({"spec": spec}))[..2], ["p", "n/x"]);
    }
}
