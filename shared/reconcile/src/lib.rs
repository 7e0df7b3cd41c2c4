//! Observe, decide, act: the shape of everything that moves the cluster.
//!
//! A [`Reconciler`] decides about objects of one kind, a [`Controller`] about any. They read a
//! [`World`] and return a [`Plan`]; they perform no I/O, so their tests need no cluster. [`run_all`]
//! observes and acts. This crate never knows which controllers exist.

mod act;
mod controller;
mod ear;
mod note;
mod plan;
mod queue;
mod run;

pub use act::{bind, record};
pub use controller::{Controller, Reconciler, keys_of};
pub use note::{Note, reference, reference_to};
pub use plan::{Change, Plan, Told};
pub use run::{queries, run_all};
pub use shared_client::{Cluster, Event, Live, World};
