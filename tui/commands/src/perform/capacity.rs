//! `capacity`: how full the nodes are, and what a drain or growth would make of it.

use super::{Doors, Out, say, select};
use crate::{
    Capacity, Error, Exit,
    capacity::{WhatIf, capacity as tell},
};
use shared_api::{
    GroupKind, Query, Reason, Refusal,
    core::{Node, Pod},
};
use shared_client::World;

pub(super) async fn capacity(asked: &Capacity, doors: &Doors, out: Out<'_>) -> Result<Exit, Error> {
    let mut there = Vec::new();
    for kind in [GroupKind::of::<Node>(), GroupKind::of::<Pod>()] {
        there.extend(doors.cluster.list(&Query::all(kind)).await?.items);
    }
    let world = World::of(there).at((doors.clock)());
    let mut what_if = WhatIf { drained: asked.drain.clone(), ..WhatIf::default() };
    for node in &asked.drain {
        if world.named::<Node>("", node).is_none() {
            return Err(Refusal::new(Reason::NotFound, format!("nodes {node:?} not found")).into());
        }
    }
    for word in &asked.more {
        let wrong = || Error::Usage(format!("{word:?}: expected KIND/NAME=COUNT, such as deployment/web=10"));
        let (object, count) = word.split_once('=').ok_or_else(wrong)?;
        let count = count.parse().map_err(|_| wrong())?;
        let (kind, name) = object.split_once('/').ok_or_else(wrong)?;
        let kind = select::kind(kind)?;
        let key = select::key(kind, asked.namespace.as_deref(), name, doors);
        let template = doors.cluster.get(&key).await?.value()["spec"]["template"].take();
        let template = serde_json::from_value(template)
            .map_err(|_| Error::Usage(format!("{object} makes no pods: it has no spec.template")))?;
        what_if.more.push((object.to_owned(), key.namespace.clone(), template, count));
    }
    say(out, &tell(&world, &what_if))?;
    Ok(Exit::Done)
}
