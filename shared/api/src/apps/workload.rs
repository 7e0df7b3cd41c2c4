//! What kinds that make pods from a template have in common.

use crate::{core::pod, meta::LabelSelector};
use k8s_openapi::api::core::v1::{Container, PodTemplateSpec};

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
