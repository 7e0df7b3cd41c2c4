//! CSI storage capacities: how much room a storage class has where.

use crate::Kind;
pub use k8s_openapi::api::storage::v1::CSIStorageCapacity;

impl Kind for CSIStorageCapacity {}
