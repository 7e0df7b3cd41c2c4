//! Keeps new pods off cordoned nodes.

use super::taints;
use crate::{Ask, Plugin, Reasons, Seat};
use shared_api::core::Taint;

pub(super) struct Cordon;

impl Plugin for Cordon {
    fn filter(&self, ask: &Ask, seat: &Seat) -> Result<(), Reasons> {
        let cordoned = seat.node.as_ref().and_then(|n| n.spec.as_ref()?.unschedulable).unwrap_or(false);
        if !cordoned {
            return Ok(());
        }
        // A pod that tolerates the taint which comes with it goes there all the same.
        let taint = Taint {
            key: "node.kubernetes.io/unschedulable".into(),
            effect: "NoSchedule".into(),
            ..Taint::default()
        };
        if taints::tolerated(ask, &taint) { Ok(()) } else { Err(vec!["node(s) were unschedulable".into()]) }
    }
}
