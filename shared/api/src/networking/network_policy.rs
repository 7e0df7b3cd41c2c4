//! Network policies: which pods may speak to which.

use crate::Kind;
pub use k8s_openapi::api::networking::v1::NetworkPolicy;

impl Kind for NetworkPolicy {
    const SHORT_NAMES: &'static [&'static str] = &["netpol"];
}
