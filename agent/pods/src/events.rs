//! What is told about pods as `Event`s: queued, so that a slow control plane slows no pod, and counted
//! up when it repeats.

use shared_api::{
    Key, Object, Patch, PatchType, Reason, Time, Timestamp, WriteHow,
    core::{Event, EventSource, ObjectReference, Pod},
    meta::ObjectMeta,
};
use shared_client::Cluster;
use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::sync::mpsc;

/// How grave it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// As it should be.
    Normal,
    /// Somebody may want to look.
    Warning,
}

/// Takes notes about pods; cheap to clone.
#[derive(Clone)]
pub struct Recorder {
    queue: mpsc::Sender<Note>,
    lost: Arc<AtomicU64>,
    last: Arc<AtomicI64>,
    clock: fn() -> Timestamp,
}

/// Writes them down.
pub struct Scribe {
    notes: mpsc::Receiver<Note>,
    lost: Arc<AtomicU64>,
    cluster: Arc<dyn Cluster>,
    node: String,
    known: HashMap<String, (Key, i32)>,
    order: VecDeque<String>,
}

struct Note {
    about: ObjectReference,
    weight: Weight,
    reason: String,
    message: String,
    at: Timestamp,
    /// Nanoseconds that no other note has: the names of events sort as they were noted.
    stamp: i64,
}

const QUEUE: usize = 1024;
const REMEMBERED: usize = 2048;
const ATTEMPTS: u32 = 8;

/// A recorder and the scribe that has to run for it.
pub fn recorder(cluster: Arc<dyn Cluster>, node: &str, clock: fn() -> Timestamp) -> (Recorder, Scribe) {
    let (queue, notes) = mpsc::channel(QUEUE);
    let lost = Arc::new(AtomicU64::new(0));
    let scribe = Scribe {
        notes,
        lost: Arc::clone(&lost),
        cluster,
        node: node.into(),
        known: HashMap::new(),
        order: VecDeque::new(),
    };
    (Recorder { queue, lost, last: Arc::default(), clock }, scribe)
}

impl Recorder {
    /// Notes something about a pod, or one of its containers.
    pub fn note(&self, pod: &Pod, container: Option<&str>, weight: Weight, reason: &str, message: &str) {
        let inits = pod.spec.iter().flat_map(|s| s.init_containers.iter().flatten());
        let field = |name: &str| {
            let init = inits.into_iter().any(|c| c.name == name);
            format!("spec.{}{{{name}}}", if init { "initContainers" } else { "containers" })
        };
        let about = ObjectReference {
            api_version: Some("v1".into()),
            kind: Some("Pod".into()),
            name: pod.metadata.name.clone(),
            namespace: pod.metadata.namespace.clone(),
            uid: pod.metadata.uid.clone(),
            resource_version: pod.metadata.resource_version.clone(),
            field_path: container.map(field),
        };
        // Kubernetes takes 1024 bytes.
        let message: String = message.chars().take(1000).collect();
        let at = (self.clock)();
        let now = i64::try_from(at.as_nanosecond()).unwrap_or(i64::MAX);
        let later = |last: i64| Some(now.max(last.saturating_add(1)));
        let last = self.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, later).unwrap_or(now);
        let stamp = now.max(last.saturating_add(1));
        let note = Note { about, weight, reason: reason.into(), message, at, stamp };
        tracing::debug!(pod = note.about.name, reason, message = %note.message, "noted");
        if self.queue.try_send(note).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Scribe {
    /// Writes until every recorder is gone.
    pub async fn run(mut self) {
        while let Some(note) = self.notes.recv().await {
            let lost = self.lost.swap(0, Ordering::Relaxed);
            if lost > 0 {
                tracing::warn!(lost, "events were dropped because the control plane is slow");
            }
            self.write(&note).await;
        }
    }

    async fn write(&mut self, note: &Note) {
        let about = &note.about;
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let same = [&text(&about.uid), &text(&about.field_path), &note.reason, &note.message]
            .map(String::as_str)
            .join("\n");
        let mut pause = Duration::from_millis(100);
        for _ in 0..ATTEMPTS {
            let result = match self.known.get(&same).cloned() {
                Some((key, count)) => self.again(note, &key, count + 1).await.map(|()| (key, count + 1)),
                None => self.first(note).await.map(|key| (key, 1)),
            };
            match result {
                Ok(entry) => {
                    if self.known.insert(same.clone(), entry).is_none() {
                        self.order.push_back(same);
                    }
                    if self.order.len() > REMEMBERED
                        && let Some(oldest) = self.order.pop_front()
                    {
                        self.known.remove(&oldest);
                    }
                    return;
                }
                // It was cleaned away meanwhile: a new one is begun.
                Err(Reason::NotFound) if self.known.remove(&same).is_some() => {
                    self.order.retain(|o| *o != same);
                }
                Err(
                    Reason::ServiceUnavailable
                    | Reason::Timeout
                    | Reason::TooManyRequests
                    | Reason::InternalError,
                ) => {
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
                Err(reason) => {
                    tracing::debug!(reason = reason.as_str(), "event was refused");
                    return;
                }
            }
        }
        self.lost.fetch_add(1, Ordering::Relaxed);
    }

    async fn again(&self, note: &Note, key: &Key, count: i32) -> Result<(), Reason> {
        let at = serde_json::to_value(Time(crate::status::whole(note.at))).unwrap_or_default();
        let body = serde_json::json!({"count": count, "lastTimestamp": at});
        let patch = Patch { kind: PatchType::Merge, body };
        self.cluster.patch(key, &patch, &WriteHow::default()).await.map(drop).map_err(|r| r.reason)
    }

    async fn first(&self, note: &Note) -> Result<Key, Reason> {
        let about = &note.about;
        let at = Some(Time(crate::status::whole(note.at)));
        let name = format!("{}.{:x}", about.name.as_deref().unwrap_or_default(), note.stamp);
        let event = Event {
            metadata: ObjectMeta {
                name: Some(name),
                namespace: about.namespace.clone(),
                ..ObjectMeta::default()
            },
            involved_object: about.clone(),
            reason: Some(note.reason.clone()),
            message: Some(note.message.clone()),
            type_: Some(if note.weight == Weight::Warning { "Warning" } else { "Normal" }.into()),
            first_timestamp: at.clone(),
            last_timestamp: at,
            count: Some(1),
            source: Some(EventSource { component: Some("kubelet".into()), host: Some(self.node.clone()) }),
            reporting_component: Some("kubelet".into()),
            reporting_instance: Some(self.node.clone()),
            ..Event::default()
        };
        match self.cluster.create(Object::from_kind(&event), &WriteHow::default()).await {
            Ok(object) => Ok(object.key()),
            Err(refusal) if refusal.reason == Reason::AlreadyExists => Ok(Key::from_kind(&event)),
            Err(refusal) => Err(refusal.reason),
        }
    }
}
