//! Definitions of kinds; [`crate::custom`] makes kinds of them.

mod conversion;
mod names;
mod structural;
mod validate;
mod versions;

use crate::{Column, Invalid, Kind};
pub use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, CustomResourceDefinitionCondition, CustomResourceDefinitionNames,
    CustomResourceDefinitionStatus,
};
pub use names::{ESTABLISHED, Names, TERMINATING, established, is, say};

/// The finalizer that keeps a definition until its objects are gone.
pub const CLEANUP: &str = "customresourcecleanup.apiextensions.k8s.io";

impl Kind for CustomResourceDefinition {
    const SHORT_NAMES: &'static [&'static str] = &["crd", "crds"];
    const CATEGORIES: &'static [&'static str] = &["api-extensions"];
    const COLUMNS: &'static [Column<Self>] = &[Column::text("Created At", |definition, _| {
        let created = definition.metadata.creation_timestamp.as_ref();
        created.map_or_else(|| "<unknown>".into(), |t| t.0.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
    })];
    const SUBRESOURCES: &'static [&'static str] = &["status"];

    fn begin(&mut self) {
        let finalizers = self.metadata.finalizers.get_or_insert_default();
        if !finalizers.iter().any(|f| f == CLEANUP) {
            finalizers.push(CLEANUP.into());
        }
    }

    fn set_defaults(&mut self) {
        let spec = &mut self.spec;
        let kind = spec.names.kind.clone();
        if !kind.is_empty() {
            spec.names.singular.get_or_insert_with(|| kind.to_lowercase());
            spec.names.list_kind.get_or_insert_with(|| format!("{kind}List"));
        }
        let conversion = spec.conversion.get_or_insert_default();
        if conversion.strategy.is_empty() {
            conversion.strategy = "None".into();
        }
        let client = conversion.webhook.as_mut().and_then(|webhook| webhook.client_config.as_mut());
        if let Some(service) = client.and_then(|client| client.service.as_mut()) {
            service.port.get_or_insert(443);
        }
    }

    fn validate(&self, old: Option<&Self>, invalid: &mut Invalid) {
        validate::definition(self, old, invalid);
    }
}

#[cfg(test)]
mod tests;
