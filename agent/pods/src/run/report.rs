//! Telling the cluster a pod's status: only when it changed, again until it is taken, never over
//! another pod of the same name.

use super::Shared;
use shared_api::{
    Key, Object, Reason, Revision, WriteHow,
    core::{Pod, PodStatus},
};
use shared_client::Result;
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// Takes a pod's status and brings it to the cluster. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Report {
    wanted: Arc<watch::Sender<(u64, Option<PodStatus>)>>,
    done: watch::Receiver<Done>,
}

/// What was taken: the number of the report, and when it was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Done {
    number: u64,
    at: Revision,
}

/// Does it.
pub(super) struct Reporter {
    shared: Arc<Shared>,
    key: Key,
    uid: String,
    wanted: watch::Receiver<(u64, Option<PodStatus>)>,
    done: watch::Sender<Done>,
}

pub(super) fn report(shared: Arc<Shared>, pod: &Pod) -> (Report, Reporter) {
    let wanted = watch::Sender::new((0, None));
    let done = watch::Sender::new(Done::default());
    let reporter = Reporter {
        shared,
        key: Key::from_kind(pod),
        uid: pod.metadata.uid.clone().unwrap_or_default(),
        wanted: wanted.subscribe(),
        done: done.clone(),
    };
    (Report { wanted: Arc::new(wanted), done: done.subscribe() }, reporter)
}

impl Report {
    /// Brings `status` to the cluster, which was last seen with `pod`.
    pub(crate) fn tell(&self, status: &PodStatus, pod: &Pod) {
        let there = pod.status.as_ref();
        let seen =
            pod.metadata.resource_version.as_ref().and_then(|v| v.parse::<Revision>().ok()).unwrap_or(0);
        let differs = there.is_none_or(|t| notable(t) != notable(status));
        self.wanted.send_if_modified(|(number, wanted)| {
            // Others may have written over what was told, after it was taken; then it is told again.
            let done = *self.done.borrow();
            let lost = differs && *number == done.number && seen > done.at;
            let new = wanted.as_ref() != Some(status) || lost;
            // Nothing was told yet and the cluster knows all of it.
            let known = wanted.is_none() && there == Some(status);
            if new && !known {
                *number += 1;
                *wanted = Some(status.clone());
            }
            new && !known
        });
    }

    /// Waits until all that was told is taken, or nobody wants it any more.
    pub(crate) async fn told(&self) {
        let number = self.wanted.borrow().0;
        let _ = self.done.clone().wait_for(|d| d.number >= number).await;
    }
}

/// What others may have changed.
fn notable(status: &PodStatus) -> (Option<&String>, Option<&String>) {
    let ready = status.conditions.iter().flatten().find(|c| c.type_ == "Ready");
    (status.phase.as_ref(), ready.map(|c| &c.status))
}

impl Reporter {
    pub(super) async fn run(mut self) {
        let mut pause = FIRST;
        while self.wanted.wait_for(|(n, _)| *n > self.done.borrow().number).await.is_ok() {
            let (number, wanted) = self.wanted.borrow_and_update().clone();
            let Some(wanted) = wanted else { continue };
            match self.write(&wanted).await {
                Ok(at) => {
                    self.done.send_replace(Done { number, at });
                    pause = FIRST;
                }
                Err(refusal) => {
                    tracing::debug!(pod = %self.key, error = %refusal, "status was not taken yet");
                    if refusal.reason == Reason::Invalid {
                        tracing::warn!(pod = %self.key, error = %refusal, "status was refused");
                        self.done.send_modify(|d| d.number = number);
                    }
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(LONGEST);
                }
            }
        }
    }

    async fn write(&self, wanted: &PodStatus) -> Result<Revision> {
        let known = self.shared.live.read().object(&self.key).cloned().filter(|o| o.uid() == self.uid);
        if let Some(known) = known {
            match self.put(&known, wanted).await {
                Err(refusal) if refusal.reason == Reason::Conflict => {}
                Err(refusal) if refusal.reason == Reason::NotFound => return Ok(0),
                result => return result,
            }
        }
        match self.shared.cluster.get(&self.key).await {
            Ok(object) if object.uid() == self.uid => self.put(&object, wanted).await,
            // Another pod has the name now.
            Ok(_) => Ok(0),
            Err(refusal) if refusal.reason == Reason::NotFound => Ok(0),
            Err(refusal) => Err(refusal),
        }
    }

    /// Replaces the status of exactly this state of the pod.
    async fn put(&self, object: &Object, wanted: &PodStatus) -> Result<Revision> {
        let Ok(there) = object.to_kind::<Pod>() else { return Ok(0) };
        let mut pod = (*there).clone();
        let mut status = wanted.clone();
        let old = pod.status.take().unwrap_or_default();
        // Conditions of others, as they are now.
        let ours = crate::status::OURS;
        let mut conditions = status.conditions.take().unwrap_or_default();
        conditions.retain(|c| ours.contains(&c.type_.as_str()));
        conditions
            .extend(old.conditions.iter().flatten().filter(|c| !ours.contains(&c.type_.as_str())).cloned());
        status.conditions = Some(conditions);
        if there.status.as_ref() == Some(&status) {
            return Ok(object.revision());
        }
        pod.status = Some(status);
        self.shared.cluster.update(Object::from_kind(&pod), &WriteHow::status()).await.map(|o| o.revision())
    }
}

const FIRST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(5);
