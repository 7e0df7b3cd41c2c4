//! A node for every pod that has none.
//!
//! [`schedule`] decides: a pure function of a pod and of [`Nodes`], which sum up what is where. [`run`]
//! keeps these sums up to date from the one watch of the process and binds. The scheduler knows no
//! store, no controller and no agent.

mod ask;
mod nodes;
mod plugins;
mod queue;
mod run;
mod schedule;
mod state;
mod tell;

pub use nodes::Nodes;
pub use run::{NAME, kinds, run};
pub use schedule::{Unschedulable, schedule};

use ask::Ask;
use nodes::Seat;
use std::borrow::Cow;

/// Why a node will not do, in a few words each.
pub(crate) type Reasons = Vec<Cow<'static, str>>;

/// Whether a node may run a pod, and how gladly.
pub(crate) trait Plugin: Sync {
    /// Refuses a node, saying why.
    fn filter(&self, _ask: &Ask, _seat: &Seat) -> Result<(), Reasons> {
        Ok(())
    }

    /// How this plugin's marks are to be read.
    fn rates(&self) -> Rates {
        Rates::Nothing
    }

    /// Marks a node.
    fn score(&self, _ask: &Ask, _seat: &Seat) -> i64 {
        0
    }
}

/// How marks become a rating from 0 to 100, and how much that weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rates {
    /// There are none.
    Nothing,
    /// They are ratings already.
    AsTheyAre(i64),
    /// The best mark is the highest.
    More(i64),
    /// The best mark is zero.
    Fewer(i64),
}
