//! Replica sets: so many pods from one template.

use crate::{
    Column, Field, Invalid, Kind, Version,
    apps::{
        legacy,
        workload::{self, Templated},
    },
    cells,
    core::pod::validate::at_least,
    metadata::valid_name,
    name,
};
pub use k8s_openapi::api::apps::v1::ReplicaSet;
use k8s_openapi::{
    Resource,
    api::{
        apps::v1::{ReplicaSetSpec, ReplicaSetStatus},
        core::v1::PodTemplateSpec,
    },
};

impl Kind for ReplicaSet {
    const SHORT_NAMES: &'static [&'static str] = &["rs"];
    const CATEGORIES: &'static [&'static str] = &["all"];
    const SUBRESOURCES: &'static [&'static str] = &["status", "scale"];
    const VERSIONS: &'static [Version] = legacy::REPLICA_SET;
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

    fn warnings(&self) -> Vec<String> {
        self.spec.as_ref().map(|s| workload::selected(&s.selector, s.template.as_ref())).unwrap_or_default()
    }

    fn set_defaults(&mut self) {
        if let Some(spec) = &mut self.spec {
            workload::complete(spec.template.as_mut());
            workload::select(&mut spec.selector, spec.template.as_ref());
            spec.replicas.get_or_insert(1);
        }
    }

    fn validate(&self, old: Option<&Self>, invalid: &mut Invalid) {
        valid_name(&self.metadata, name::subdomain, invalid);
        let nothing = ReplicaSetSpec::default();
        let spec = self.spec.as_ref().unwrap_or(&nothing);
        at_least(0, spec.replicas, "spec.replicas".into(), invalid);
        at_least(0, spec.min_ready_seconds, "spec.minReadySeconds".into(), invalid);
        workload::valid(Self::KIND, &spec.selector, spec.template.as_ref(), invalid);
        if let Some(status) = workload::told(old, self, |o| o.status.as_ref()) {
            counts(status).valid(invalid);
        }
        if let Some(old) = old.and_then(|o| o.spec.as_ref()) {
            invalid.kept("spec.selector", &spec.selector, &old.selector);
        }
    }
}

impl Templated for ReplicaSet {
    fn template(&self) -> Option<&PodTemplateSpec> {
        self.spec.as_ref()?.template.as_ref()
    }

    fn selector(&self) -> String {
        self.spec.as_ref().map(|s| cells::selector(&s.selector)).unwrap_or_default()
    }
}

fn counts(status: &ReplicaSetStatus) -> workload::Counts {
    workload::Counts {
        all: status.replicas,
        labelled: status.fully_labeled_replicas,
        ready: status.ready_replicas,
        available: status.available_replicas,
    }
}

fn current(set: &ReplicaSet) -> String {
    set.status.as_ref().map_or(0, |s| s.replicas).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::testing::{changed, findings, row};
    use serde_json::json;

    #[test]
    fn a_set_is_shown_by_its_counts() {
        let set = json!({
            "spec": {"template": {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [{"name": "a", "image": "x:1"}]}}},
            "status": {"replicas": 2, "readyReplicas": 1}
        });
        assert_eq!(row::<ReplicaSet>(set), ["1", "2", "1", "<unknown>", "a", "x:1", "app=a"]);
    }

    #[test]
    fn each_finding_names_its_field() {
        let template = |label: &str| json!({"metadata": {"labels": {"app": label}}, "spec": {"containers": [{"name": "a", "image": "x"}]}});
        let with = |label: &str| json!({"spec": {"template": template(label)}});
        assert_eq!(findings::<ReplicaSet>(with("a")), [""; 0]);
        assert_eq!(
            findings::<ReplicaSet>(json!({"spec": {"replicas": -1, "template": template("a")}})),
            ["spec.replicas: Invalid value: -1: must be greater than or equal to 0"]
        );
        assert_eq!(
            findings::<ReplicaSet>(json!({"spec": {"selector": {"matchLabels": {"app": "a"}}}})),
            ["spec.template: Required value"]
        );
        let found = changed::<ReplicaSet>(with("a"), with("b"));
        assert_eq!(
            found,
            ["spec.selector: Invalid value: {\"matchLabels\":{\"app\":\"b\"}}: field is immutable"]
        );
    }
}
