//! `describe`: everything about an object, then what happened to it.

use super::{Doors, Out, get::when, say, select};
use crate::{Describe, Error, Exit, print};
use shared_api::{FieldSelector, Object, Query, Selectors, core};

pub(super) async fn describe(describe: &Describe, doors: &Doors, out: Out<'_>) -> Result<Exit, Error> {
    let named = select::named(&describe.target.words)?;
    let (found, missing) = select::objects(&named, &describe.scope, doors).await?;
    let mut gap = "";
    for object in found.iter().flat_map(|(_, objects)| objects) {
        let events = events_of(object, doors).await?;
        say(out, &format!("{gap}{}", print::describe(object, &events, (doors.clock)())))?;
        gap = "\n\n";
    }
    let mut exit = Exit::Done;
    for refusal in missing {
        out.note(&format!("Error: {refusal}"));
        exit = Exit::NotFound;
    }
    Ok(exit)
}

async fn events_of(object: &Object, doors: &Doors) -> Result<Vec<Object>, Error> {
    let fields = FieldSelector::parse(&format!(
        "involvedObject.kind={},involvedObject.name={}",
        object.kind(),
        object.name()
    ))?;
    let namespace = if object.namespace().is_empty() { "default" } else { object.namespace() };
    let query = Query::every::<core::Event>()
        .within(namespace)
        .matching(Selectors { fields, ..Selectors::default() });
    let mut events = doors.cluster.list(&query).await?.items;
    events.sort_by_key(when);
    Ok(events)
}
