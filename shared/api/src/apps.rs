//! The `apps` group.

mod controller_revision;
mod daemon_set;
mod deployment;
mod legacy;
mod replica_set;
mod stateful_set;
pub(crate) mod workload;

pub use controller_revision::{ControllerRevision, RawExtension};
pub use daemon_set::DaemonSet;
pub use deployment::Deployment;
pub use k8s_openapi::api::apps::v1::*;
pub use replica_set::ReplicaSet;
pub use stateful_set::StatefulSet;
