//! Resource quotas: how much a namespace may have in all.

use crate::Kind;
pub use k8s_openapi::api::core::v1::ResourceQuota;

impl Kind for ResourceQuota {
    const SHORT_NAMES: &'static [&'static str] = &["quota"];
    const SUBRESOURCES: &'static [&'static str] = &["status"];
}
