use crate::Kind;
pub use k8s_openapi::api::core::v1::ServiceAccount;

impl Kind for ServiceAccount {
    const SHORT_NAMES: &'static [&'static str] = &["sa"];
}
