//! Webhooks that may change what is written, and webhooks that may refuse it: two kinds that differ in one field.

mod address;

pub(crate) use address::valid as valid_address;

use super::rules;
use crate::{Column, Invalid, Kind, meta::LabelSelector, metadata::valid_name, name, selector};
use k8s_openapi::api::admissionregistration::v1::{
    MatchCondition, MutatingWebhook, RuleWithOperations, ValidatingWebhook, WebhookClientConfig,
};
pub use k8s_openapi::api::admissionregistration::v1::{
    MutatingWebhookConfiguration, ValidatingWebhookConfiguration,
};
use std::collections::BTreeSet;

/// A webhook of either kind, to read.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)]
pub struct Hook<'a> {
    pub name: &'a str,
    pub client: &'a WebhookClientConfig,
    pub rules: &'a [RuleWithOperations],
    pub conditions: &'a [MatchCondition],
    pub namespaces: Option<&'a LabelSelector>,
    pub objects: Option<&'a LabelSelector>,
    pub versions: &'a [String],
    pub side_effects: &'a str,
    pub failure_policy: Option<&'a str>,
    pub match_policy: Option<&'a str>,
    pub timeout: Option<i32>,
    /// Whether it is asked again when a later one changed the object; only for those that change.
    pub reinvocation: Option<&'a str>,
}

impl Hook<'_> {
    /// Whether it is asked again when a later one changed the object.
    pub fn again(&self) -> bool {
        self.reinvocation == Some("IfNeeded")
    }
}

/// What may be left out of a webhook.
pub(super) struct Gaps<'a> {
    client: &'a mut WebhookClientConfig,
    rules: &'a mut Option<Vec<RuleWithOperations>>,
    selectors: [&'a mut Option<LabelSelector>; 2],
    failure_policy: &'a mut Option<String>,
    match_policy: &'a mut Option<String>,
    timeout: &'a mut Option<i32>,
    reinvocation: Option<&'a mut Option<String>>,
}

macro_rules! either {
    ($configuration:ty, $kind:ty $(, $policy:ident)?) => {
        impl Kind for $configuration {
            const CATEGORIES: &'static [&'static str] = &["api-extensions"];
            const COLUMNS: &'static [Column<Self>] = &[
                Column::integer("Webhooks", |c, _| c.webhooks.as_ref().map_or(0, Vec::len).to_string()),
                Column::age(),
            ];

            fn set_defaults(&mut self) {
                for hook in self.webhooks.iter_mut().flatten() {
                    complete(hook.into());
                }
            }

            fn validate(&self, old: Option<&Self>, invalid: &mut Invalid) {
                valid_name(&self.metadata, name::subdomain, invalid);
                let old = old.map(|old| old.webhooks.iter().flatten().map(Into::into).collect::<Vec<_>>());
                valid(self.webhooks.iter().flatten().map(Into::into), old.as_deref(), invalid);
            }
        }

        impl<'a> From<&'a $kind> for Hook<'a> {
            fn from(hook: &'a $kind) -> Self {
                Self {
                    name: &hook.name,
                    client: &hook.client_config,
                    rules: hook.rules.as_deref().unwrap_or_default(),
                    conditions: hook.match_conditions.as_deref().unwrap_or_default(),
                    namespaces: hook.namespace_selector.as_ref(),
                    objects: hook.object_selector.as_ref(),
                    versions: &hook.admission_review_versions,
                    side_effects: &hook.side_effects,
                    failure_policy: hook.failure_policy.as_deref(),
                    match_policy: hook.match_policy.as_deref(),
                    timeout: hook.timeout_seconds,
                    reinvocation: None$(.or(hook.$policy.as_deref()))?,
                }
            }
        }

        impl<'a> From<&'a mut $kind> for Gaps<'a> {
            fn from(hook: &'a mut $kind) -> Self {
                Self {
                    client: &mut hook.client_config,
                    rules: &mut hook.rules,
                    selectors: [&mut hook.namespace_selector, &mut hook.object_selector],
                    failure_policy: &mut hook.failure_policy,
                    match_policy: &mut hook.match_policy,
                    timeout: &mut hook.timeout_seconds,
                    reinvocation: None$(.or(Some(&mut hook.$policy)))?,
                }
            }
        }
    };
}

either!(ValidatingWebhookConfiguration, ValidatingWebhook);
either!(MutatingWebhookConfiguration, MutatingWebhook, reinvocation_policy);

/// Fills in what was left out of a webhook.
pub(super) fn complete(gaps: Gaps<'_>) {
    for selector in gaps.selectors {
        selector.get_or_insert_default();
    }
    gaps.failure_policy.get_or_insert_with(|| "Fail".into());
    gaps.match_policy.get_or_insert_with(|| "Equivalent".into());
    gaps.timeout.get_or_insert(10);
    if let Some(reinvocation) = gaps.reinvocation {
        reinvocation.get_or_insert_with(|| "Never".into());
    }
    if let Some(service) = &mut gaps.client.service {
        service.port.get_or_insert(443);
    }
    for rule in gaps.rules.iter_mut().flatten() {
        rule.scope.get_or_insert_with(|| "*".into());
    }
}

/// What is wrong with webhooks; versions that were there before may stay.
pub(super) fn valid<'a>(
    hooks: impl Iterator<Item = Hook<'a>>,
    old: Option<&[Hook<'_>]>,
    invalid: &mut Invalid,
) {
    let mut seen = BTreeSet::new();
    for (at, hook) in hooks.enumerate() {
        let path = format!("webhooks[{at}]");
        full_name(&path, hook.name, invalid);
        if !seen.insert(hook.name) {
            invalid.duplicate(format!("{path}.name"), hook.name);
        }
        let lenient = old.is_some_and(|old| old.iter().any(|hook| !has_known_version(hook.versions)));
        let field = format!("{path}.admissionReviewVersions");
        if hook.versions.is_empty() {
            invalid.required(field, "must specify one of v1, v1beta1");
        } else {
            valid_versions(&field, hook.versions, lenient, invalid);
        }
        for (n, rule) in hook.rules.iter().enumerate() {
            rules::valid(&format!("{path}.rules[{n}]"), rule.into(), invalid);
        }
        invalid.one_of(format!("{path}.failurePolicy"), hook.failure_policy, &["Fail", "Ignore"]);
        invalid.one_of(format!("{path}.matchPolicy"), hook.match_policy, &["Equivalent", "Exact"]);
        let effects = format!("{path}.sideEffects");
        if hook.side_effects.is_empty() {
            invalid.required(effects, "must specify one of None, NoneOnDryRun");
        } else {
            invalid.one_of(effects, Some(hook.side_effects), &["None", "NoneOnDryRun"]);
        }
        if let Some(seconds) = hook.timeout.filter(|seconds| !(1..=30).contains(seconds)) {
            let why = "the timeout value must be between 1 and 30 seconds";
            invalid.value(format!("{path}.timeoutSeconds"), seconds, why);
        }
        for (field, chosen) in [("namespaceSelector", hook.namespaces), ("objectSelector", hook.objects)] {
            if let Some(chosen) = chosen {
                selector::valid(chosen, &format!("{path}.{field}"), invalid);
            }
        }
        address::valid(&format!("{path}.clientConfig"), hook.client, invalid);
        invalid.one_of(format!("{path}.reinvocationPolicy"), hook.reinvocation, &["IfNeeded", "Never"]);
        rules::conditions(&format!("{path}.matchConditions"), hook.conditions, invalid);
    }
}

/// Versions of a review that the server can send.
const KNOWN: &[&str] = &["v1", "v1beta1"];

/// Whether one of them is a version that the server can send.
pub(crate) fn has_known_version(versions: &[String]) -> bool {
    versions.iter().any(|version| KNOWN.contains(&version.as_str()))
}

fn full_name(path: &str, text: &str, invalid: &mut Invalid) {
    let path = format!("{path}.name");
    if text.is_empty() {
        invalid.required(path, "");
    } else if let Some(why) = name::subdomain(text) {
        invalid.value(path, text, &why);
    } else if text.split('.').count() < 3 {
        invalid.value(path, text, "should be a domain with at least three segments separated by dots");
    }
}

/// Records what is wrong with the versions of a review that a webhook says it understands.
pub(crate) fn valid_versions(path: &str, versions: &[String], lenient: bool, invalid: &mut Invalid) {
    let mut seen = BTreeSet::new();
    for (at, version) in versions.iter().enumerate() {
        if !seen.insert(version) {
            invalid.value(format!("{path}[{at}]"), version, "duplicate version");
        } else if let Some(why) = name::service(version) {
            invalid.value(format!("{path}[{at}]"), version, &why);
        }
    }
    if !lenient && !has_known_version(versions) {
        invalid.value(path, versions, "must include at least one of v1, v1beta1");
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        admissionregistration::{MutatingWebhookConfiguration, ValidatingWebhookConfiguration},
        core::testing::{completed, findings, row},
    };
    use serde_json::{Value, json};

    fn hook(more: &Value) -> Value {
        let mut hook = json!({"name": "a.example.com", "sideEffects": "None", "admissionReviewVersions": ["v1"],
            "clientConfig": {"service": {"name": "s", "namespace": "n"}},
            "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}]});
        for (key, value) in more.as_object().unwrap() {
            hook[key] = value.clone();
        }
        json!({"webhooks": [hook]})
    }

    #[test]
    fn what_is_left_out_is_filled_in() {
        let done = completed::<MutatingWebhookConfiguration>(hook(&json!({})));
        let done = &done["webhooks"][0];
        for (field, expected) in [
            ("failurePolicy", json!("Fail")),
            ("matchPolicy", json!("Equivalent")),
            ("timeoutSeconds", json!(10)),
            ("reinvocationPolicy", json!("Never")),
            ("namespaceSelector", json!({})),
            ("objectSelector", json!({})),
        ] {
            assert_eq!(done[field], expected, "{field}");
        }
        assert_eq!(done["rules"][0]["scope"], "*");
        assert_eq!(done["clientConfig"]["service"]["port"], 443);
    }

    #[test]
    fn each_finding_names_its_field() {
        assert!(findings::<ValidatingWebhookConfiguration>(hook(&json!({}))).is_empty());
        for (more, expected) in [
            (
                json!({"name": "short.name"}),
                "webhooks[0].name: Invalid value: \"short.name\": should be a domain with at least three segments separated \
                 by dots",
            ),
            (
                json!({"sideEffects": ""}),
                "webhooks[0].sideEffects: Required value: must specify one of None, NoneOnDryRun",
            ),
            (
                json!({"sideEffects": "Some"}),
                "webhooks[0].sideEffects: Unsupported value: \"Some\": supported values: \"None\", \"NoneOnDryRun\"",
            ),
            (
                json!({"timeoutSeconds": 31}),
                "webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds",
            ),
            (
                json!({"admissionReviewVersions": ["v2"]}),
                "webhooks[0].admissionReviewVersions: Invalid value: [\"v2\"]: must include at least one of v1, v1beta1",
            ),
            (
                json!({"clientConfig": {}}),
                "webhooks[0].clientConfig: Required value: exactly one of url or service is required",
            ),
            (
                json!({"clientConfig": {"url": "http://a/b"}}),
                "webhooks[0].clientConfig.url: Invalid value: \"http\": 'https' is the only allowed URL scheme; desired \
                 format: https://host[:port]/path",
            ),
            (
                json!({"clientConfig": {"service": {"name": "", "namespace": "n", "path": "x"}}}),
                "webhooks[0].clientConfig.service.name: Required value: service name is required",
            ),
            (
                json!({"rules": [{"apiGroups": ["*", "a"], "apiVersions": ["v1"], "operations": ["CREATE"],
                    "resources": ["pods"]}]}),
                "webhooks[0].rules[0].apiGroups: Invalid value: [\"*\",\"a\"]: if '*' is present, must not specify other \
                 API groups",
            ),
            (
                json!({"rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["EAT"], "resources": ["pods"]}]}),
                "webhooks[0].rules[0].operations[0]: Unsupported value: \"EAT\": supported values: \"*\", \"CONNECT\", \
                 \"CREATE\", \"DELETE\", \"UPDATE\"",
            ),
            (
                json!({"matchConditions": [{"name": "", "expression": "true"}]}),
                "webhooks[0].matchConditions[0].name: Required value",
            ),
        ] {
            let found = findings::<ValidatingWebhookConfiguration>(hook(&more));
            assert_eq!(found.first().map(String::as_str), Some(expected));
        }
        let found = findings::<MutatingWebhookConfiguration>(hook(&json!({"reinvocationPolicy": "Often"})));
        assert_eq!(
            found,
            [
                "webhooks[0].reinvocationPolicy: Unsupported value: \"Often\": supported values: \"IfNeeded\", \"Never\""
            ]
        );
    }

    #[test]
    fn a_configuration_is_shown_by_how_many_it_has() {
        assert_eq!(row::<ValidatingWebhookConfiguration>(hook(&json!({})))[0], "1");
    }
}
