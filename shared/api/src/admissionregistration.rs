//! The `admissionregistration.k8s.io` group: who else is asked before something is written.

mod rules;
mod validating_admission_policy;
mod validating_admission_policy_binding;
mod webhooks;

pub use k8s_openapi::api::admissionregistration::v1::*;
pub use validating_admission_policy::ValidatingAdmissionPolicy;
pub use validating_admission_policy_binding::ValidatingAdmissionPolicyBinding;
pub use webhooks::{Hook, MutatingWebhookConfiguration, ValidatingWebhookConfiguration};
pub(crate) use webhooks::{has_known_version, valid_address, valid_versions};
