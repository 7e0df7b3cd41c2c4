//! Findings of validation, one per field.

use crate::{meta::StatusCause, name::Rule};
use serde::Serialize;

/// What is wrong with an object, one entry per offending field, in Kubernetes' wording.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Invalid(Vec<StatusCause>);

impl Invalid {
    fn push(&mut self, reason: &str, field: impl Into<String>, message: String) {
        self.0.push(StatusCause {
            field: Some(field.into()),
            message: Some(message),
            reason: Some(reason.into()),
        });
    }

    /// `spec.selector: Required value: must match something`.
    pub fn required(&mut self, field: impl Into<String>, why: &str) {
        let why = if why.is_empty() { String::new() } else { format!(": {why}") };
        self.push("FieldValueRequired", field, format!("Required value{why}"));
    }

    /// `spec.replicas: Invalid value: -1: must be greater than or equal to 0`.
    pub fn value(&mut self, field: impl Into<String>, got: impl serde::Serialize, why: &str) {
        let got = serde_json::to_string(&got).unwrap_or_default();
        self.push("FieldValueInvalid", field, format!("Invalid value: {got}: {why}"));
    }

    /// `spec.replicas: Invalid value: "string": spec.replicas in body must be of type integer: "string"`.
    pub fn wrong_type(&mut self, field: impl Into<String>, got: impl serde::Serialize, why: &str) {
        let got = serde_json::to_string(&got).unwrap_or_default();
        self.push("FieldValueTypeInvalid", field, format!("Invalid value: {got}: {why}"));
    }

    /// `spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "Never"`.
    pub fn unsupported(
        &mut self,
        field: impl Into<String>,
        got: &(impl serde::Serialize + ?Sized),
        supported: &[&str],
    ) {
        let got = serde_json::to_string(got).unwrap_or_default();
        let list = supported.iter().map(|s| format!("{s:?}")).collect::<Vec<_>>().join(", ");
        self.push(
            "FieldValueNotSupported",
            field,
            format!("Unsupported value: {got}: supported values: {list}"),
        );
    }

    /// `spec.rules[0]: Invalid value: specifying one of …`: what is wrong with a whole, which is not repeated.
    pub fn whole(&mut self, field: impl Into<String>, why: &str) {
        self.push("FieldValueInvalid", field, format!("Invalid value: {why}"));
    }

    /// `spec.clusterIP: Forbidden: may not change once set`.
    pub fn forbidden(&mut self, field: impl Into<String>, why: &str) {
        self.push("FieldValueForbidden", field, format!("Forbidden: {why}"));
    }

    /// `spec.ports[1].name: Duplicate value: "http"`.
    pub fn duplicate(&mut self, field: impl Into<String>, got: &(impl serde::Serialize + ?Sized)) {
        let got = serde_json::to_string(got).unwrap_or_default();
        self.push("FieldValueDuplicate", field, format!("Duplicate value: {got}"));
    }

    /// `spec.containers[0].volumeMounts[0].name: Not found: "data"`.
    pub fn not_found(&mut self, field: impl Into<String>, got: &str) {
        self.push("FieldValueNotFound", field, format!("Not found: {got:?}"));
    }

    /// `metadata.annotations: Too long: may not be more than 262144 bytes`.
    pub fn too_long(&mut self, field: impl Into<String>, max: usize) {
        self.push("FieldValueTooLong", field, format!("Too long: may not be more than {max} bytes"));
    }

    /// `spec.limits: Too many: 3: must have at most 2 items`.
    pub fn too_many(&mut self, field: impl Into<String>, got: usize, max: usize) {
        let items = if max == 1 { "item" } else { "items" };
        self.push("FieldValueTooMany", field, format!("Too many: {got}: must have at most {max} {items}"));
    }

    /// Takes over the findings of a part that was looked at by itself, each under its own path.
    pub(crate) fn adopt(&mut self, found: Self, from: &str, to: &str) {
        self.0.extend(found.0.into_iter().map(|mut cause| {
            if let Some(rest) = cause.field.as_deref().and_then(|f| f.strip_prefix(from)) {
                cause.field = Some(format!("{to}{rest}"));
            }
            cause
        }));
    }

    /// Records a text that is none of `supported`; an absent or empty one is fine.
    pub(crate) fn one_of(&mut self, field: impl Into<String>, text: Option<&str>, supported: &[&str]) {
        if let Some(text) = text.filter(|t| !t.is_empty() && !supported.contains(t)) {
            self.unsupported(field, text, supported);
        }
    }

    /// Records a text that breaks a rule.
    pub(crate) fn ruled(&mut self, field: impl Into<String>, text: &str, rule: Rule) {
        if let Some(why) = rule(text) {
            self.value(field, text, &why);
        }
    }

    /// Records a missing text, or one that breaks a rule.
    pub(crate) fn named(&mut self, field: impl Into<String>, text: &str, rule: Rule) {
        if text.is_empty() { self.required(field, "") } else { self.ruled(field, text, rule) }
    }

    /// Records a change of what never changes.
    pub(crate) fn kept<T: Serialize + PartialEq>(&mut self, field: impl Into<String>, new: &T, old: &T) {
        if new != old {
            self.value(field, new, "field is immutable");
        }
    }

    /// The findings as Kubernetes prints them: `spec.replicas: Invalid value: -1: must …`.
    pub fn lines(&self) -> Vec<String> {
        let text = |t: &Option<String>| t.clone().unwrap_or_default();
        self.0.iter().map(|c| format!("{}: {}", text(&c.field), text(&c.message))).collect()
    }

    /// The findings; empty when nothing is wrong.
    pub fn causes(&self) -> &[StatusCause] {
        &self.0
    }
}
