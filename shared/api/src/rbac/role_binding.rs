//! Role bindings: who has a role in a namespace.

use crate::Kind;
pub use k8s_openapi::api::rbac::v1::RoleBinding;

impl Kind for RoleBinding {}
