//! The `node.k8s.io` group.

mod runtime_class;

pub use k8s_openapi::api::node::v1::*;
pub use runtime_class::RuntimeClass;
