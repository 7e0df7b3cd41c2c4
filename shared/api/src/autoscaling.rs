//! The `autoscaling` group.

mod horizontal_pod_autoscaler;

pub use horizontal_pod_autoscaler::HorizontalPodAutoscaler;
pub use k8s_openapi::api::autoscaling::v2::*;
