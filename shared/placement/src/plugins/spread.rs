//! Spreads the pods of one owner over the nodes.

use crate::{Ask, Plugin, Rates, Seat};

pub(super) struct Spread;

impl Plugin for Spread {
    fn rates(&self) -> Rates {
        Rates::Fewer(2)
    }

    fn score(&self, ask: &Ask, seat: &Seat) -> i64 {
        ask.group.as_ref().and_then(|group| seat.groups.get(group)).copied().unwrap_or(0)
    }
}
