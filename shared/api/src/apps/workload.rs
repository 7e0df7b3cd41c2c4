//! What kinds that make pods from a template have in common.

use crate::{Invalid, LabelSelector as Selector, core::pod, meta::LabelSelector, metadata, name};
use k8s_openapi::api::core::v1::{Container, PodSpec, PodTemplateSpec};

/// Completes the template, and a missing selector with the template's labels.
pub(super) fn complete(selector: &mut LabelSelector, template: Option<&mut PodTemplateSpec>) {
    let Some(template) = template else { return };
    if let Some(spec) = &mut template.spec {
        pod::defaults::complete(spec);
    }
    // apps/v1 asks for a selector; notes from before it existed leave it out and mean the labels.
    if is_empty(selector) {
        let labels = template.metadata.as_ref().and_then(|m| m.labels.clone());
        selector.match_labels = labels.filter(|l| !l.is_empty());
    }
}

/// Whether a selector has no requirement.
pub(super) fn is_empty(selector: &LabelSelector) -> bool {
    selector.match_labels.as_ref().is_none_or(std::collections::BTreeMap::is_empty)
        && selector.match_expressions.as_ref().is_none_or(Vec::is_empty)
}

/// The containers of the pods to be.
pub(super) fn containers(template: Option<&PodTemplateSpec>) -> &[Container] {
    template.and_then(|t| t.spec.as_ref()).map_or(&[], |s| &s.containers)
}

/// Records what is wrong with the selector and the template of a `kind`.
pub(super) fn valid(
    kind: &str,
    selector: &LabelSelector,
    template: Option<&PodTemplateSpec>,
    invalid: &mut Invalid,
) {
    if is_empty(selector) {
        invalid.required("spec.selector", "");
    }
    valid_selector(selector, invalid);
    let Some(template) = template else { return invalid.required("spec.template", "") };
    let meta = template.metadata.as_ref();
    let labels = meta.and_then(|m| m.labels.as_ref());
    if !is_empty(selector) && !Selector::from_meta(selector).matches(labels) {
        let why = "`selector` does not match template `labels`";
        invalid.value("spec.template.metadata.labels", labels, why);
    }
    metadata::labels("spec.template.metadata.labels", labels, invalid);
    let annotations = meta.and_then(|m| m.annotations.as_ref());
    metadata::annotations("spec.template.metadata.annotations", annotations, invalid);
    let nothing = PodSpec::default();
    let spec = template.spec.as_ref().unwrap_or(&nothing);
    pod::validate::valid_spec(spec, "spec.template.spec", invalid);
    if let Some(policy @ ("OnFailure" | "Never")) = spec.restart_policy.as_deref() {
        invalid.unsupported("spec.template.spec.restartPolicy", policy, &["Always"]);
    }
    if spec.active_deadline_seconds.is_some() {
        let why = format!("activeDeadlineSeconds in {kind} is not Supported");
        invalid.forbidden("spec.template.spec.activeDeadlineSeconds", &why);
    }
}

/// Records a changed selector: the pods made under the old one would be left alone.
pub(super) fn kept(new: &LabelSelector, old: &LabelSelector, invalid: &mut Invalid) {
    if new != old {
        invalid.value("spec.selector", new, "field is immutable");
    }
}

fn valid_selector(selector: &LabelSelector, invalid: &mut Invalid) {
    metadata::labels("spec.selector.matchLabels", selector.match_labels.as_ref(), invalid);
    for (at, e) in selector.match_expressions.iter().flatten().enumerate() {
        let path = format!("spec.selector.matchExpressions[{at}]");
        if let Some(why) = name::qualified(&e.key) {
            invalid.value(format!("{path}.key"), &e.key, &why);
        }
        let empty = e.values.as_ref().is_none_or(Vec::is_empty);
        match e.operator.as_str() {
            "In" | "NotIn" if empty => {
                let why = "must be specified when `operator` is 'In' or 'NotIn'";
                invalid.required(format!("{path}.values"), why);
            }
            "Exists" | "DoesNotExist" if !empty => {
                let why = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
                invalid.forbidden(format!("{path}.values"), why);
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
            other => invalid.value(format!("{path}.operator"), other, "not a valid selector operator"),
        }
    }
}
