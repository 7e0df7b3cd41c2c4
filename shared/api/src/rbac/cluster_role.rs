//! Cluster roles: what may be done anywhere.

use crate::Kind;
pub use k8s_openapi::api::rbac::v1::ClusterRole;

impl Kind for ClusterRole {}
