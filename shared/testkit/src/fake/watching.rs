//! Watching the cluster in memory.

use super::{
    Shared,
    state::{State, kind_of, meant, query_kind, stamped},
};
use futures::stream::{self, BoxStream, StreamExt};
use shared_api::{Object, Query, Reason, Refusal, Revision};
use shared_client::{Event, Result};
use std::{collections::VecDeque, sync::Arc};

/// How a watch begins.
pub(crate) struct Begun {
    queries: Vec<Query>,
    pending: VecDeque<Event>,
    /// Everything up to here has been told.
    told: Revision,
    breaks: u64,
}

impl State {
    pub(crate) fn begin_watch(&self, queries: &[Query], from: Option<Revision>) -> Result<Begun> {
        for query in queries.iter().filter(|query| !query.is_everything()) {
            query_kind(query)?;
        }
        let mut pending = VecDeque::new();
        match from {
            None => {
                let there = self.objects.values().filter(|o| wanted(queries, Some(o)));
                pending.extend(there.cloned().map(Event::Added));
                pending.push_back(Event::Bookmark {
                    revision: self.revision,
                    initial: true,
                    cluster: "fake".into(),
                });
            }
            Some(from) if from < self.forgotten => {
                let why = format!("too old resource version: {from} ({})", self.forgotten);
                return Err(Refusal::new(Reason::Expired, why));
            }
            Some(from) if from > self.revision => {
                let why = format!("too large resource version: {from} ({})", self.revision);
                return Err(Refusal::new(Reason::Expired, why));
            }
            Some(_) => {}
        }
        let told = from.unwrap_or(self.revision);
        Ok(Begun { queries: queries.to_vec(), pending, told, breaks: self.breaks })
    }
}

/// Everything that happens from here on; ends when the cluster's watches are broken.
pub(crate) fn stream(shared: Arc<Shared>, begun: Begun) -> BoxStream<'static, Result<Event>> {
    let moved = shared.moved.subscribe();
    stream::unfold(Some((shared, begun, moved)), |watching| async move {
        let (shared, mut begun, mut moved) = watching?;
        loop {
            if let Some(event) = begun.pending.pop_front() {
                return Some((Ok(event), Some((shared, begun, moved))));
            }
            moved.mark_unchanged();
            {
                let state = shared.lock();
                if state.breaks != begun.breaks {
                    return None;
                }
                if begun.told < state.forgotten {
                    let why = Refusal::new(Reason::Expired, "the watch fell behind what history holds");
                    return Some((Err(why), None));
                }
                let news = state.history.iter().filter(|c| c.revision > begun.told);
                let events = news
                    .filter_map(|c| seen(&begun.queries, c.before.as_ref(), c.after.as_ref(), c.revision));
                begun.pending = events.collect();
                begun.told = state.revision;
            }
            if begun.pending.is_empty() {
                moved.changed().await.ok()?;
            }
        }
    })
    .boxed()
}

/// A change as a watcher of `queries` sees it, if it does.
fn seen(
    queries: &[Query],
    before: Option<&Object>,
    after: Option<&Object>,
    revision: Revision,
) -> Option<Event> {
    match (before.filter(|o| wanted(queries, Some(o))), after.filter(|o| wanted(queries, Some(o)))) {
        (None, Some(after)) => Some(Event::Added(after.clone())),
        (Some(_), Some(after)) => Some(Event::Modified(after.clone())),
        (Some(before), None) => Some(Event::Deleted(stamped(before, revision))),
        (None, None) => None,
    }
}

fn wanted(queries: &[Query], object: Option<&Object>) -> bool {
    object.is_some_and(|o| {
        kind_of(&o.key()).is_ok_and(|kind| queries.iter().any(|q| q.is_everything() || meant(kind, q, o)))
    })
}
