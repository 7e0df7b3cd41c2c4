//! `why`: gathers what is around an object and says why it is as it is.

use super::{Doors, Out, say, select};
use crate::{
    Error, Exit, Why, neutral,
    why::{Known, Tail, why as explain, worth_hearing},
};
use shared_api::{
    GroupKind, Object, Query,
    apps::ReplicaSet,
    core::{Event, Node, Pod, ReplicationController},
};
use shared_client::{Channel, LogOptions, Session, World};
use std::time::Duration;

/// How many last words, and how long they are waited for.
const WORDS: i64 = 10;
const PATIENCE: Duration = Duration::from_secs(3);

pub(super) async fn why(why: &Why, doors: &Doors, out: Out<'_>) -> Result<Exit, Error> {
    let named = select::named(&why.target.words)?;
    let (found, missing) = select::objects(&named, &why.scope, doors).await?;
    let mut gap = "";
    for object in found.iter().flat_map(|(_, objects)| objects) {
        let world = around(object, doors).await?;
        let tails = last_words(object, doors).await;
        let report = explain(object, &Known { world: &world, tails: &tails });
        say(out, &format!("{gap}{}", neutral(&report.text())))?;
        gap = "\n";
    }
    for refusal in &missing {
        out.note(&format!("Error: {refusal}"));
    }
    Ok(if missing.is_empty() { Exit::Done } else { Exit::NotFound })
}

/// Everything that may have to do with it.
async fn around(object: &Object, doors: &Doors) -> Result<World, Error> {
    let place = if object.namespace().is_empty() { "default" } else { object.namespace() };
    let mut there = vec![object.clone()];
    for query in [
        Query::all(GroupKind::of::<Node>()),
        Query::every::<Event>().within(place),
        Query::every::<ReplicaSet>().within(place),
        Query::every::<ReplicationController>().within(place),
    ] {
        there.extend(doors.cluster.list(&query).await?.items);
    }
    let near = doors.cluster.list(&Query::every::<Pod>().within(place)).await?.items;
    // For a node, and for a pod that waits for one, those count that take room, wherever they live.
    let pods = if object.kind() == "Node" || near.iter().any(waits) {
        doors.cluster.list(&Query::all(GroupKind::of::<Pod>())).await?.items
    } else {
        near
    };
    there.extend(pods);
    Ok(World::of(there).at((doors.clock)()))
}

/// Whether a pod has no node yet.
fn waits(pod: &Object) -> bool {
    pod.to_kind::<Pod>().is_ok_and(|pod| {
        pod.spec.as_ref().is_none_or(|spec| spec.node_name.as_deref().unwrap_or_default().is_empty())
    })
}

/// What its containers wrote last, as far as its node tells.
async fn last_words(object: &Object, doors: &Doors) -> Vec<Tail> {
    let Ok(pod) = object.to_kind::<Pod>() else { return Vec::new() };
    let mut tails = Vec::new();
    for (container, previous) in worth_hearing(&pod) {
        let options = LogOptions {
            container: container.clone(),
            previous,
            tail_lines: Some(WORDS),
            ..LogOptions::default()
        };
        let lines = tokio::time::timeout(PATIENCE, lines(object, options, doors)).await;
        let lines = lines.unwrap_or_else(|_| vec![format!("(not told within {PATIENCE:?})")]);
        tails.push(Tail { container, lines });
    }
    tails
}

async fn lines(object: &Object, options: LogOptions, doors: &Doors) -> Vec<String> {
    let mut session = match doors.sessions.open(&object.key(), Session::Logs(options)).await {
        Ok(session) => session,
        Err(refusal) => return vec![format!("(not told: {})", refusal.message)],
    };
    let mut bytes = Vec::new();
    while let Some(frame) = session.receive.recv().await {
        if matches!(frame.channel, Channel::Stdout | Channel::Stderr) {
            bytes.extend_from_slice(&frame.data);
        }
    }
    String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect()
}
