//! Which node a pod can run on, and why another one will not do. Pure: a function of the pod and of [`Nodes`],
//! which sum up what is where.
//!
//! The scheduler decides with it; whoever has to explain a decision asks the same plugins.

mod ask;
pub mod fit;
mod nodes;
mod plugins;
mod schedule;
mod verdict;

pub use ask::Ask;
pub use nodes::{Fill, Nodes, takes_room};
pub use schedule::{Unschedulable, choose, schedule};
pub use verdict::{Short, Verdict, verdicts};

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
