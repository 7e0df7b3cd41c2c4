//! The core group.

mod access_modes;
mod binding;
mod component_status;
mod config_map;
mod data;
pub(crate) mod endpoints;
mod event;
mod limit_range;
mod namespace;
mod node;
pub(crate) mod persistent_volume;
pub(crate) mod persistent_volume_claim;
pub(crate) mod pod;
mod pod_template;
mod replication_controller;
mod resource_quota;
pub mod resources;
mod secret;
mod service;
mod service_account;
#[cfg(test)]
pub(crate) mod testing;
pub mod usage;

pub use binding::Binding;
pub use component_status::ComponentStatus;
pub use config_map::ConfigMap;
pub use endpoints::Endpoints;
pub use event::Event;
pub use k8s_openapi::api::core::v1::*;
pub use limit_range::LimitRange;
pub use namespace::Namespace;
pub use node::Node;
pub use persistent_volume::PersistentVolume;
pub use persistent_volume_claim::{PersistentVolumeClaim, class as claim_class};
pub use pod::{Pod, guest, valid_guests, valid_resize};
pub use pod_template::PodTemplate;
pub use replication_controller::ReplicationController;
pub use resource_quota::ResourceQuota;
pub use secret::Secret;
pub use service::Service;
pub use service_account::ServiceAccount;
