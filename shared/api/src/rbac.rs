//! The `rbac.authorization.k8s.io` group.

mod cluster_role;
mod cluster_role_binding;
mod old;
mod role;
mod role_binding;
mod rules;

pub use cluster_role::ClusterRole;
pub use cluster_role_binding::ClusterRoleBinding;
pub use k8s_openapi::api::rbac::v1::*;
pub use role::Role;
pub use role_binding::RoleBinding;
