use crate::Kind;
pub use k8s_openapi::api::core::v1::Service;

impl Kind for Service {
    const SHORT_NAMES: &'static [&'static str] = &["svc"];
    const SUBRESOURCES: &'static [&'static str] = &["status"];
}
