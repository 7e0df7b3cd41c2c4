//! Webhooks that may change what is written.

use super::webhooks;
use crate::{Column, Invalid, Kind, metadata::valid_name, name};
pub use k8s_openapi::api::admissionregistration::v1::MutatingWebhookConfiguration;

impl Kind for MutatingWebhookConfiguration {
    const CATEGORIES: &'static [&'static str] = &["api-extensions"];
    const COLUMNS: &'static [Column<Self>] = &[
        Column::integer("Webhooks", |c, _| c.webhooks.as_ref().map_or(0, Vec::len).to_string()),
        Column::age(),
    ];

    fn set_defaults(&mut self) {
        for hook in self.webhooks.iter_mut().flatten() {
            webhooks::complete(hook.into());
            hook.reinvocation_policy.get_or_insert_with(|| "Never".into());
        }
    }

    fn validate(&self, old: Option<&Self>, invalid: &mut Invalid) {
        valid_name(&self.metadata, name::subdomain, invalid);
        let old = old.map(|old| old.webhooks.iter().flatten().map(Into::into).collect::<Vec<_>>());
        webhooks::valid(self.webhooks.iter().flatten().map(Into::into), old.as_deref(), invalid);
        for (at, hook) in self.webhooks.iter().flatten().enumerate() {
            let path = format!("webhooks[{at}].reinvocationPolicy");
            invalid.one_of(path, hook.reinvocation_policy.as_deref(), &["IfNeeded", "Never"]);
        }
    }
}
