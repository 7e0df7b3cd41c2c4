//! A pod's life on this node: what is seen of it, what to do next, and what the cluster is told.
//!
//! [`stage()`], [`plan()`] and [`status()`] decide, from the pod, what is [`Observed`] and the time; nothing
//! of it is remembered in the agent, so a restarted one simply goes on. [`Pods`] acts: it is the only
//! loop. It names neither containerd nor iptables: containers come through `agent_runtime::Runtime`,
//! networks through `agent_network::Sandboxes`, and the cluster through `shared_client::Cluster`.

mod act;
mod admission;
mod aim;
pub mod credentials;
pub mod env;
pub mod events;
pub mod figures;
pub mod files;
#[cfg(test)]
mod fixtures;
pub mod labels;
mod observed;
mod paths;
mod plan;
pub mod probes;
pub mod resources;
pub mod restart;
mod room;
mod run;
pub mod security;
mod sessions;
mod sight;
pub mod spec;
mod stage;
mod status;
mod tokens;
pub mod trust;

pub use observed::{Doing, Health, Mounted, Observed, Seen, Slot, Trouble};
pub use paths::Paths;
pub use plan::{Step, Why, plan, wake};
pub use room::Pending;
pub use run::{Options, Pods};
pub use stage::{Stage, stage};
pub use status::{Host, status};
