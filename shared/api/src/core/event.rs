use crate::Kind;
pub use k8s_openapi::api::core::v1::Event;

impl Kind for Event {
    const SHORT_NAMES: &'static [&'static str] = &["ev"];
}
