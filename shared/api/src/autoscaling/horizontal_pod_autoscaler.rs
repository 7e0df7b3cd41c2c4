//! Horizontal pod autoscalers: as many replicas as the load asks for.

use crate::Kind;
pub use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;

impl Kind for HorizontalPodAutoscaler {
    const SHORT_NAMES: &'static [&'static str] = &["hpa"];
    const CATEGORIES: &'static [&'static str] = &["all"];
    const SUBRESOURCES: &'static [&'static str] = &["status"];
}
