//! The `admissionregistration.k8s.io` group: who else is asked before something is written.

mod mutating_webhook_configuration;
mod rules;
mod validating_admission_policy;
mod validating_admission_policy_binding;
mod validating_webhook_configuration;
mod webhooks;

pub use k8s_openapi::api::admissionregistration::v1::*;
pub use mutating_webhook_configuration::MutatingWebhookConfiguration;
pub use validating_admission_policy::ValidatingAdmissionPolicy;
pub use validating_admission_policy_binding::ValidatingAdmissionPolicyBinding;
pub use validating_webhook_configuration::ValidatingWebhookConfiguration;
pub use webhooks::Hook;
pub(crate) use webhooks::{has_known_version, valid_address, valid_versions};
