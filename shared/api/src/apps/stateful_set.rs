//! Stateful sets: pods with lasting names and volumes.

use crate::Kind;
pub use k8s_openapi::api::apps::v1::StatefulSet;

impl Kind for StatefulSet {
    const SHORT_NAMES: &'static [&'static str] = &["sts"];
    const CATEGORIES: &'static [&'static str] = &["all"];
    const SUBRESOURCES: &'static [&'static str] = &["status", "scale"];
}
