//! What is used, followed: each node's word when it comes.

use super::{objects, said};
use crate::{list, local::Local, server::Server};
use futures::{StreamExt, stream::BoxStream};
use shared_api::{Key, KindInfo, Object, Query, Revision};
use shared_client::{Event, Result};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::broadcast::{
        self,
        error::{RecvError, TryRecvError},
    },
    time::Instant,
};

/// What many nodes say is told together, so often at most: it is not news of the second.
const PACE: Duration = Duration::from_secs(3);

/// When nobody says anything for so long, what was said is worth nothing.
const SILENCE: Duration = Duration::from_secs(super::STALE.unsigned_abs());

/// Follows a kind that is measured. There is no history: who comes back is told everything again.
pub(crate) fn follow(
    caller: &Local,
    query: &Query,
    from: Option<Revision>,
) -> Result<BoxStream<'static, Result<Event>>> {
    let kind = list::readable(caller, query, "watch")?;
    let server = Arc::clone(&caller.server);
    let heard = server.measured.spoke.subscribe();
    let (there, ready, query) = (BTreeMap::new(), VecDeque::new(), query.clone());
    let spoke = Instant::now();
    let mut follower = Follower { server, kind, query, heard, there, ready, spoke };
    follower.everything()?;
    if from.is_none() {
        let (revision, cluster) = (follower.server.store.revision(), follower.server.store.cluster());
        follower.ready.push_back(Event::Bookmark { revision, initial: true, cluster });
    }
    let next = |mut follower: Follower| async move { Some((follower.next().await?, follower)) };
    Ok(futures::stream::unfold(follower, next).boxed())
}

struct Follower {
    server: Arc<Server>,
    kind: &'static KindInfo,
    query: Query,
    heard: broadcast::Receiver<Arc<str>>,
    /// What was told last.
    there: BTreeMap<Key, Object>,
    ready: VecDeque<Event>,
    /// When it last told something.
    spoke: Instant,
}

impl Follower {
    async fn next(&mut self) -> Option<Result<Event>> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(Ok(event));
            }
            tokio::time::sleep_until(self.spoke + PACE).await;
            let told = match tokio::time::timeout(SILENCE, self.heard.recv()).await {
                Ok(Ok(node)) => self.words_from(node),
                Ok(Err(RecvError::Lagged(_))) => self.everything(),
                Ok(Err(RecvError::Closed)) => return None,
                Err(_) => {
                    self.forget_the_silent();
                    Ok(())
                }
            };
            self.spoke = Instant::now();
            if let Err(refusal) = told {
                return Some(Err(refusal));
            }
        }
    }

    fn everything(&mut self) -> Result<()> {
        let all = objects(&self.server, self.kind)?;
        for object in all {
            self.tell(object);
        }
        self.forget_the_silent();
        Ok(())
    }

    /// The word of a node, and of all that have spoken meanwhile.
    fn words_from(&mut self, node: Arc<str>) -> Result<()> {
        let mut spoke = vec![node];
        loop {
            match self.heard.try_recv() {
                Ok(node) if spoke.contains(&node) => {}
                Ok(node) => spoke.push(node),
                Err(TryRecvError::Lagged(_)) => return self.everything(),
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        spoke.iter().try_for_each(|node| self.word_of(node))?;
        self.forget_the_silent();
        Ok(())
    }

    fn word_of(&mut self, node: &str) -> Result<()> {
        let now = (self.server.options.clock)();
        if let Some(report) = self.server.measured.of(node, now) {
            for object in said(&self.server, self.kind, node, &report, now)? {
                self.tell(object);
            }
        }
        Ok(())
    }

    fn tell(&mut self, object: Object) {
        let query = &self.query;
        let here = query.namespace.as_deref().is_none_or(|n| n.is_empty() || n == object.namespace());
        if !here || !query.selectors.matches(self.kind, &object) {
            return;
        }
        self.ready.push_back(match self.there.insert(object.key(), object.clone()) {
            None => Event::Added(object),
            Some(_) => Event::Modified(object),
        });
    }

    /// Whoever says nothing for too long is spoken of no more, and neither is what was on it.
    fn forget_the_silent(&mut self) {
        let now = (self.server.options.clock)().as_second();
        let made = |object: &Object| object.metadata().creation_timestamp.as_ref().map(|t| t.0.as_second());
        let silent = |object: &Object| made(object).is_none_or(|at| now - at >= super::STALE);
        let gone: Vec<_> = self.there.iter().filter(|(_, o)| silent(o)).map(|(key, _)| key.clone()).collect();
        for key in gone {
            self.ready.extend(self.there.remove(&key).map(Event::Deleted));
        }
    }
}
