//! The agent of one node: it joins, says that it lives, and wires the node's parts together. It decides
//! nothing about pods, containers or rules, and it is never dialled: every connection is its own.

mod answers;
mod heartbeat;
mod identity;
mod machine;
mod measure;
mod node;
mod options;
mod start;
mod streams;

pub use options::Options;
pub use start::{cleanup, run};

/// Writes a container's output to its log: what the shim starts.
pub fn logger(arguments: impl Iterator<Item = std::ffi::OsString>) -> std::process::ExitCode {
    agent_runtime::logger_main(arguments)
}
