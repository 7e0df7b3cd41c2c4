//! CSI drivers: what a storage driver can do.

use crate::Kind;
pub use k8s_openapi::api::storage::v1::CSIDriver;

impl Kind for CSIDriver {}
