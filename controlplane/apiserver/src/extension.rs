//! Who else is asked before something is written: policies that operators wrote, and webhooks.
//!
//! Their configurations are read and compiled when one of them changed, and count with the next write. Where there
//! are none, a write pays for one look at an empty place in the store.

mod conditions;
mod follow;
mod given;
mod matching;
mod others;
mod policy;
mod request;
mod valid;
mod webhook;

pub(crate) use follow::Extension;
pub(crate) use others::{deletes, does, others};
pub(crate) use request::Operation;
pub(crate) use valid::valid;
