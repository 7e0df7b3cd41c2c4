//! One ordered stream of what happens to what is meant, over any number of kinds.

use crate::{
    authz::Wish,
    definitions, keys, list,
    local::Local,
    measured,
    server::{Server, trouble},
};
use bytes::Bytes;
use controlplane_store::{Change, Changes, Error, Range};
use futures::{FutureExt, StreamExt, stream::BoxStream};
use shared_api::{KindInfo, Object, Query, Reason, Refusal, Revision, kinds};
use shared_client::{Event, Result};
use std::{collections::VecDeque, sync::Arc, time::Duration};
use tokio::time::Instant;

/// A remote watcher that is told nothing hears at least this often how far history went.
const QUIET: Duration = Duration::from_secs(1);

pub(crate) async fn watch(
    caller: &Local,
    queries: &[Query],
    from: Option<Revision>,
) -> Result<BoxStream<'static, Result<Event>>> {
    if let [query] = queries
        && !query.is_everything()
        && measured::holds(keys::known(&query.kind)?)
    {
        return measured::follow(caller, query, from);
    }
    let mut wanted = Wanted::default();
    for query in queries {
        if query.is_everything() {
            everything(caller)?;
            wanted.everything = true;
            continue;
        }
        let kind = list::readable(caller, query, "watch")?;
        if measured::holds(kind) {
            let why = format!("{} cannot be followed together with other kinds", kind.kind);
            return Err(Refusal::bad_request(why));
        }
        wanted.some.push((kind, query.clone()));
    }
    let server = Arc::clone(&caller.server);
    if from.is_some_and(|from| from > server.store.revision()) {
        // This member may only be behind; after the barrier it is not.
        server.store.barrier().await.map_err(|e| trouble(&e))?;
    }
    let mut ready = VecDeque::new();
    let from = match from {
        Some(from) => from,
        None => wanted.what_is_there(&server, &mut ready)?,
    };
    let changes = server.store.watch(from).map_err(|e| trouble(&e))?;
    let quiet = if caller.eager { Duration::ZERO } else { QUIET };
    let told =
        Told { server, wanted, changes, ready, quiet, reached: from, said: from, spoke: now(), over: false };
    Ok(futures::stream::unfold(told, |mut told| async move { Some((told.next().await?, told)) }).boxed())
}

/// Refuses who may not follow every kind, also those that are yet to be defined.
fn everything(caller: &Local) -> Result<()> {
    let wish = Wish::Resource { verb: "watch", group: "*", resource: "*", part: "", namespace: "", name: "" };
    let decision = caller.server.decide(&caller.user, &wish)?;
    if decision.allowed {
        return Ok(());
    }
    let why = format!("user {:?} cannot watch every kind: {}", caller.user.name, decision.reason);
    Err(Refusal::new(Reason::Forbidden, why))
}

/// What a watcher asked for.
#[derive(Default)]
struct Wanted {
    /// Every object of every kind.
    everything: bool,
    some: Vec<(&'static KindInfo, Query)>,
}

impl Wanted {
    fn wants(&self, kind: &KindInfo, namespace: &str, object: &Object) -> bool {
        self.everything && kind.watched()
            || self.of(kind, namespace).any(|query| query.selectors.matches(kind, object))
    }

    /// The queries that may mean an object of this kind in this namespace.
    fn of(&self, kind: &KindInfo, namespace: &str) -> impl Iterator<Item = &Query> {
        let same = move |k: &KindInfo| k.kind == kind.kind && k.group == kind.group;
        let here = move |q: &Query| q.namespace.as_deref().is_none_or(|n| n.is_empty() || n == namespace);
        self.some.iter().filter(move |(k, q)| same(k) && here(q)).map(|(_, q)| q)
    }

    /// Everything that is there now, each object once, and the bookmark that ends it.
    fn what_is_there(&self, server: &Server, ready: &mut VecDeque<Result<Event>>) -> Result<Revision> {
        let mut at = None;
        let mut prefixes: Vec<(&'static KindInfo, Bytes)> = Vec::new();
        let every = kinds().filter(|kind| self.everything && kind.watched());
        let every = every.map(|kind| (kind, keys::of_kind(kind)));
        let some = self.some.iter().map(|(kind, query)| (*kind, list::prefix(kind, query)));
        for (kind, prefix) in every.chain(some) {
            if !prefixes.iter().any(|(_, p)| prefix.starts_with(p)) {
                prefixes.retain(|(_, p)| !p.starts_with(&prefix));
                prefixes.push((kind, prefix));
            }
        }
        for (kind, prefix) in prefixes {
            let range = Range { prefix, at, ..Range::default() };
            let page = server.store.range(&range).map_err(|e| trouble(&e))?;
            at = Some(page.revision);
            for entry in &page.entries {
                let object = server.cache.peek(entry)?;
                if self.wants(kind, object.namespace(), &object) {
                    ready.push_back(Ok(Event::Added(object)));
                }
            }
        }
        let revision = at.unwrap_or_else(|| server.store.revision());
        ready.push_back(Ok(Event::Bookmark { revision, initial: true, cluster: server.store.cluster() }));
        Ok(revision)
    }

    /// Whether a kind that is watched was defined anew or is gone: who watches it begins again.
    fn redefined(&self, server: &Server, batch: &[Change]) -> bool {
        let custom = self.some.iter().any(|(kind, _)| kind.custom.is_some());
        if !custom || !batch.iter().any(|change| definitions::concerns(&change.key)) {
            return false;
        }
        // It may be known here before whoever wrote it has said so.
        if server.publish().is_err() {
            return false;
        }
        let same = |kind: &'static KindInfo| {
            shared_api::of(kind.group, kind.kind).is_some_and(|now| std::ptr::eq(now, kind))
        };
        self.some.iter().any(|(kind, _)| !same(kind))
    }

    /// What a change means to this watcher.
    fn event(&self, server: &Server, change: &Change) -> Result<Option<Event>> {
        let Some((kind, namespace, _)) = keys::parse(&change.key) else { return Ok(None) };
        if !self.everything && self.of(kind, namespace).next().is_none() {
            return Ok(None);
        }
        let seen = server.cache.seen(change)?;
        let before = seen.previous.as_ref().is_some_and(|o| self.wants(kind, namespace, o));
        let now = !change.deleted && self.wants(kind, namespace, &seen.object);
        let object = || seen.object.clone();
        Ok(match (before, now) {
            (false, false) => None,
            (false, true) => Some(Event::Added(object())),
            (true, true) => Some(Event::Modified(object())),
            (true, false) if change.deleted => Some(Event::Deleted(object())),
            (true, false) => Some(Event::Deleted(seen.left(kind).unwrap_or_else(object))),
        })
    }
}

/// A watch under way.
struct Told {
    server: Arc<Server>,
    wanted: Wanted,
    changes: Changes,
    ready: VecDeque<Result<Event>>,
    /// How long the watcher may be left without news of how far history went.
    quiet: Duration,
    /// Every change up to here was looked at.
    reached: Revision,
    /// The watcher knows that it is complete up to here.
    said: Revision,
    spoke: Instant,
    over: bool,
}

impl Told {
    async fn next(&mut self) -> Option<Result<Event>> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                if let Ok(event) = &event {
                    self.said = self.said.max(event.revision());
                    self.spoke = now();
                }
                return Some(event);
            }
            if self.over {
                return None;
            }
            let behind = self.reached > self.said;
            let batch = if !behind {
                self.changes.next().await
            } else if let Some(batch) = self.changes.next().now_or_never() {
                batch
            } else {
                // Nothing of what happened since concerns this watcher, and nothing else is waiting.
                let more = tokio::time::timeout_at(self.spoke + self.quiet, self.changes.next()).await;
                let Ok(batch) = more else {
                    self.ready.push_back(Ok(self.bookmark()));
                    continue;
                };
                batch
            };
            self.take(batch);
        }
    }

    fn bookmark(&self) -> Event {
        Event::Bookmark { revision: self.reached, initial: false, cluster: self.server.store.cluster() }
    }

    fn take(&mut self, batch: Option<Result<Arc<[Change]>, Error>>) {
        let batch = match batch {
            Some(Ok(batch)) => batch,
            Some(Err(error)) => return self.end(trouble(&error)),
            None => return self.end(Refusal::unavailable("the control plane closed the watch")),
        };
        let again = self.wanted.redefined(&self.server, &batch);
        for change in batch.iter() {
            match self.wanted.event(&self.server, change) {
                Ok(event) => self.ready.extend(event.map(Ok)),
                Err(refusal) => return self.end(refusal),
            }
            self.reached = self.reached.max(change.revision);
        }
        self.over = again;
    }

    fn end(&mut self, why: Refusal) {
        self.ready.push_back(Err(why));
        self.over = true;
    }
}

fn now() -> Instant {
    Instant::now()
}
