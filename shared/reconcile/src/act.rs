//! Performing a plan.

use crate::{Change, Note, Told, note::again, queue::Ending};
use futures::{StreamExt, stream};
use serde_json::{Value, json};
use shared_api::{
    GroupKind, Key, Object, Reason, Refusal, Revision, Time, Timestamp, WriteHow,
    core::{Event, ObjectReference},
};
use shared_client::{Cluster, Result};
use std::collections::{BTreeSet, HashMap};

/// How many creations and deletions of one plan are under way at a time, at most.
const TOGETHER: usize = 32;

/// Who performs, and about what.
pub(crate) struct Actor<'a> {
    pub(crate) cluster: &'a dyn Cluster,
    /// The controller's name.
    pub(crate) name: &'static str,
    /// The kinds the controller reads: writes to others are never seen by it.
    pub(crate) reads: &'a BTreeSet<GroupKind>,
    /// The object decided about.
    pub(crate) about: Option<ObjectReference>,
    /// The same, and which of its conditions says that something was refused.
    pub(crate) failing: Option<(Key, &'static str)>,
    /// When it was decided.
    pub(crate) now: Timestamp,
}

/// What came of a plan.
pub(crate) struct Outcome {
    pub(crate) ending: Ending,
    /// The last revision the world will show of it.
    pub(crate) wrote: Revision,
    /// What was refused first, and why.
    failed: Option<(Told, Refusal)>,
}

impl Actor<'_> {
    /// Does what `changes` say, in order, until one is refused.
    pub(crate) async fn perform(&self, changes: Vec<Change>) -> Outcome {
        let mut outcome = Outcome { ending: Ending::Done, wrote: 0, failed: None };
        // What this plan wrote itself is no conflict to its later writes.
        let mut mine: HashMap<Key, Object> = HashMap::new();
        let mut notes = Vec::new();
        let mut rest = changes.into_iter().peekable();
        // Starts slowly, so that what is refused is refused few times.
        let mut width = 1;
        while outcome.ending == Ending::Done && rest.peek().is_some() {
            let mut group = Vec::new();
            while group.len() < width
                && let Some(change) = rest.next_if(is_independent)
            {
                group.push(change);
            }
            if group.is_empty() {
                let Some(change) = rest.next() else { break };
                match change {
                    Change::Record(note) => notes.push(note),
                    other => {
                        let result = self.write(other, &mine).await;
                        if let Some(object) = outcome.take(self, result, None, &mut notes) {
                            mine.insert(object.key(), object);
                        }
                    }
                }
                continue;
            }
            width = (width * 2).min(TOGETHER);
            let mut results = stream::iter(group).map(|change| self.apart(change)).buffer_unordered(TOGETHER);
            while let Some((attempt, result, note)) = results.next().await {
                if outcome.take(self, result, attempt, &mut notes).is_some() {
                    notes.extend(note);
                }
            }
        }
        let recorded = stream::iter(notes).map(|note| record(self.cluster, self.name, note, self.now));
        recorded.buffer_unordered(8).collect::<()>().await;
        if let (Some((key, condition)), Some((attempt, refusal))) = (&self.failing, &outcome.failed)
            && let Err(error) = self.tell(key, condition, attempt.reason, &refusal.message).await
        {
            tracing::debug!(controller = self.name, %key, condition, %error, "condition not told");
        }
        outcome
    }

    /// Says in a condition of an object why something was refused, unless it says so already.
    async fn tell(&self, key: &Key, condition: &str, reason: &str, message: &str) -> Result<()> {
        let mut value = self.cluster.get(key).await?.value();
        let conditions = &mut value["status"]["conditions"];
        let mut list = conditions.as_array().cloned().unwrap_or_default();
        let told = |c: &Value| c["type"] == condition && c["status"] == "True";
        if list.iter().any(|c| told(c) && c["reason"] == reason && c["message"] == message) {
            return Ok(());
        }
        let since = list.iter().find(|c| told(c)).map(|c| c["lastTransitionTime"].clone());
        let since = since.unwrap_or_else(|| json!(Time::from(self.now)));
        list.retain(|c| c["type"] != condition);
        list.push(json!({"type": condition, "status": "True", "reason": reason, "message": message,
            "lastTransitionTime": since}));
        *conditions = list.into();
        let object = Object::from_value(&value).map_err(Refusal::internal)?;
        let how = WriteHow { subresource: Some("status".into()), ..self.how() };
        self.cluster.update(object, &how).await.map(drop)
    }

    /// A creation or deletion, and what to tell when it is made.
    async fn apart(&self, change: Change) -> (Option<Told>, Result<Object>, Option<Note>) {
        let attempt = match &change {
            Change::Create { .. } => Some(Told { reason: "FailedCreate", message: "Error creating: " }),
            Change::Delete { .. } => Some(Told { reason: "FailedDelete", message: "Error deleting: " }),
            _ => None,
        };
        let (result, told) = match change {
            Change::Create { object, told } => (self.cluster.create(object, &self.how()).await, told),
            Change::Delete { key, how, told } => (self.cluster.delete(&key, &how).await, told),
            other => (self.write(other, &HashMap::new()).await, None),
        };
        let note = match (&result, told, &self.about) {
            (Ok(object), Some(Told { reason, message }), Some(about)) => Some(Note {
                about: about.clone(),
                warning: false,
                reason: reason.into(),
                message: format!("{message}{}", object.name()),
            }),
            _ => None,
        };
        (attempt, result, note)
    }

    async fn write(&self, change: Change, mine: &HashMap<Key, Object>) -> Result<Object> {
        let how = |subresource: &str| WriteHow { subresource: Some(subresource.into()), ..self.how() };
        match change {
            Change::Create { object, .. } => self.cluster.create(object, &self.how()).await,
            Change::Update(object) => self.cluster.update(newest(object, mine), &self.how()).await,
            Change::UpdateStatus(object) => {
                self.cluster.update(only_status(object, mine), &how("status")).await
            }
            Change::Finalize(object) => {
                let body = newest(object.clone(), mine).value();
                let written =
                    self.cluster.subresource(&object.key(), "finalize", Some(body), &self.how()).await?;
                Object::from_value(&written).map_err(Refusal::internal)
            }
            Change::Patch { key, patch } => self.cluster.patch(&key, &patch, &self.how()).await,
            Change::Delete { key, how, .. } => self.cluster.delete(&key, &how).await,
            Change::Bind { pod, uid, node } => {
                bind(self.cluster, &pod, &uid, &node, &self.how()).await?;
                self.cluster.get(&pod).await
            }
            Change::Record(note) => {
                let event = Object::from_kind(&note.event(self.name, self.now));
                self.cluster.create(event, &self.how()).await
            }
        }
    }

    fn how(&self) -> WriteHow {
        WriteHow { manager: Some(self.name.into()), ..WriteHow::default() }
    }
}

impl Outcome {
    /// Notes a result; the object written, when the plan may go on.
    fn take(
        &mut self,
        actor: &Actor<'_>,
        result: Result<Object>,
        attempt: Option<Told>,
        notes: &mut Vec<Note>,
    ) -> Option<Object> {
        match result {
            Ok(object) => {
                if actor.reads.contains(&GroupKind::every()) || actor.reads.contains(&object.group_kind()) {
                    self.wrote = self.wrote.max(object.revision());
                }
                Some(object)
            }
            // What should be gone is gone; what should be changed is, and the world will say so.
            Err(refusal) if refusal.reason == Reason::NotFound => {
                tracing::debug!(controller = actor.name, error = %refusal, "already gone");
                None
            }
            Err(refusal) if matches!(refusal.reason, Reason::Conflict | Reason::AlreadyExists) => {
                tracing::debug!(controller = actor.name, error = %refusal, "overtaken");
                if self.ending == Ending::Done {
                    self.ending = Ending::Overtaken;
                }
                None
            }
            Err(refusal) => {
                tracing::warn!(controller = actor.name, object = ?actor.about.as_ref().and_then(|a| a.name.as_deref()),
                    error = %refusal, "refused");
                // One refusal is enough to know; the others of its group say the same.
                if self.ending != Ending::Refused && is_theirs(&refusal) {
                    let told = actor.about.clone().zip(attempt);
                    notes.extend(told.map(|(about, attempt)| refused(about, attempt, &refusal)));
                    self.failed = attempt.map(|attempt| (attempt, refusal));
                }
                self.ending = Ending::Refused;
                None
            }
        }
    }
}

/// Whether the user should know about a refusal: not when the cluster merely cannot answer now.
fn is_theirs(refusal: &Refusal) -> bool {
    matches!(refusal.reason, Reason::Forbidden | Reason::Invalid | Reason::BadRequest)
}

fn refused(about: ObjectReference, attempt: Told, refusal: &Refusal) -> Note {
    Note {
        about,
        warning: true,
        reason: attempt.reason.into(),
        message: format!("{}{}", attempt.message, refusal.message),
    }
}

fn is_independent(change: &Change) -> bool {
    matches!(change, Change::Create { .. } | Change::Delete { .. })
}

/// `object`, based on what this plan wrote there before.
fn newest(object: Object, mine: &HashMap<Key, Object>) -> Object {
    let Some(written) = mine.get(&object.key()) else { return object };
    let mut value = object.value();
    value["metadata"]["resourceVersion"] = written.revision().to_string().into();
    Object::from_value(&value).unwrap_or(object)
}

/// The same with everything that is said about the object as this plan left it: that goes along with a status.
fn only_status(object: Object, mine: &HashMap<Key, Object>) -> Object {
    let Some(written) = mine.get(&object.key()) else { return object };
    let mut value = object.value();
    value["metadata"] = written.value()["metadata"].take();
    Object::from_value(&value).unwrap_or(object)
}

/// Gives a pod its node.
pub async fn bind(cluster: &dyn Cluster, pod: &Key, uid: &str, node: &str, how: &WriteHow) -> Result<()> {
    let body = serde_json::json!({
        "apiVersion": "v1", "kind": "Binding",
        "metadata": {"name": pod.name, "namespace": pod.namespace, "uid": uid},
        "target": {"apiVersion": "v1", "kind": "Node", "name": node},
    });
    cluster.subresource(pod, "binding", Some(body), how).await.map(drop)
}

/// Records an event: adds it, or counts it when the same has happened before. Never fails: an event
/// that cannot be told is a log line.
pub async fn record(cluster: &dyn Cluster, component: &'static str, note: Note, now: Timestamp) {
    let how = WriteHow { manager: Some(component.into()), ..WriteHow::default() };
    let event = Object::from_kind(&note.event(component, now));
    let key = event.key();
    let told = match cluster.create(event, &how).await {
        Err(refusal) if refusal.reason == Reason::AlreadyExists => count(cluster, &key, &how, now).await,
        other => other.map(drop),
    };
    if let Err(refusal) = told {
        tracing::debug!(component, reason = note.reason, message = note.message, error = %refusal, "event not recorded");
    }
}

async fn count(cluster: &dyn Cluster, key: &Key, how: &WriteHow, now: Timestamp) -> Result<()> {
    let known = cluster.get(key).await?;
    let event =
        known.to_kind::<Event>().map_err(|e| Refusal::internal(format!("{key} cannot be decoded: {e}")))?;
    cluster.update(Object::from_kind(&again(&event, now)), how).await.map(drop)
}
