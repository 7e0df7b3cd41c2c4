//! Ingress classes: who serves which ingresses.

use crate::Kind;
pub use k8s_openapi::api::networking::v1::IngressClass;

impl Kind for IngressClass {}
