//! A node for every pod that has none.
//!
//! `shared-placement` decides, a pure function of a pod and of what is where; [`run`] keeps these sums up to date
//! from the one watch of the process and binds. The scheduler knows no store, no controller and no agent.

mod queue;
mod run;
mod state;
mod tell;

pub use run::{NAME, kinds, run};
