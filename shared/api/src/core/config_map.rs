use crate::Kind;
pub use k8s_openapi::api::core::v1::ConfigMap;

impl Kind for ConfigMap {
    const SHORT_NAMES: &'static [&'static str] = &["cm"];
}
