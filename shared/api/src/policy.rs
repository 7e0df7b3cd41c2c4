//! The `policy` group.

mod pod_disruption_budget;

pub use k8s_openapi::api::policy::v1::*;
pub use pod_disruption_budget::PodDisruptionBudget;
