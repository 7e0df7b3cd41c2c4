//! Many watchers of the same objects: how long from a commit until each of them has heard.

use crate::{
    Outcome, Setting,
    api::ours,
    proc,
    statistics::{Sample, milliseconds},
    table::Row,
};
use futures::StreamExt;
use shared_api::{Object, Query, WriteHow, core::ConfigMap};
use shared_client::{
    Cluster, Event,
    grpc::{Grpc, Options},
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::{sync::Barrier, task::JoinSet};

const WATCHERS: usize = 1000;
const CONNECTIONS: usize = 20;
const EVENTS: usize = 300;
const PERIOD: Duration = Duration::from_millis(10);
const TARGET: Duration = Duration::from_millis(10);

/// When what was acknowledged, by revision.
type Acknowledged = Arc<Mutex<HashMap<u64, Instant>>>;

/// Measures it against a control plane of its own.
pub(crate) async fn measure(setting: &Setting) -> Outcome {
    let (plane, server, access) = ours(setting, "watchers").await?;
    let options = Options::from_access(&access).map_err(|e| e.to_string())?;
    let acknowledged = Acknowledged::default();
    let begin = Arc::new(Barrier::new(WATCHERS + 1));
    let mut watchers = JoinSet::new();
    for connection in 0..CONNECTIONS {
        let grpc = Grpc::new(&options).map_err(|e| e.to_string())?;
        for _ in (connection..WATCHERS).step_by(CONNECTIONS) {
            let (grpc, begin) = (grpc.clone(), Arc::clone(&begin));
            watchers.spawn(async move { listen(&grpc, &begin).await });
        }
    }
    begin.wait().await;
    let writer = Grpc::new(&options).map_err(|e| e.to_string())?;
    let before = proc::cpu(server.pid)?;
    write(&writer, &acknowledged).await?;
    let mut heard = Vec::new();
    while let Some(done) = watchers.join_next().await {
        heard.extend(done.map_err(|e| format!("a watcher: {e}"))??);
    }
    let used = proc::cpu(server.pid)?.saturating_sub(before);
    drop(plane);
    let times = acknowledged.lock().unwrap_or_else(PoisonError::into_inner);
    // A watcher may hear of a commit before its writer does.
    let taken =
        heard.iter().filter_map(|(revision, at)| Some(at.saturating_duration_since(*times.get(revision)?)));
    let taken = Sample::of(taken.collect());
    let (p50, p99) = (taken.percentile(50), taken.percentile(99));
    let each = used.checked_div(u32::try_from(taken.len()).unwrap_or(u32::MAX)).unwrap_or_default();
    let text =
        format!("p50 {}, p99 {}, {} µs CPU an event", milliseconds(p50), milliseconds(p99), each.as_micros());
    Ok(vec![Row::judged("1,000 watchers, 100 events/s: commit → client", "p99 ≤ 10 ms", text, p99 <= TARGET)])
}

/// Hears every event, and when.
async fn listen(grpc: &Grpc, begin: &Barrier) -> Result<Vec<(u64, Instant)>, String> {
    let query = Query::every::<ConfigMap>().within("default");
    let opened = grpc.watch(&[query], None).await;
    let mut events = match opened {
        Ok(events) => events,
        Err(why) => {
            begin.wait().await;
            return Err(format!("watching: {why}"));
        }
    };
    let mut heard = Vec::with_capacity(EVENTS);
    let mut ready = false;
    while heard.len() < EVENTS {
        match events.next().await {
            Some(Ok(Event::Bookmark { initial: true, .. })) if !ready => {
                ready = true;
                begin.wait().await;
            }
            Some(Ok(Event::Added(object))) if ready && object.name().starts_with("event-") => {
                heard.push((object.revision(), Instant::now()));
            }
            Some(Ok(_)) => {}
            Some(Err(why)) => return Err(format!("watching: {why}")),
            None => return Err("a watch ended".into()),
        }
    }
    Ok(heard)
}

/// Makes an object every now and then.
async fn write(grpc: &Grpc, acknowledged: &Acknowledged) -> Result<(), String> {
    let mut ticks = tokio::time::interval(PERIOD);
    for n in 0..EVENTS {
        ticks.tick().await;
        let map = format!(
            r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"namespace":"default","name":"event-{n}"}},"data":{{"n":"{n}"}}}}"#
        );
        let object = Object::from_bytes(map).map_err(|e| e.to_string())?;
        let made = grpc.create(object, &WriteHow::default()).await.map_err(|e| format!("creating: {e}"))?;
        let now = Instant::now();
        acknowledged.lock().unwrap_or_else(PoisonError::into_inner).insert(made.revision(), now);
    }
    Ok(())
}
