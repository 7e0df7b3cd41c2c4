//! What the screen keeps of each object: a line of a table, and what leads from it to others.
//!
//! ```text
//!   Object ──digest──► Row ──► Sheet (all of a kind, and what changed) ──► Listing (sorted, filtered)
//! ```
//!
//! A row is a tenth of its object. Ages in it stay open and are said when it is drawn, so that nothing has to be
//! made again because time passes. A listing follows its sheet change by change: a hundred thousand rows are
//! sorted once, not at every event.

mod asks;
mod digest;
mod fault;
mod filter;
mod listing;
mod row;
mod sheet;
mod sort;

pub(crate) use asks::Asks;
pub(crate) use digest::Digester;
pub(crate) use fault::{Fault, fault_of};
pub(crate) use filter::Filter;
pub(crate) use listing::{Listing, Wanted};
pub(crate) use row::{Leads, Row};
pub(crate) use sheet::{Delta, Sheet};
pub(crate) use sort::{By, Order};
