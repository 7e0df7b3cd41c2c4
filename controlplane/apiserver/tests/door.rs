//! The server as those see it who stand at its door: in the process, and over real TLS and gRPC.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "door/apply.rs"]
mod apply;
#[path = "door/contract.rs"]
mod contract;
#[path = "door/converted.rs"]
mod converted;
#[path = "door/dry.rs"]
mod dry;
#[path = "rest/hook.rs"]
mod hook;
#[path = "door/hooked.rs"]
mod hooked;
#[path = "rest/listening.rs"]
mod listening;
#[path = "door/measuring.rs"]
mod measuring;
#[path = "door/older.rs"]
mod older;
#[path = "door/port.rs"]
mod port;
#[path = "door/sessions.rs"]
mod sessions;
#[path = "door/story.rs"]
mod story;
#[path = "door/watching.rs"]
mod watching;
#[path = "door/workloads.rs"]
mod workloads;
