//! The real thing, in namespaces of its own: sandboxes, routes and services between two nodes.

mod cluster;
mod lab;
mod sandboxes;
mod services;
