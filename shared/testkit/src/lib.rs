//! Fixtures that read aloud, a cluster in memory, and what every [`Cluster`](shared_client::Cluster) keeps.
//!
//! ```
//! use shared_testkit::*;
//! use shared_api::OwnedBy;
//! let rs = replica_set("web", 2);
//! let pod = pod("web-a").labelled("app", "web").on("n1").ready().owned_by(&rs);
//! let cluster = FakeCluster::holding([object(&rs), object(&pod), object(&node("n1").cpu("2").ready())]);
//! # drop(cluster);
//! ```
//!
//! Only tests use this crate. It never talks to anything outside its own memory.

pub mod contract;
mod fake;
mod fixtures;

pub use fake::FakeCluster;
pub use fixtures::{
    DaemonSetWords, DeploymentWords, MetaWords, NodeWords, PodWords, ReplicaSetWords, ServiceWords,
    SliceWords, StatefulSetWords, config_map, daemon_set, deployment, endpoint_slice, moment, namespace,
    node, object, pod, replica_set, replication_controller, service, stateful_set,
};
