//! What a fleet writes: statuses, removals, Events.

use crate::{
    node::whole,
    seed::seed,
    status::{Told, restarted, told},
};
use serde_json::{Value, json};
use shared_api::{
    DeleteHow, Key, Object, Patch, PatchType, Preconditions, Reason, Refusal, Timestamp, WriteHow,
    core::{Event, Pod, PodStatus},
};
use shared_client::Cluster;
use std::{sync::Arc, time::Duration};

/// Writes for every node of a fleet.
#[derive(Clone)]
pub(super) struct Writer {
    pub(super) cluster: Arc<dyn Cluster>,
    pub(super) clock: fn() -> Timestamp,
    /// Events are told as well.
    pub(super) tells: bool,
}

/// How a write ended.
pub(super) enum Done {
    /// One that a pod waits for; what was read, if that was what was wanted.
    Of(Key, Result<Option<Object>, Refusal>),
    /// One that nobody waits for.
    Aside,
}

impl Writer {
    /// Tells a pod's status, and what is worth an Event.
    pub(super) async fn tell(self, key: Key, pod: Arc<Pod>, status: PodStatus) -> Done {
        let notes = match &pod.status {
            _ if !self.tells => Vec::new(),
            Some(old) => told(old, &status),
            None => told(&PodStatus::default(), &status),
        };
        let done = self.update(&pod, status).await;
        if done.is_ok() {
            for note in notes {
                if let Err(error) = self.note(&pod, &note).await {
                    tracing::debug!(%error, pod = %key, "an Event was not taken");
                }
            }
        }
        Done::Of(key, done.map(|()| None))
    }

    /// Removes a pod that ended as it was asked to.
    pub(super) async fn remove(self, key: Key, uid: String) -> Done {
        let how = DeleteHow {
            grace_seconds: Some(0),
            preconditions: Preconditions { uid: Some(uid), revision: None },
            ..DeleteHow::default()
        };
        let done = self.cluster.delete(&key, &how).await;
        Done::Of(key, done.map(|_| None))
    }

    /// Changes a pod for the sake of change.
    pub(super) async fn change(self, key: Key) -> Done {
        let change = async {
            let pod = self.cluster.get(&key).await?.to_kind::<Pod>().map_err(Refusal::internal)?;
            match restarted(&pod, (self.clock)()) {
                Some(status) => self.update(&pod, status).await,
                None => Ok(()),
            }
        };
        if let Err(error) = change.await {
            tracing::debug!(%error, pod = %key, "a change was not taken");
        }
        Done::Aside
    }

    /// Reads a pod anew after a while.
    pub(super) async fn again(self, key: Key, pause: Duration) -> Done {
        tokio::time::sleep(pause).await;
        let read = self.cluster.get(&key).await;
        Done::Of(key, read.map(Some))
    }

    async fn update(&self, pod: &Pod, status: PodStatus) -> Result<(), Refusal> {
        let changed = Pod { status: Some(status), ..pod.clone() };
        self.cluster.update(Object::from_kind(&changed), &WriteHow::status()).await.map(drop)
    }

    async fn note(&self, pod: &Pod, note: &Told) -> Result<(), Refusal> {
        let meta = &pod.metadata;
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let (namespace, name) = (text(&meta.namespace), text(&meta.name));
        let same = format!("{}\n{}\n{}\n{}", text(&meta.uid), note.container, note.reason, note.message);
        let key = Key::of::<Event>(&namespace, &format!("{name}.{:016x}", seed(&same)));
        let at = whole((self.clock)()).to_string();
        let host = pod.spec.as_ref().and_then(|s| s.node_name.clone()).unwrap_or_default();
        let event = json!({
            "apiVersion": "v1", "kind": "Event", "metadata": {"namespace": namespace, "name": key.name},
            "involvedObject": {"apiVersion": "v1", "kind": "Pod", "namespace": namespace, "name": name,
                "uid": meta.uid, "fieldPath": format!("spec.containers{{{}}}", note.container)},
            "type": if note.warning { "Warning" } else { "Normal" },
            "reason": note.reason, "message": note.message, "count": 1,
            "firstTimestamp": at, "lastTimestamp": at,
            "source": {"component": "kubelet", "host": host},
            "reportingComponent": "kubelet", "reportingInstance": host,
        });
        let object = Object::from_value(&event).map_err(Refusal::internal)?;
        match self.cluster.create(object, &WriteHow::default()).await {
            Err(refusal) if refusal.reason == Reason::AlreadyExists => {
                let count = self.cluster.get(&key).await?.value()["count"].as_i64().unwrap_or(1) + 1;
                let body: Value = json!({"count": count, "lastTimestamp": at});
                let patch = Patch { kind: PatchType::Merge, body };
                self.cluster.patch(&key, &patch, &WriteHow::default()).await.map(drop)
            }
            done => done.map(drop),
        }
    }
}
