//! Persistent volume claims: storage somebody wants.

use crate::Kind;
pub use k8s_openapi::api::core::v1::PersistentVolumeClaim;

impl Kind for PersistentVolumeClaim {
    const SHORT_NAMES: &'static [&'static str] = &["pvc"];
    const SUBRESOURCES: &'static [&'static str] = &["status"];
}
