//! Pods: one or more containers that share a node, an address and volumes.

use crate::{Field, Invalid, Kind, metadata::valid_name, name};
pub use k8s_openapi::api::core::v1::Pod;

impl Kind for Pod {
    const SHORT_NAMES: &'static [&'static str] = &["po"];
    const CATEGORIES: &'static [&'static str] = &["all"];
    const SUBRESOURCES: &'static [&'static str] =
        &["status", "binding", "eviction", "log", "exec", "attach", "portforward"];
    const FIELDS: &'static [Field<Self>] = &[
        Field {
            path: "spec.nodeName",
            get: |p| p.spec.as_ref().and_then(|s| s.node_name.clone()).unwrap_or_default(),
        },
        Field {
            path: "status.phase",
            get: |p| p.status.as_ref().and_then(|s| s.phase.clone()).unwrap_or_default(),
        },
    ];

    fn set_defaults(&mut self) {
        self.status.get_or_insert_default().phase.get_or_insert_with(|| "Pending".into());
    }

    fn validate(&self, _old: Option<&Self>, invalid: &mut Invalid) {
        valid_name(&self.metadata, name::subdomain, invalid);
    }
}
