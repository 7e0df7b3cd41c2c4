//! How things were: the objects of some kinds at one revision, as rows.

use super::Answers;
use crate::{
    msg::{Generation, Msg, Picture, info},
    rows::{Delta, Digester},
};
use shared_api::{GroupKind, Query};
use shared_client::Event;
use tui_commands::{At, Doors};

pub(super) async fn run(
    doors: Doors,
    generation: Generation,
    at: At,
    kinds: Vec<GroupKind>,
    answers: Answers,
) {
    let told = picture(&doors, at, kinds).await;
    let _ = answers.send(Msg::Past(generation, told)).await;
}

async fn picture(doors: &Doors, at: At, kinds: Vec<GroupKind>) -> Result<Picture, String> {
    let now = (doors.clock)();
    let revision = tui_commands::revision(at, &*doors.cluster, now).await.map_err(|e| e.to_string())?;
    let then = doors.past(revision);
    let mut sheets = Vec::new();
    for kind in kinds {
        let Some(known) = info(&kind) else { continue };
        let list = then.cluster.list(&Query::all(kind.clone())).await.map_err(|e| e.to_string())?;
        let mut digester = Digester::of(known);
        let mut deltas = vec![Delta::Begin];
        for object in list.items {
            deltas.extend(digester.delta(&Event::Modified(object), now));
        }
        deltas.push(Delta::Complete);
        sheets.push((kind, deltas));
    }
    Ok(Picture { revision, sheets })
}
