//! The `storage.k8s.io` group.

mod csi_driver;
mod csi_node;
mod csi_storage_capacity;
mod storage_class;
mod volume_attachment;

pub use csi_driver::CSIDriver;
pub use csi_node::CSINode;
pub use csi_storage_capacity::CSIStorageCapacity;
pub use k8s_openapi::api::storage::v1::*;
pub use storage_class::{DEFAULT_CLASS, StorageClass, is_default};
pub use volume_attachment::VolumeAttachment;
