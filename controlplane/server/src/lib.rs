//! Wiring of the control plane: store, door, the one port, and what runs while this member leads. It
//! alone knows everybody in the control plane, and decides nothing itself.

mod authority;
mod files;
mod known;
mod leadership;
mod options;
mod port;
mod signers;
mod start;
mod within;

pub use options::{Options, Problem};
pub use start::{kubeconfig, run, token};
pub use within::within;
