//! `timeline`: gathers an object, those that own it, and what happened to them.

use super::{Doors, Out, say, select};
use crate::{Error, Exit, Why, neutral, timeline::timeline as line_up};
use shared_api::{GroupKind, Key, Object, Query, Reason, core::Event};

/// How far owners are followed.
const DEPTH: usize = 5;

pub(super) async fn timeline(asked: &Why, doors: &Doors, out: Out<'_>) -> Result<Exit, Error> {
    let named = select::named(&asked.target.words)?;
    let (found, missing) = select::objects(&named, &asked.scope, doors).await?;
    let mut gap = "";
    for object in found.iter().flat_map(|(_, objects)| objects) {
        let family = family(object, doors).await?;
        let place = if object.namespace().is_empty() { "default" } else { object.namespace() };
        let events = doors.cluster.list(&Query::every::<Event>().within(place)).await?.items;
        let events = events.iter().filter_map(|event| event.to_kind::<Event>().ok());
        let about = |event: &Event| {
            let involved = &event.involved_object;
            let is = |o: &Object| {
                involved.kind.as_deref() == Some(o.kind()) && involved.name.as_deref() == Some(o.name())
            };
            family.iter().any(is)
        };
        let events: Vec<_> = events.filter(|event| about(event)).collect();
        let text = line_up(&family, &events, (doors.clock)());
        say(out, &format!("{gap}{}", neutral(&text)))?;
        gap = "\n";
    }
    for refusal in &missing {
        out.note(&format!("Error: {refusal}"));
    }
    Ok(if missing.is_empty() { Exit::Done } else { Exit::NotFound })
}

/// The object, what controls it, what controls that.
async fn family(object: &Object, doors: &Doors) -> Result<Vec<Object>, Error> {
    let mut family = vec![object.clone()];
    while family.len() < DEPTH
        && let Some(owner) = family.last().and_then(Object::controller).cloned()
    {
        let kind = GroupKind::parse(&owner.api_version, &owner.kind);
        let namespaced = shared_api::of(&kind.group, &kind.kind).is_some_and(|kind| kind.namespaced);
        let namespace = if namespaced { object.namespace().to_owned() } else { String::new() };
        match doors.cluster.get(&Key { kind, namespace, name: owner.name }).await {
            Ok(owner) => family.push(owner),
            // It has gone before.
            Err(refusal) if refusal.reason == Reason::NotFound => break,
            Err(refusal) => return Err(refusal.into()),
        }
    }
    Ok(family)
}
