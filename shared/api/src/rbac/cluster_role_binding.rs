//! Cluster role bindings: who has a role everywhere.

use crate::Kind;
pub use k8s_openapi::api::rbac::v1::ClusterRoleBinding;

impl Kind for ClusterRoleBinding {}
