//! The `networking.k8s.io` group.

mod ingress;
mod ingress_class;
mod network_policy;

pub use ingress::Ingress;
pub use ingress_class::{DEFAULT_CLASS, IngressClass, is_default};
pub use k8s_openapi::api::networking::v1::*;
pub use network_policy::NetworkPolicy;
