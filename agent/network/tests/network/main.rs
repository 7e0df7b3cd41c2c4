//! The real thing, in namespaces of its own: sandboxes, routes and services between two nodes.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking and prints for its reader"
)]

mod cluster;
mod lab;
mod names;
mod sandboxes;
mod services;
