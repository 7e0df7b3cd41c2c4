use crate::Kind;
pub use k8s_openapi::api::apps::v1::Deployment;

impl Kind for Deployment {
    const SHORT_NAMES: &'static [&'static str] = &["deploy"];
    const SUBRESOURCES: &'static [&'static str] = &["status", "scale"];
}
