//! Services: one lasting address for pods that come and go.

mod columns;
mod defaults;
mod validate;

use crate::{Column, Field, Invalid, Kind, metadata::valid_name, name};
pub use k8s_openapi::api::core::v1::Service;

impl Kind for Service {
    const SHOWN_LAST: bool = true;
    const SHORT_NAMES: &'static [&'static str] = &["svc"];
    const CATEGORIES: &'static [&'static str] = &["all"];
    const SUBRESOURCES: &'static [&'static str] = &["status", "proxy"];
    const COLUMNS: &'static [Column<Self>] = columns::COLUMNS;
    const FIELDS: &'static [Field<Self>] = &[
        Field {
            path: "spec.clusterIP",
            get: |s| s.spec.as_ref().and_then(|s| s.cluster_ip.clone()).unwrap_or_default(),
        },
        Field {
            path: "spec.type",
            get: |s| s.spec.as_ref().and_then(|s| s.type_.clone()).unwrap_or_default(),
        },
    ];

    fn set_defaults(&mut self) {
        defaults::complete(self.spec.get_or_insert_default());
        let balanced = self.status.get_or_insert_default().load_balancer.get_or_insert_default();
        if self.spec.as_ref().and_then(|s| s.type_.as_deref()) == Some("LoadBalancer") {
            for ingress in balanced.ingress.iter_mut().flatten().filter(|i| i.ip.is_some()) {
                ingress.ip_mode.get_or_insert_with(|| "VIP".into());
            }
        }
    }

    fn validate(&self, old: Option<&Self>, invalid: &mut Invalid) {
        valid_name(&self.metadata, name::service, invalid);
        if let Some(spec) = &self.spec {
            validate::valid(spec, old.and_then(|o| o.spec.as_ref()), invalid);
        }
    }
}
