//! Webhooks that may refuse what is written.

use super::webhooks;
use crate::{Column, Invalid, Kind, metadata::valid_name, name};
pub use k8s_openapi::api::admissionregistration::v1::ValidatingWebhookConfiguration;

impl Kind for ValidatingWebhookConfiguration {
    const CATEGORIES: &'static [&'static str] = &["api-extensions"];
    const COLUMNS: &'static [Column<Self>] = &[
        Column::integer("Webhooks", |c, _| c.webhooks.as_ref().map_or(0, Vec::len).to_string()),
        Column::age(),
    ];

    fn set_defaults(&mut self) {
        for hook in self.webhooks.iter_mut().flatten() {
            webhooks::complete(hook.into());
        }
    }

    fn validate(&self, old: Option<&Self>, invalid: &mut Invalid) {
        valid_name(&self.metadata, name::subdomain, invalid);
        let old = old.map(|old| old.webhooks.iter().flatten().map(Into::into).collect::<Vec<_>>());
        webhooks::valid(self.webhooks.iter().flatten().map(Into::into), old.as_deref(), invalid);
    }
}
