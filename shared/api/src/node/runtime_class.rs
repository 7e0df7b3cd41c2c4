//! Runtime classes: names for ways to run containers.

use crate::Kind;
pub use k8s_openapi::api::node::v1::RuntimeClass;

impl Kind for RuntimeClass {}
