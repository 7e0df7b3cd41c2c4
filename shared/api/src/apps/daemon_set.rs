//! Daemon sets: one pod on every node that fits.

use crate::Kind;
pub use k8s_openapi::api::apps::v1::DaemonSet;

impl Kind for DaemonSet {
    const SHORT_NAMES: &'static [&'static str] = &["ds"];
    const CATEGORIES: &'static [&'static str] = &["all"];
    const SUBRESOURCES: &'static [&'static str] = &["status"];
}
