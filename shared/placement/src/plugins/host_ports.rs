//! Two pods cannot have the same port of one node.

use crate::{Ask, Plugin, Reasons, Seat};

pub(super) struct HostPorts;

impl Plugin for HostPorts {
    fn filter(&self, ask: &Ask, seat: &Seat) -> Result<(), Reasons> {
        if ask.ports.is_empty() {
            return Ok(());
        }
        let mut taken = seat.pods.values().flat_map(|other| &other.ports);
        if taken.any(|other| ask.ports.iter().any(|port| port.conflicts(other))) {
            return Err(vec!["node(s) didn't have free ports for the requested pod ports".into()]);
        }
        Ok(())
    }
}
