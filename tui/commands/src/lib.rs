//! One grammar for keys, the palette and `--batch`: a line becomes an [`Action`], and an action is
//! performed against the doors `Cluster` and `Sessions`, whoever asked. It draws nothing.
//!
//! ```text
//!   words ──grammar::parse──► Action ──perform──► Cluster, Sessions
//!                                        └──────► Output (lines for a person or a pipe)
//! ```
//!
//! Exit codes of a performed line are in [`Exit`].

mod action;
mod apply;
mod batch;
mod capacity;
mod error;
pub mod forward;
pub mod grammar;
mod perform;
pub mod print;
mod text;
mod timeline;
mod why;

pub use action::{
    Action, Apply, Capacity, Create, Delete, Describe, Events, ExecIn, Get, Logs, NodeName, Output,
    PortForward, Rollout, Scale, Scope, Target, Wait, Why,
};
pub use batch::{Script, run};
pub use error::{Error, Exit};
pub use perform::{Doors, Sink, perform};
pub use text::neutral;
