//! Talking to a cluster.
//!
//! [`Cluster`] is the one door to the state of the world: the API server implements it over the
//! store, [`grpc`] over the wire, and the test kit in memory. Everything that acts on the cluster is
//! written against the trait and cannot tell which one it holds. A [`World`] is the watched kinds
//! as they were at one revision; [`Live`] keeps one up to date. [`Sessions`] is the second, smaller
//! door: byte streams to and from a running pod.
//!
//! Nothing here knows a store, an agent or a screen.

mod api;
mod cluster;
mod connection;
pub mod grpc;
mod kinds;
pub mod kubeconfig;
mod live;
mod plain;
pub mod question;
mod session;
pub mod wire;
mod world;

pub use api::Api;
pub use cluster::{Cluster, Event, List, Result};
pub use connection::{Connection, Trouble};
pub use kinds::{follow_kinds, learn};
pub use live::{Live, Standing};
pub use plain::Plain;
pub use question::Question;
pub use session::{Channel, Duplex, Frame, LogOptions, Session, Sessions};
pub use shared_api::Refusal;
pub use world::World;
