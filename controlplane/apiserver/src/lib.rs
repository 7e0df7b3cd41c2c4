//! The door to the cluster's state: who may, what an object becomes, whether it is valid; over REST
//! and gRPC alike. It does not know that controllers, a scheduler or agents' containers exist.
//!
//! [`Server`] is the door over a store. [`door`] is what the two wires know of it. `pipeline` tells
//! the story of one write from top to bottom; `list` and `watch` are the ways to read.

mod admission;
mod admitted;
mod authn;
mod authz;
mod cache;
mod computed;
mod conversion;
mod definitions;
mod dial;
pub mod door;
mod extension;
mod fields;
mod grants;
pub mod grpc;
mod keys;
mod list;
mod local;
mod measured;
mod meter;
mod nodes;
mod options;
mod patch;
mod pipeline;
mod prepare;
mod questions;
mod registry;
pub mod rest;
mod reviews;
mod rules;
mod server;
mod signing;
mod subresource;
mod timed;
mod tokens;
mod watch;

pub use options::{Options, Signer};
pub use server::Server;
pub use tokens::Tokens;
