//! Stateful sets: pods with lasting names and volumes.

mod defaults;
mod validate;

use crate::{
    Column, Invalid, Kind, Version,
    apps::{
        legacy,
        workload::{self, Templated},
    },
    cells,
    metadata::valid_name,
    name,
};
pub use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::{apps::v1::StatefulSetSpec, core::v1::PodTemplateSpec};

impl Kind for StatefulSet {
    const SHORT_NAMES: &'static [&'static str] = &["sts"];
    const CATEGORIES: &'static [&'static str] = &["all"];
    const SUBRESOURCES: &'static [&'static str] = &["status", "scale"];
    const VERSIONS: &'static [Version] = legacy::STATEFUL_SET;
    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("Ready", |s, _| {
            let wanted = s.spec.as_ref().and_then(|s| s.replicas).unwrap_or(0);
            let ready = s.status.as_ref().and_then(|s| s.ready_replicas).unwrap_or(0);
            format!("{ready}/{wanted}")
        }),
        Column::age(),
        workload::names(),
        workload::images(),
    ];

    fn set_defaults(&mut self) {
        if let Some(spec) = &mut self.spec {
            defaults::complete(spec);
        }
    }

    fn validate(&self, old: Option<&Self>, invalid: &mut Invalid) {
        let nothing = StatefulSetSpec::default();
        let spec = self.spec.as_ref().unwrap_or(&nothing);
        if old.is_none() {
            valid_name(&self.metadata, name::label, invalid);
            validate::valid_new(spec, invalid);
        }
        validate::valid(spec, invalid);
        if let Some(status) = workload::told(old, self, |o| o.status.as_ref()) {
            validate::valid_status(status, invalid);
        }
        if let Some(old) = old.and_then(|o| o.spec.as_ref()) {
            validate::valid_change(spec, old, invalid);
        }
    }
}

impl Templated for StatefulSet {
    fn template(&self) -> Option<&PodTemplateSpec> {
        self.spec.as_ref().map(|s| &s.template)
    }

    fn selector(&self) -> String {
        self.spec.as_ref().map(|s| cells::selector(&s.selector)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::testing::row;
    use serde_json::json;

    #[test]
    fn a_set_is_shown_by_its_ready_pods() {
        let set = json!({
            "spec": {"replicas": 3, "template": {"spec": {"containers": [{"name": "a", "image": "x:1"}]}}},
            "status": {"replicas": 2, "readyReplicas": 1}
        });
        assert_eq!(row::<StatefulSet>(set), ["1/3", "<unknown>", "a", "x:1"]);
    }
}
