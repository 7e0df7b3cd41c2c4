//! The `discovery.k8s.io` group.

mod endpoint_slice;

pub use endpoint_slice::EndpointSlice;
pub use k8s_openapi::api::discovery::v1::*;
