//! The `apps` group.

mod deployment;
mod replica_set;
mod workload;

pub use deployment::Deployment;
pub use k8s_openapi::api::apps::v1::*;
pub use replica_set::ReplicaSet;
