//! Replication controllers: what replica sets were before they had selectors of expressions.

use crate::{
    Column, Field, Invalid, Kind,
    apps::workload::{self, Counts, Templated},
    cells,
    core::pod::validate::at_least,
    meta::LabelSelector,
    metadata::valid_name,
    name,
};
pub use k8s_openapi::api::core::v1::ReplicationController;
use k8s_openapi::{
    Resource,
    api::core::v1::{PodTemplateSpec, ReplicationControllerSpec},
};
use std::collections::BTreeMap;

impl Kind for ReplicationController {
    const SHORT_NAMES: &'static [&'static str] = &["rc"];
    const CATEGORIES: &'static [&'static str] = &["all"];
    const ORPHANS: bool = true;
    const SUBRESOURCES: &'static [&'static str] = &["status", "scale"];
    const COLUMNS: &'static [Column<Self>] = &[
        Column::integer("Desired", |r, _| r.spec.as_ref().and_then(|s| s.replicas).unwrap_or(0).to_string()),
        Column::integer("Current", |r, _| current(r)),
        Column::integer("Ready", |r, _| {
            r.status.as_ref().and_then(|s| s.ready_replicas).unwrap_or(0).to_string()
        }),
        Column::age(),
        workload::names(),
        workload::images(),
        workload::selector(),
    ];
    const FIELDS: &'static [Field<Self>] = &[Field { path: "status.replicas", get: current }];

    fn set_defaults(&mut self) {
        let Some(spec) = &mut self.spec else { return };
        workload::complete(spec.template.as_mut());
        spec.replicas.get_or_insert(1);
        if let Some(labels) = workload::labels(spec.template.as_ref()) {
            if spec.selector.as_ref().is_none_or(BTreeMap::is_empty) {
                spec.selector = Some(labels.clone());
            }
            workload::label(&mut self.metadata, spec.template.as_ref());
        }
    }

    fn validate(&self, old: Option<&Self>, invalid: &mut Invalid) {
        valid_name(&self.metadata, name::subdomain, invalid);
        let nothing = ReplicationControllerSpec::default();
        let spec = self.spec.as_ref().unwrap_or(&nothing);
        at_least(0, spec.min_ready_seconds, "spec.minReadySeconds".into(), invalid);
        let selector = spec.selector.as_ref().filter(|s| !s.is_empty());
        if selector.is_none() {
            invalid.required("spec.selector", "");
        }
        match spec.replicas {
            None => invalid.required("spec.replicas", ""),
            replicas => at_least(0, replicas, "spec.replicas".into(), invalid),
        }
        match &spec.template {
            None => invalid.required("spec.template", ""),
            Some(template) => {
                if let Some(labels) = selector {
                    let selector =
                        LabelSelector { match_labels: Some(labels.clone()), ..LabelSelector::default() };
                    workload::matching(Some(&selector), template, invalid);
                }
                workload::valid_template(template, "spec.template", invalid);
                workload::lasting(Self::KIND, template, invalid);
            }
        }
        if let Some(status) = workload::told(old, self, |o| o.status.as_ref()) {
            let counts = Counts {
                all: status.replicas,
                labelled: status.fully_labeled_replicas,
                ready: status.ready_replicas,
                available: status.available_replicas,
            };
            counts.valid(invalid);
        }
    }
}

impl Templated for ReplicationController {
    fn template(&self) -> Option<&PodTemplateSpec> {
        self.spec.as_ref()?.template.as_ref()
    }

    fn selector(&self) -> String {
        cells::labels(self.spec.as_ref().and_then(|s| s.selector.as_ref()))
    }
}

fn current(controller: &ReplicationController) -> String {
    controller.status.as_ref().map_or(0, |s| s.replicas).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::testing::{changed, completed, findings, row};
    use serde_json::{Value, json};

    fn template(label: &str) -> Value {
        json!({"metadata": {"labels": {"app": label}}, "spec": {"containers": [{"name": "a", "image": "x:1"}]}})
    }

    #[test]
    fn labels_of_the_template_stand_for_what_is_left_out() {
        let whole = completed::<ReplicationController>(json!({"spec": {"template": template("a")}}));
        assert_eq!(whole["metadata"]["labels"], json!({"app": "a"}));
        assert_eq!(
            (&whole["spec"]["selector"], &whole["spec"]["replicas"]),
            (&json!({"app": "a"}), &json!(1))
        );
    }

    #[test]
    fn a_controller_is_shown_by_its_counts() {
        let controller = json!({"spec": {"replicas": 3, "template": template("a")}, "status": {"replicas": 2, "readyReplicas": 1}});
        assert_eq!(
            row::<ReplicationController>(controller),
            ["3", "2", "1", "<unknown>", "a", "x:1", "app=a"]
        );
    }

    #[test]
    fn each_finding_names_its_field() {
        let with = |label: &str| json!({"spec": {"selector": {"app": label}, "template": template("a")}});
        assert_eq!(findings::<ReplicationController>(with("a")), [""; 0]);
        assert_eq!(
            findings::<ReplicationController>(with("b")),
            [
                "spec.template.metadata.labels: Invalid value: {\"app\":\"a\"}: `selector` does not match template `labels`"
            ]
        );
        assert_eq!(
            findings::<ReplicationController>(json!({"spec": {"replicas": -1}})),
            [
                "spec.selector: Required value",
                "spec.replicas: Invalid value: -1: must be greater than or equal to 0",
                "spec.template: Required value"
            ]
        );
        let mut ending = with("a");
        ending["spec"]["template"]["spec"]["restartPolicy"] = json!("Never");
        ending["spec"]["template"]["spec"]["activeDeadlineSeconds"] = json!(1);
        assert_eq!(
            findings::<ReplicationController>(ending),
            [
                "spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported values: \"Always\"",
                "spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicationController is not \
                 Supported"
            ]
        );
    }

    #[test]
    fn its_selector_may_change() {
        let with = |label: &str| json!({"spec": {"selector": {"app": label}, "template": template(label)}});
        assert_eq!(changed::<ReplicationController>(with("a"), with("b")), [""; 0]);
    }
}
