//! The door to the cluster's state: who may, what an object becomes, whether it is valid; over REST
//! and gRPC alike. It does not know that controllers, a scheduler or agents' containers exist.

pub mod door;
pub mod rest;
