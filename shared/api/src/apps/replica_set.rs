use crate::Kind;
pub use k8s_openapi::api::apps::v1::ReplicaSet;

impl Kind for ReplicaSet {
    const SHORT_NAMES: &'static [&'static str] = &["rs"];
    const SUBRESOURCES: &'static [&'static str] = &["status", "scale"];
}
