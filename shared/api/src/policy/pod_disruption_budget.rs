//! Pod disruption budgets: how many pods of an application may be away at once.

use crate::Kind;
pub use k8s_openapi::api::policy::v1::PodDisruptionBudget;

impl Kind for PodDisruptionBudget {
    const SHORT_NAMES: &'static [&'static str] = &["pdb"];
    const SUBRESOURCES: &'static [&'static str] = &["status"];
}
