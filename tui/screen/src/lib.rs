//! The terminal: what is on the screen, as a value.
//!
//! ```text
//!   keys, data ──Msg──► update(&mut Model, Msg) ──► Vec<Effect> ──effects──► Cluster, Sessions
//!                            │                                        │
//!                      draw(&Model, frame)                   answers, as Msg again
//! ```
//!
//! `update` and `draw` are pure: no I/O, no lock, no wait. Each answer carries the generation of its question,
//! so an answer that comes too late is dropped. It knows nothing of servers and agents.

mod config;
mod draw;
mod editor;
mod effects;
mod input;
mod keys;
mod logs;
mod model;
mod mouse;
mod msg;
mod pager;
mod refers;
mod rows;
mod run;
mod setup;
mod terminal;
mod tutorial;
mod update;
mod views;

#[cfg(test)]
mod tests;

pub use run::run;
pub use setup::{Clusters, Kept, Opening, Seat, Setup};
