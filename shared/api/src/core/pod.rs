use crate::Kind;
pub use k8s_openapi::api::core::v1::Pod;

impl Kind for Pod {
    const SHORT_NAMES: &'static [&'static str] = &["po"];
}
