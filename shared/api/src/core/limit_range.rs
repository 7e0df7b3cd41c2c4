//! Limit ranges: how much one pod, container or claim of a namespace may have.

use crate::Kind;
pub use k8s_openapi::api::core::v1::LimitRange;

impl Kind for LimitRange {
    const SHORT_NAMES: &'static [&'static str] = &["limits"];
}
