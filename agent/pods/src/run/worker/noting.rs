//! What is noted when a pod's status turns, and the last words of containers.

use crate::{
    admission,
    events::{Recorder, Weight},
    observed::Seen,
    room::Pending,
    run::Shared,
    status::{OVERDUE, PENDING},
};
use agent_runtime::logs::{LogQuery, read};
use futures::StreamExt;
use shared_api::core::{ContainerStatus, Pod, PodCondition, PodStatus};
use std::{io::Read as _, path::Path, time::Duration};

/// Notes the waits that begin with `new`.
pub(super) fn note(recorder: &Recorder, pod: &Pod, old: Option<&PodStatus>, new: &PodStatus) {
    let all = |s: &PodStatus| -> Vec<ContainerStatus> {
        s.init_container_statuses
            .iter()
            .flatten()
            .chain(s.container_statuses.iter().flatten())
            .chain(s.ephemeral_container_statuses.iter().flatten())
            .cloned()
            .collect()
    };
    let before = old.map(all).unwrap_or_default();
    for status in all(new) {
        let reason = waiting(&status);
        if reason.is_empty() || before.iter().any(|b| b.name == status.name && waiting(b) == reason) {
            continue;
        }
        let name = Some(status.name.as_str());
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let meta = &pod.metadata;
        match reason {
            "CrashLoopBackOff" => {
                let message = format!(
                    "Back-off restarting failed container {} in pod {}_{}({})",
                    status.name,
                    text(&meta.name),
                    text(&meta.namespace),
                    text(&meta.uid)
                );
                recorder.note(pod, name, Weight::Warning, "BackOff", &message);
            }
            "ImagePullBackOff" => {
                recorder.note(
                    pod,
                    name,
                    Weight::Normal,
                    "BackOff",
                    &format!("Back-off pulling image {:?}", status.image),
                );
                recorder.note(pod, name, Weight::Warning, "Failed", "Error: ImagePullBackOff");
            }
            _ => {}
        }
    }
}

/// Notes that a pod is ended because its time is over.
pub(super) fn overdue(recorder: &Recorder, pod: &Pod) {
    recorder.note(pod, None, Weight::Normal, "DeadlineExceeded", OVERDUE);
}

/// Notes when a pod begins to wait for resources.
pub(super) fn pending(recorder: &Recorder, pod: &Pod, old: Option<&PodStatus>, new: Option<&Pending>) {
    let Some(new) = new else { return };
    let told = old.into_iter().flat_map(|s| s.conditions.iter().flatten());
    let same = |c: &PodCondition| {
        c.type_ == PENDING
            && c.reason.as_deref() == Some(new.reason)
            && c.observed_generation == pod.metadata.generation
    };
    if !told.into_iter().any(same) {
        recorder.note(pod, None, Weight::Warning, &format!("Resize{}", new.reason), &new.told);
    }
}

/// Notes that the node does not take a pod.
pub(super) fn refused(recorder: &Recorder, pod: &Pod, old: Option<&PodStatus>, new: &PodStatus) {
    let is = |status: &PodStatus| status.reason.as_deref() == Some(admission::REASON);
    if is(new) && !old.is_some_and(is) {
        recorder.note(pod, None, Weight::Warning, admission::REASON, admission::MESSAGE);
    }
}

fn waiting(status: &ContainerStatus) -> &str {
    let waiting = status.state.as_ref().and_then(|s| s.waiting.as_ref());
    waiting.and_then(|w| w.reason.as_deref()).unwrap_or_default()
}

/// Kubernetes' limits for last words, in bytes and lines.
const LONGEST: u64 = 4096;
const LOG_LINES: u64 = 80;
const LOG_BYTES: usize = 2048;
/// How long what a container said last may take to reach its log. It is written by a process of its own, which
/// ends after the container; one that somebody else keeps open is not waited for.
const LOG_ENDS: Duration = Duration::from_secs(2);

impl Shared {
    /// What an ended container left to be read.
    pub(super) async fn last_words(&self, pod: &Pod, seen: &Seen) -> String {
        let uid = pod.metadata.uid.as_deref().unwrap_or_default();
        let file = self.options.paths.message(uid, &seen.name, seen.attempt);
        let mut text = Vec::new();
        if let Ok(file) = std::fs::File::open(file) {
            let _ = file.take(LONGEST).read_to_end(&mut text);
        }
        if text.is_empty() && seen.logs_as_message && seen.code() != Some(0) {
            text = end_of(&self.options.paths.log(pod, &seen.name, seen.attempt)).await;
        }
        String::from_utf8_lossy(&text).into_owned()
    }
}

/// What stands at the end of a log, once it has ended.
async fn end_of(log: &Path) -> Vec<u8> {
    let query = LogQuery { tail: Some(LOG_LINES), follow: true, ..LogQuery::default() };
    let (mut chunks, mut text) = (read(log, &query), Vec::new());
    let reading = async {
        while let Some(Ok(chunk)) = chunks.next().await {
            text.extend_from_slice(&chunk.bytes);
        }
    };
    let _ = tokio::time::timeout(LOG_ENDS, reading).await;
    text.split_off(text.len().saturating_sub(LOG_BYTES))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs::File, io::Write as _};

    #[tokio::test]
    async fn a_log_that_is_still_written_is_read_to_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("0.log");
        let mut writer = File::create(&log).unwrap();
        writer.lock().unwrap();
        let mut reading = Box::pin(end_of(&log));
        let early = tokio::time::timeout(Duration::from_millis(50), &mut reading).await;
        assert!(early.is_err(), "it waits for the writer");
        writer.write_all(b"2026-01-01T00:00:00.000000000Z stdout P DONE\n").unwrap();
        drop(writer);
        assert_eq!(reading.await, b"DONE");
        assert!(end_of(&folder.path().join("none.log")).await.is_empty());
    }
}
