//! Everything that refers to an object, found by looking through the cluster once.

use super::Answers;
use crate::{
    msg::{Generation, Msg},
    refers::places,
    views::{Found, Use},
};
use serde_json::Value;
use shared_api::{Key, Query, kinds};
use tui_commands::Doors;

/// Objects of one page.
const PAGE: usize = 500;
/// More are not told.
const MOST: usize = 1000;

pub(super) async fn run(doors: Doors, generation: Generation, to: Key, answers: Answers) {
    let found = find(&doors, &to).await;
    let _ = answers.send(Msg::Uses(generation, found)).await;
}

async fn find(doors: &Doors, to: &Key) -> Found {
    let mut found = Found::default();
    for kind in kinds().filter(|kind| kind.durable && kind.verbs.contains(&"list")) {
        let mut query = Query { limit: PAGE, ..Query::all(kind.group_kind()) };
        // What lives in a namespace is used there, or by what lives in none.
        if kind.namespaced && !to.namespace.is_empty() {
            query.namespace = Some(to.namespace.clone());
        }
        found.kinds += 1;
        loop {
            let list = match doors.cluster.list(&query).await {
                Ok(list) => list,
                Err(refusal) => {
                    found.refused.push(format!("{}: {refusal}", kind.plural));
                    break;
                }
            };
            for object in &list.items {
                let Ok(value) = serde_json::from_slice::<Value>(object.bytes()) else { continue };
                let places = places(&value, to);
                if places.is_empty() {
                    continue;
                }
                if found.uses.len() >= MOST {
                    found.more += 1;
                } else {
                    found.uses.push(Use { key: object.key(), places });
                }
            }
            match list.continue_from {
                Some(next) => query.continue_from = Some(next),
                None => break,
            }
            tokio::task::yield_now().await;
        }
    }
    found
}
