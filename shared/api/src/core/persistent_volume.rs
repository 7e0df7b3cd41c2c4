//! Persistent volumes: storage the cluster has, whoever uses it.

use crate::Kind;
pub use k8s_openapi::api::core::v1::PersistentVolume;

impl Kind for PersistentVolume {
    const SHORT_NAMES: &'static [&'static str] = &["pv"];
    const SUBRESOURCES: &'static [&'static str] = &["status"];
}
