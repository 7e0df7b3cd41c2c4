//! The past as a door: objects as they were at one revision. It is read only.

use crate::Error;
use async_trait::async_trait;
use futures::stream::BoxStream;
use serde_json::Value;
use shared_api::{
    DeleteHow, FieldSelector, Freshness, Key, Object, Patch, Query, Reason, Refusal, Revision, Selectors,
    Timestamp, WriteHow,
};
use shared_client::{
    Cluster, Event, List, Question, Result,
    question::{Moment, answer},
};
use std::{sync::Arc, time::Duration};

/// When things are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// So long ago: `-5m`, `5m`.
    Ago(Duration),
    /// At this moment: `2026-01-01T00:00:00Z`.
    Moment(Timestamp),
    /// At this revision: `1234`.
    Revision(Revision),
}

impl At {
    /// From `-5m`, `2026-01-01T00:00:00Z` or `1234`.
    pub fn parse(text: &str) -> Result<Self, String> {
        at(text)
    }
}

/// From `--at`.
pub(crate) fn at(text: &str) -> Result<At, String> {
    if let Ok(revision) = text.parse() {
        return Ok(At::Revision(revision));
    }
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Ok(At::Moment(moment));
    }
    let span = crate::action::duration(text.strip_prefix('-').unwrap_or(text));
    span.map(At::Ago).map_err(|_| {
        format!("{text:?} is no moment: expected -5m, 2026-01-01T00:00:00Z or a revision such as 1234")
    })
}

/// The revision there was then. A moment that history does not reach is refused with how far back there is.
pub async fn revision(at: At, cluster: &dyn Cluster, now: Timestamp) -> Result<Revision, Error> {
    let ago = match at {
        At::Revision(revision) => return Ok(revision),
        At::Ago(ago) => ago,
        At::Moment(moment) => {
            let ago = now.as_millisecond() - moment.as_millisecond();
            let ago = u64::try_from(ago).map_err(|_| Error::Usage(format!("{moment} is still to come")))?;
            Duration::from_millis(ago)
        }
    };
    let question = Question::Moment { ago: u64::try_from(ago.as_millis()).unwrap_or(u64::MAX) };
    let moment: Moment = answer(cluster.ask(&question).await?)?;
    moment.revision.ok_or_else(|| {
        let reach = told(Duration::from_millis(moment.reach));
        let why = format!(
            "history reaches {reach} back, to revision {}; {} ago is further",
            moment.oldest,
            told(ago)
        );
        Refusal::new(Reason::Expired, why).into()
    })
}

/// `4m10s`, as durations are written here.
fn told(span: Duration) -> String {
    let seconds = span.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, s) => format!("{s}s"),
        (0, m, 0) => format!("{m}m"),
        (0, m, s) => format!("{m}m{s}s"),
        (h, m, _) => format!("{h}h{m}m"),
    }
}

/// The cluster as it was at one revision.
pub(crate) struct Then {
    pub(crate) cluster: Arc<dyn Cluster>,
    pub(crate) revision: Revision,
}

fn read_only<T>() -> Result<T> {
    Err(Refusal::bad_request("the past cannot be changed: leave out --at"))
}

#[async_trait]
impl Cluster for Then {
    async fn get(&self, key: &Key) -> Result<Object> {
        let fields = FieldSelector::equal("metadata.name", &key.name);
        let query = Query::all(key.kind.clone()).matching(Selectors { fields, ..Selectors::default() });
        let query = if key.namespace.is_empty() { query } else { query.within(&key.namespace) };
        self.list(&query).await?.items.pop().ok_or_else(|| Refusal::not_found(key))
    }

    async fn list(&self, query: &Query) -> Result<List> {
        let query = Query { freshness: Freshness::Exactly(self.revision), ..query.clone() };
        self.cluster.list(&query).await
    }

    async fn create(&self, _: Object, _: &WriteHow) -> Result<Object> {
        read_only()
    }

    async fn update(&self, _: Object, _: &WriteHow) -> Result<Object> {
        read_only()
    }

    async fn patch(&self, _: &Key, _: &Patch, _: &WriteHow) -> Result<Object> {
        read_only()
    }

    async fn delete(&self, _: &Key, _: &DeleteHow) -> Result<Object> {
        read_only()
    }

    async fn subresource(&self, _: &Key, _: &str, _: Option<Value>, _: &WriteHow) -> Result<Value> {
        read_only()
    }

    async fn watch(&self, _: &[Query], _: Option<Revision>) -> Result<BoxStream<'static, Result<Event>>> {
        Err(Refusal::bad_request("the past does not change: leave out --at, or --watch"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_in_three_ways() {
        for (text, wanted) in [
            ("-5m", Ok(At::Ago(Duration::from_mins(5)))),
            ("1h30m", Ok(At::Ago(Duration::from_mins(90)))),
            ("1234", Ok(At::Revision(1234))),
            ("2026-01-01T00:00:00Z", Ok(At::Moment(shared_testkit::moment()))),
        ] {
            assert_eq!(at(text), wanted, "{text}");
        }
        assert!(at("yesterday").unwrap_err().contains("-5m"));
    }

    #[tokio::test]
    async fn the_past_is_read_only() {
        let fake = shared_testkit::FakeCluster::holding([shared_testkit::object(&shared_testkit::pod("a"))]);
        let then = Then { cluster: fake.door(), revision: fake.revision() };
        let pod = fake.objects().pop().unwrap();
        assert_eq!(then.get(&pod.key()).await.unwrap(), pod);
        let refusal = then.delete(&pod.key(), &DeleteHow::default()).await.unwrap_err();
        assert!(refusal.message.contains("--at"), "{refusal}");
    }
}
