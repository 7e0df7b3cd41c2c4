//! Ingresses: which host and path leads to which service.

use crate::Kind;
pub use k8s_openapi::api::networking::v1::Ingress;

impl Kind for Ingress {
    const SHORT_NAMES: &'static [&'static str] = &["ing"];
    const SUBRESOURCES: &'static [&'static str] = &["status"];
}
