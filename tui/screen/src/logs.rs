//! The logs of many containers as one: merged by time, bounded, searched, folded. Pure: lines in, rows out.
//!
//! ```text
//!   node ──frames──► Cutter ──lines──► Merge (by time, bounded) ──► filter ──► Fold (JSON) ──► rows
//! ```

mod cut;
mod fold;
mod merge;
mod place;

pub(crate) use cut::Cutter;
pub(crate) use fold::fold;
pub(crate) use merge::{Kept, Merge, Spot, has, passes};
pub(crate) use place::Place;
