//! Deployments: pods from a template, replaced step by step when the template changes.

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
pub use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::{
    apps::v1::{DeploymentSpec, DeploymentStatus},
    core::v1::PodTemplateSpec,
};

impl Kind for Deployment {
    const SHORT_NAMES: &'static [&'static str] = &["deploy"];
    const CATEGORIES: &'static [&'static str] = &["all"];
    const SUBRESOURCES: &'static [&'static str] = &["status", "scale"];
    const VERSIONS: &'static [Version] = legacy::DEPLOYMENT;
    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("Ready", |d, _| {
            let wanted = d.spec.as_ref().and_then(|s| s.replicas).unwrap_or(0);
            format!("{}/{wanted}", count(d, |s| s.ready_replicas))
        }),
        Column::text("Up-to-date", |d, _| count(d, |s| s.updated_replicas).to_string()),
        Column::text("Available", |d, _| count(d, |s| s.available_replicas).to_string()),
        Column::age(),
        workload::names(),
        workload::images(),
        workload::selector(),
    ];

    fn warnings(&self) -> Vec<String> {
        let Some(spec) = &self.spec else { return Vec::new() };
        let mut told = workload::selected(&spec.selector, Some(&spec.template));
        told.extend(workload::warnings(&self.metadata, Some(&spec.template)));
        told
    }

    fn set_defaults(&mut self) {
        if let Some(spec) = &mut self.spec {
            defaults::complete(spec);
        }
    }

    fn validate(&self, old: Option<&Self>, invalid: &mut Invalid) {
        valid_name(&self.metadata, name::subdomain, invalid);
        let nothing = DeploymentSpec::default();
        let spec = self.spec.as_ref().unwrap_or(&nothing);
        validate::valid(spec, invalid);
        if let Some(status) = workload::told(old, self, |o| o.status.as_ref()) {
            validate::valid_status(status, invalid);
        }
        if let Some(old) = old.and_then(|o| o.spec.as_ref()) {
            invalid.kept("spec.selector", &spec.selector, &old.selector);
        }
    }
}

impl Templated for Deployment {
    fn template(&self) -> Option<&PodTemplateSpec> {
        self.spec.as_ref().map(|s| &s.template)
    }

    fn selector(&self) -> String {
        self.spec.as_ref().map(|s| cells::selector(&s.selector)).unwrap_or_default()
    }
}

fn count(deployment: &Deployment, get: impl Fn(&DeploymentStatus) -> Option<i32>) -> i32 {
    deployment.status.as_ref().and_then(get).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::testing::row;
    use serde_json::json;

    #[test]
    fn a_deployment_is_shown_by_its_progress() {
        let deployment = json!({
            "spec": {"replicas": 2, "template": {"metadata": {"labels": {"app": "a"}},
                "spec": {"containers": [{"name": "a", "image": "x:1"}, {"name": "b", "image": "y"}]}}},
            "status": {"readyReplicas": 1, "updatedReplicas": 2, "availableReplicas": 1}
        });
        assert_eq!(row::<Deployment>(deployment), ["1/2", "2", "1", "<unknown>", "a,b", "x:1,y", "app=a"]);
    }
}
