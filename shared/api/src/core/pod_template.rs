//! Pod templates kept by name, for whoever stamps pods from them.

use crate::Kind;
pub use k8s_openapi::api::core::v1::PodTemplate;

impl Kind for PodTemplate {}
