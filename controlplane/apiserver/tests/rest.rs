//! The REST face, over the real server and over a cluster in memory: asked directly, and by an unmodified kubectl.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // A test may break off, and says what it skips.

#[path = "rest/apply.rs"]
mod apply;
#[path = "rest/asking.rs"]
mod asking;
#[path = "rest/conversions.rs"]
mod conversions;
#[path = "rest/custom.rs"]
mod custom;
#[path = "rest/deletions.rs"]
mod deletions;
#[path = "rest/door.rs"]
mod door;
#[path = "rest/fine_print.rs"]
mod fine_print;
#[path = "rest/hook.rs"]
mod hook;
#[path = "rest/hostile.rs"]
mod hostile;
#[path = "rest/kubectl.rs"]
mod kubectl;
#[path = "rest/kubectl_schema.rs"]
mod kubectl_schema;
#[path = "rest/kubectl_streams.rs"]
mod kubectl_streams;
#[path = "rest/listening.rs"]
mod listening;
#[path = "rest/lists.rs"]
mod lists;
#[path = "rest/open.rs"]
mod open;
#[path = "rest/policies.rs"]
mod policies;
#[path = "rest/program.rs"]
mod program;
#[path = "rest/proxy.rs"]
mod proxy;
#[path = "rest/server.rs"]
mod server;
#[path = "rest/surface.rs"]
mod surface;
#[path = "rest/watches.rs"]
mod watches;
#[path = "rest/webhooks.rs"]
mod webhooks;
#[path = "rest/websockets.rs"]
mod websockets;
#[path = "rest/wire.rs"]
mod wire;
