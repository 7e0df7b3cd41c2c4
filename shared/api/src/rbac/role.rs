//! Roles: what may be done in a namespace.

use crate::Kind;
pub use k8s_openapi::api::rbac::v1::Role;

impl Kind for Role {}
