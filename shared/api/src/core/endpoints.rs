use crate::Kind;
pub use k8s_openapi::api::core::v1::Endpoints;

impl Kind for Endpoints {
    const SHORT_NAMES: &'static [&'static str] = &["ep"];
}
