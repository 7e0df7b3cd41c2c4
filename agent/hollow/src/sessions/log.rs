//! A log as it is asked for: the part of it that is meant, then what comes.

use super::{
    Far, Target,
    lines::{Run, Voice},
    well,
};
use crate::life::life;
use futures::StreamExt;
use shared_api::{FieldSelector, Key, Query, Refusal, Selectors, Timestamp, core::Pod, meta::Status};
use shared_client::{Channel, Cluster, Event, Frame, LogOptions, Result};
use std::time::Duration;

/// Lines that go out in one frame, at most.
const TOGETHER: usize = 200;

/// Tells the lines of a run that are meant; with `follow` those to come, until the run ends.
pub(super) async fn tell(target: Target, run: Run, options: LogOptions, far: Far) -> Result<Status> {
    if options.stream.as_deref() == Some("Stderr") {
        return Ok(well());
    }
    let uid = target.pod.metadata.uid.clone().unwrap_or_default();
    let life = life(&target.pod, &target.container);
    let voice = Voice::of(&uid, &target.container.name, life, run);
    let now = (target.clock)();
    let mut told = voice.count(now);
    let mut room = options.limit_bytes.map(|n| usize::try_from(n).unwrap_or(0));
    let meant: Vec<u64> = (first(&voice, &options, told, now)?..told).collect();
    for some in meant.chunks(TOGETHER) {
        let text: String = some.iter().map(|n| line(&voice, *n, options.timestamps)).collect();
        if !say(&far, text, &mut room).await {
            return Ok(well());
        }
    }
    if !options.follow || run.till.is_some() {
        return Ok(well());
    }
    let over = over(&*target.cluster, &target.key, &target.container.name, run);
    tokio::pin!(over);
    loop {
        let wait =
            Duration::try_from(voice.moment(told).duration_since((target.clock)())).unwrap_or_default();
        tokio::select! {
            () = tokio::time::sleep(wait) => {
                if !say(&far, line(&voice, told, options.timestamps), &mut room).await {
                    return Ok(well());
                }
                told += 1;
            }
            () = &mut over => return Ok(well()),
        }
    }
}

/// The first line that is meant, of so many.
fn first(voice: &Voice, options: &LogOptions, count: u64, now: Timestamp) -> Result<u64> {
    let since =
        match (options.since_seconds, options.since_time.as_deref()) {
            (Some(seconds), _) => Timestamp::from_second(now.as_second().saturating_sub(seconds)).ok(),
            (None, Some(text)) if !text.is_empty() => Some(text.parse::<Timestamp>().map_err(|e| {
                Refusal::bad_request(format!("sinceTime {text:?} is not an RFC 3339 time: {e}"))
            })?),
            (None, _) => None,
        };
    let by_time = since.map_or(0, |since| count.min(voice.count(since)));
    let by_tail = options.tail_lines.map_or(0, |n| count.saturating_sub(u64::try_from(n).unwrap_or(0)));
    Ok(by_time.max(by_tail))
}

fn line(voice: &Voice, n: u64, timestamps: bool) -> String {
    if timestamps { format!("{:.9} {}\n", voice.moment(n), voice.line(n)) } else { voice.line(n) + "\n" }
}

/// Says it, as far as there is room; whether more may be said.
async fn say(far: &Far, mut text: String, room: &mut Option<usize>) -> bool {
    if let Some(left) = room {
        text.truncate(*left);
        *left -= text.len();
    }
    far.send.send(Frame::data(Channel::Stdout, text)).await.is_ok() && *room != Some(0)
}

/// Waits until the run is over, or its pod.
async fn over(cluster: &dyn Cluster, key: &Key, container: &str, run: Run) {
    let fields = FieldSelector::equal("metadata.name", &key.name);
    let query =
        Query::every::<Pod>().within(&key.namespace).matching(Selectors { fields, ..Selectors::default() });
    let Ok(mut events) = cluster.watch(&[query], None).await else { return };
    while let Some(Ok(event)) = events.next().await {
        match event {
            Event::Deleted(_) => return,
            Event::Added(object) | Event::Modified(object) => {
                let Ok(pod) = object.to_kind::<Pod>() else { return };
                let all = pod.status.iter().flat_map(|s| s.container_statuses.iter().flatten());
                let status = all.into_iter().find(|s| s.name == container);
                if status.and_then(Run::now) != Some(run) {
                    return;
                }
            }
            Event::Bookmark { .. } => {}
        }
    }
}
