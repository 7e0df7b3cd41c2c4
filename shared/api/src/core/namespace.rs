use crate::Kind;
pub use k8s_openapi::api::core::v1::Namespace;

impl Kind for Namespace {
    const SHORT_NAMES: &'static [&'static str] = &["ns"];
    const SUBRESOURCES: &'static [&'static str] = &["status", "finalize"];
}
