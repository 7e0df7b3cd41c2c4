use crate::Kind;
pub use k8s_openapi::api::discovery::v1::EndpointSlice;

impl Kind for EndpointSlice {
    const SHORT_NAMES: &'static [&'static str] = &[];
}
