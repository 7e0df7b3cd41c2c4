//! The core group.

mod config_map;
mod data;
mod endpoints;
mod event;
mod namespace;
mod node;
pub(crate) mod pod;
pub mod resources;
mod secret;
mod service;
mod service_account;
#[cfg(test)]
pub(crate) mod testing;

pub use config_map::ConfigMap;
pub use endpoints::Endpoints;
pub use event::Event;
pub use k8s_openapi::api::core::v1::*;
pub use namespace::Namespace;
pub use node::Node;
pub use pod::Pod;
pub use secret::Secret;
pub use service::Service;
pub use service_account::ServiceAccount;
