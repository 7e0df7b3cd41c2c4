//! What a container has written.

use super::{Target, name, success, why_not};
use crate::{observed::Seen, run::Pods};
use agent_runtime::{
    Phase,
    logs::{LogQuery, Source, read},
};
use futures::StreamExt;
use shared_api::{Key, Refusal, Timestamp, meta::Status};
use shared_client::{Channel, Duplex, Frame, LogOptions};

impl Pods {
    pub(super) async fn logs(
        &self,
        key: &Key,
        options: &LogOptions,
        duplex: &Duplex,
    ) -> Result<Status, Refusal> {
        let target = self.target(key, &options.container)?;
        let meant = meant(self.attempts(&target), options.previous);
        let meant = meant.ok_or_else(|| Refusal::bad_request(missing(&target, options.previous)))?;
        let container = &target.container;
        let log = self.shared.options.paths.log(&target.pod, container, meant.attempt);
        let mut chunks = read(&log, &query(options, (self.shared.options.clock)())?);
        loop {
            let chunk = tokio::select! {
                chunk = chunks.next() => chunk,
                // Whoever asked went away: a log that is followed may never write again.
                () = duplex.send.closed() => return Ok(success()),
            };
            match chunk {
                None => return Ok(success()),
                Some(Ok(chunk)) => {
                    // One stream, as `kubectl logs` shows it.
                    if duplex.send.send(Frame::data(Channel::Stdout, chunk.bytes)).await.is_err() {
                        return Ok(success());
                    }
                }
                Some(Err(error)) => {
                    return Err(Refusal::internal(format!(
                        "reading the log of container {container:?}: {error}"
                    )));
                }
            }
        }
    }
}

/// Which attempt at the container is meant, of all there are, newest last.
fn meant(mut attempts: Vec<Seen>, previous: bool) -> Option<Seen> {
    let newest = attempts.pop();
    if !previous {
        // Until it is started, the one before it is what there is to see.
        return newest.filter(|s| !matches!(s.phase, Phase::Created)).or_else(|| attempts.pop());
    }
    // While the container waits to be made again, the one that ended is both newest and previous.
    let ended = newest.filter(|s| !s.alive() && attempts.is_empty());
    attempts.pop().or(ended)
}

/// Why there is no log, as kubelet says it.
fn missing(target: &Target, previous: bool) -> String {
    let (pod, container) = (name(&target.pod), &target.container);
    if previous {
        return format!("previous terminated container {container:?} in pod {pod:?} not found");
    }
    let why = match why_not(&target.pod, container).as_str() {
        "ErrImagePull" => "image can't be pulled".to_owned(),
        "ImagePullBackOff" => "trying and failing to pull image".to_owned(),
        other => other.to_owned(),
    };
    format!("container {container:?} in pod {pod:?} is waiting to start: {why}")
}

fn query(options: &LogOptions, now: Timestamp) -> Result<LogQuery, Refusal> {
    let since = match (options.since_seconds, options.since_time.as_deref()) {
        (Some(seconds), _) => Some(crate::plan::later(now, seconds.saturating_neg())),
        (None, Some(text)) if !text.is_empty() => {
            let time = text.parse::<Timestamp>();
            Some(time.map_err(|e| {
                Refusal::bad_request(format!("sinceTime {text:?} is not an RFC 3339 time: {e}"))
            })?)
        }
        (None, _) => None,
    };
    Ok(LogQuery {
        follow: options.follow,
        since: since.and_then(|t| i64::try_from(t.as_nanosecond()).ok()),
        tail: options.tail_lines.map(|n| u64::try_from(n).unwrap_or(0)),
        timestamps: options.timestamps,
        limit_bytes: options.limit_bytes.and_then(|n| u64::try_from(n).ok()),
        only: match options.stream.as_deref() {
            Some("Stdout") => Some(Source::Stdout),
            Some("Stderr") => Some(Source::Stderr),
            _ => None,
        },
    })
}
