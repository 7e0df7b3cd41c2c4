//! Horizontal pod autoscalers: as many replicas as the load asks for.

mod columns;
mod defaults;
mod legacy;
mod metric;
mod validate;

use crate::{Column, Invalid, Kind, Version, apps::workload, metadata::valid_name, name};
pub use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscalerSpec;

impl Kind for HorizontalPodAutoscaler {
    const SHORT_NAMES: &'static [&'static str] = &["hpa"];
    const CATEGORIES: &'static [&'static str] = &["all"];
    const SUBRESOURCES: &'static [&'static str] = &["status"];
    const VERSIONS: &'static [Version] = legacy::VERSIONS;
    const COLUMNS: &'static [Column<Self>] = columns::COLUMNS;

    fn set_defaults(&mut self) {
        if let Some(spec) = &mut self.spec {
            defaults::complete(spec);
        }
    }

    fn validate(&self, old: Option<&Self>, invalid: &mut Invalid) {
        valid_name(&self.metadata, name::subdomain, invalid);
        let nothing = HorizontalPodAutoscalerSpec::default();
        validate::valid(self.spec.as_ref().unwrap_or(&nothing), invalid);
        if let Some(status) = workload::told(old, self, |o| o.status.as_ref()) {
            validate::valid_status(status, invalid);
        }
    }
}
