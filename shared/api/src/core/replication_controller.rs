//! Replication controllers: what replica sets were before they had selectors of expressions.

use crate::Kind;
pub use k8s_openapi::api::core::v1::ReplicationController;

impl Kind for ReplicationController {
    const SHORT_NAMES: &'static [&'static str] = &["rc"];
    const CATEGORIES: &'static [&'static str] = &["all"];
    const ORPHANS: bool = true;
    const SUBRESOURCES: &'static [&'static str] = &["status", "scale"];
}
