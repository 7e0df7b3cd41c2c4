//! A pod that names its node goes there or nowhere.

use crate::{Ask, Plugin, Reasons, Seat};

pub(super) struct NodeName;

impl Plugin for NodeName {
    fn filter(&self, ask: &Ask, seat: &Seat) -> Result<(), Reasons> {
        let wanted = ask.spec().and_then(|s| s.node_name.as_deref()).filter(|n| !n.is_empty());
        let name = seat.node.as_ref().and_then(|n| n.metadata.name.as_deref());
        if wanted.is_none() || wanted == name {
            return Ok(());
        }
        Err(vec!["node(s) didn't match the requested node name".into()])
    }
}
