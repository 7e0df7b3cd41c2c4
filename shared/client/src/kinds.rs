//! The kinds that a cluster defines, made known to this process.

use crate::{Cluster, Event, Result};
use futures::StreamExt;
use shared_api::{Key, Object, Query, Revision, apiextensions::CustomResourceDefinition, publish};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// How long to wait before asking again a cluster that does not answer.
const PAUSE: Duration = Duration::from_secs(5);

/// Makes the kinds that a cluster defines at this moment known to this process.
pub async fn learn(cluster: &dyn Cluster) -> Result<()> {
    follow(cluster, true).await
}

/// Keeps the kinds that a cluster defines known to this process, for ever. Who may not see definitions goes
/// without them.
pub async fn follow_kinds(cluster: Arc<dyn Cluster>) {
    loop {
        if let Err(error) = follow(&*cluster, false).await {
            tracing::debug!(%error, "the kinds that the cluster defines cannot be followed");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Reads what is defined, and goes on from there unless that is enough.
async fn follow(cluster: &dyn Cluster, once: bool) -> Result<()> {
    let mut events = cluster.watch(&[Query::every::<CustomResourceDefinition>()], None).await?;
    let mut all: BTreeMap<Key, Object> = BTreeMap::new();
    let mut whose: Option<Arc<str>> = None;
    let say = |whose: &Option<Arc<str>>, at: Revision, all: &BTreeMap<Key, Object>| {
        if let Some(whose) = whose {
            publish(whose, at, all.values());
        }
    };
    while let Some(event) = events.next().await {
        match event? {
            Event::Added(object) | Event::Modified(object) => {
                let at = object.revision();
                all.insert(object.key(), object);
                say(&whose, at, &all);
            }
            Event::Deleted(object) => {
                all.remove(&object.key());
                say(&whose, object.revision(), &all);
            }
            Event::Bookmark { revision, initial: true, cluster } => {
                whose = Some(cluster);
                say(&whose, revision, &all);
                if once {
                    return Ok(());
                }
            }
            Event::Bookmark { .. } => {}
        }
    }
    Ok(())
}
