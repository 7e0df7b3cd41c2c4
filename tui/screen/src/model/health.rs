//! The cluster's health in a few numbers.

use crate::rows::{Fault, Sheet};

/// How many of a kind are well.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Health {
    /// Those that have not ended.
    pub(crate) all: usize,
    pub(crate) fine: usize,
    pub(crate) waiting: usize,
    pub(crate) bad: usize,
}

impl Health {
    pub(crate) fn of(sheet: Option<&Sheet>) -> Self {
        let count = |fault| sheet.map_or(0, |sheet| sheet.how_many(fault));
        let (fine, waiting, bad) = (count(Fault::Fine), count(Fault::Waits), count(Fault::Bad));
        Self { all: fine + waiting + bad, fine, waiting, bad }
    }
}
