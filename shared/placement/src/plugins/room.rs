//! Keeps pods off nodes that have promised everything, and prefers the node with the most left.

use crate::{Ask, Plugin, Rates, Reasons, Seat};
use shared_api::Amount;

pub(super) struct Room;

impl Plugin for Room {
    fn filter(&self, ask: &Ask, seat: &Seat) -> Result<(), Reasons> {
        let mut lacking = Reasons::new();
        let pods = seat.allocatable.get("pods").map_or(i64::MAX, |n| n.as_whole());
        if i64::try_from(seat.pods.len()).unwrap_or(i64::MAX) >= pods {
            lacking.push("Too many pods".into());
        }
        for (resource, amount) in &ask.requests {
            if *amount > Amount::default() && *amount > seat.left(resource) {
                lacking.push(format!("Insufficient {resource}").into());
            }
        }
        if lacking.is_empty() { Ok(()) } else { Err(lacking) }
    }

    fn rates(&self) -> Rates {
        Rates::AsTheyAre(1)
    }

    /// The share of processor and memory that would be left.
    fn score(&self, ask: &Ask, seat: &Seat) -> i64 {
        let share = |resource: &str| {
            let milli = |amounts: &crate::ask::Amounts| amounts.get(resource).map_or(0, |a| a.as_milli());
            let all = milli(&seat.allocatable);
            let left = all.saturating_sub(milli(&seat.load)).saturating_sub(milli(&ask.weight));
            // Memory in thousandths of bytes times a hundred would not fit.
            if all <= 0 || left <= 0 { 0 } else { i128::from(left) * 100 / i128::from(all) }
        };
        i64::try_from(i128::midpoint(share("cpu"), share("memory"))).unwrap_or(0)
    }
}
