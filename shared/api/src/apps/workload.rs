//! What kinds that make pods from a template have in common.

use crate::{
    Column, Invalid, Kind, LabelSelector as Selector, cells,
    core::pod::{self, validate::at_least},
    meta::{LabelSelector, ObjectMeta},
    metadata, selector as rules,
};
use k8s_openapi::api::core::v1::{Container, PodSpec, PodTemplateSpec};
use std::collections::BTreeMap;

/// A kind that makes pods from a template.
pub(crate) trait Templated: Kind {
    /// What its pods look like.
    fn template(&self) -> Option<&PodTemplateSpec>;

    /// Which pods are its own, as people read it.
    fn selector(&self) -> String;
}

/// The names of the containers of the pods to be, for wide tables.
pub(crate) const fn names<K: Templated>() -> Column<K> {
    Column::text("Containers", |k: &K, _| cells::names(containers(k.template()))).wide()
}

/// Their images, for wide tables.
pub(crate) const fn images<K: Templated>() -> Column<K> {
    Column::text("Images", |k: &K, _| cells::images(containers(k.template()))).wide()
}

/// Which pods are meant, for wide tables.
pub(crate) const fn selector<K: Templated>() -> Column<K> {
    Column::text("Selector", |k: &K, _| k.selector()).wide()
}

/// Completes the template.
pub(crate) fn complete(template: Option<&mut PodTemplateSpec>) {
    if let Some(spec) = template.and_then(|t| t.spec.as_mut()) {
        pod::defaults::complete(spec);
    }
}

/// Completes a missing selector with the template's labels: apps/v1 asks for a selector, notes from
/// before it existed leave it out and mean the labels.
pub(crate) fn select(selector: &mut LabelSelector, template: Option<&PodTemplateSpec>) {
    if is_empty(selector) {
        selector.match_labels = labels(template).filter(|l| !l.is_empty()).cloned();
    }
}

/// What the author of a missing selector is told.
pub(crate) fn selected(selector: &LabelSelector, template: Option<&PodTemplateSpec>) -> Vec<String> {
    if is_empty(selector) && labels(template).is_some_and(|l| !l.is_empty()) {
        return vec![
            "spec.selector: not set, taken from spec.template.metadata.labels; apps/v1 asks for it".into(),
        ];
    }
    Vec::new()
}

/// What the author of a new template is told.
pub(crate) fn warnings(meta: &ObjectMeta, template: Option<&PodTemplateSpec>) -> Vec<String> {
    let spec = template.filter(|_| meta.uid.is_none()).and_then(|t| t.spec.as_ref());
    spec.map(|spec| pod::warn::warnings(spec, "spec.template.spec")).unwrap_or_default()
}

/// Gives an object that has no labels those of its template.
pub(crate) fn label(meta: &mut ObjectMeta, template: Option<&PodTemplateSpec>) {
    if meta.labels.as_ref().is_none_or(BTreeMap::is_empty)
        && let Some(labels) = labels(template)
    {
        meta.labels = Some(labels.clone());
    }
}

/// The labels of the pods to be.
pub(crate) fn labels(template: Option<&PodTemplateSpec>) -> Option<&BTreeMap<String, String>> {
    template?.metadata.as_ref()?.labels.as_ref()
}

/// Whether a selector has no requirement.
pub(crate) fn is_empty(selector: &LabelSelector) -> bool {
    selector.match_labels.as_ref().is_none_or(BTreeMap::is_empty)
        && selector.match_expressions.as_ref().is_none_or(Vec::is_empty)
}

/// The containers of the pods to be.
pub(crate) fn containers(template: Option<&PodTemplateSpec>) -> &[Container] {
    template.and_then(|t| t.spec.as_ref()).map_or(&[], |s| &s.containers)
}

/// Records what is wrong with the selector and the template of a `kind` whose pods run for ever.
pub(super) fn valid(
    kind: &str,
    selector: &LabelSelector,
    template: Option<&PodTemplateSpec>,
    invalid: &mut Invalid,
) {
    if is_empty(selector) {
        invalid.required("spec.selector", "");
    }
    rules::valid(selector, "spec.selector", invalid);
    let Some(template) = template else { return invalid.required("spec.template", "") };
    // No selector means nothing, not everything.
    matching(Some(selector).filter(|s| !is_empty(s)), template, invalid);
    valid_template(template, "spec.template", invalid);
    lasting(kind, template, invalid);
}

/// Records that a selector does not mean the pods of its own template.
pub(crate) fn matching(selector: Option<&LabelSelector>, template: &PodTemplateSpec, invalid: &mut Invalid) {
    let labels = labels(Some(template));
    if !selector.is_some_and(|s| Selector::from_meta(s).matches(labels)) {
        let why = "`selector` does not match template `labels`";
        invalid.value("spec.template.metadata.labels", labels, why);
    }
}

/// Records what is wrong with a template of pods at `path`.
pub(crate) fn valid_template(template: &PodTemplateSpec, path: &str, invalid: &mut Invalid) {
    let meta = template.metadata.as_ref();
    metadata::labels(&format!("{path}.labels"), labels(Some(template)), invalid);
    let annotations = meta.and_then(|m| m.annotations.as_ref());
    metadata::annotations(&format!("{path}.annotations"), annotations, invalid);
    let nothing = PodSpec::default();
    let spec = template.spec.as_ref().unwrap_or(&nothing);
    pod::validate::valid_spec(spec, &format!("{path}.spec"), invalid);
    if spec.ephemeral_containers.as_ref().is_some_and(|list| !list.is_empty()) {
        let why = "ephemeral containers not allowed in pod template";
        invalid.forbidden(format!("{path}.spec.ephemeralContainers"), why);
    }
}

/// Records pods that would end, in a `kind` that keeps its pods running.
pub(crate) fn lasting(kind: &str, template: &PodTemplateSpec, invalid: &mut Invalid) {
    let Some(spec) = &template.spec else { return };
    if let Some(policy) = spec.restart_policy.as_deref().filter(|p| *p != "Always") {
        invalid.unsupported("spec.template.spec.restartPolicy", policy, &["Always"]);
    }
    if spec.active_deadline_seconds.is_some() {
        let why = format!("activeDeadlineSeconds in {kind} is not Supported");
        invalid.forbidden("spec.template.spec.activeDeadlineSeconds", &why);
    }
}

/// The status, when it is what changed: what was told before is not refused to those who change something
/// else.
pub(crate) fn told<'a, K, T: PartialEq>(
    old: Option<&'a K>,
    new: &'a K,
    status: fn(&K) -> Option<&T>,
) -> Option<&'a T> {
    status(new).filter(|told| old.is_some_and(|old| status(old) != Some(told)))
}

/// How many pods a set of replicas has, and has of each kind.
pub(crate) struct Counts {
    /// All of them.
    pub(crate) all: i32,
    /// Those with every label of the template.
    pub(crate) labelled: Option<i32>,
    /// Those that may be given work.
    pub(crate) ready: Option<i32>,
    /// Those that have been ready for long enough.
    pub(crate) available: Option<i32>,
}

impl Counts {
    /// Records counts that contradict each other: they were counted wrongly.
    pub(crate) fn valid(&self, invalid: &mut Invalid) {
        let some = [
            ("fullyLabeledReplicas", self.labelled),
            ("readyReplicas", self.ready),
            ("availableReplicas", self.available),
        ];
        at_least(0, Some(self.all), "status.replicas".into(), invalid);
        for (field, number) in some {
            at_least(0, number, format!("status.{field}"), invalid);
            if let Some(number) = number.filter(|n| *n > self.all) {
                invalid.value(format!("status.{field}"), number, "cannot be greater than status.replicas");
            }
        }
        if let Some(available) = self.available.filter(|a| *a > self.ready.unwrap_or(0)) {
            invalid.value("status.availableReplicas", available, "cannot be greater than readyReplicas");
        }
    }
}
