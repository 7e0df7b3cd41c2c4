use crate::Kind;
pub use k8s_openapi::api::core::v1::Secret;

impl Kind for Secret {
    const SHORT_NAMES: &'static [&'static str] = &[];
}
