//! Priority classes: names for how important pods are.

use crate::Kind;
pub use k8s_openapi::api::scheduling::v1::PriorityClass;

impl Kind for PriorityClass {
    const SHORT_NAMES: &'static [&'static str] = &["pc"];
}
