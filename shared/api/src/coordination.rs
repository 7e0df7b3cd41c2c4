//! The `coordination.k8s.io` group.

mod lease;

pub use k8s_openapi::api::coordination::v1::*;
pub use lease::Lease;
