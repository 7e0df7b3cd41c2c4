//! Deleting: grace, finalizers, and what waits for them.

use super::state::State;
use serde_json::{Value, json};
use shared_api::{DeleteHow, Key, Object, Propagation, Refusal, Timestamp, core::Pod};
use shared_client::Result;

impl State {
    pub(crate) fn delete(&mut self, key: &Key, how: &DeleteHow) -> Result<Object> {
        let old = self.get(key)?.clone();
        if how.preconditions.uid.as_deref().is_some_and(|uid| uid != old.uid()) {
            let why = format!(
                "Precondition failed: UID in precondition: {}, UID in object meta: {}",
                how.preconditions.uid.as_deref().unwrap_or_default(),
                old.uid()
            );
            return Err(Refusal::conflict(key, &why));
        }
        if how.preconditions.revision.is_some_and(|revision| revision != old.revision()) {
            let why = "Precondition failed: the resourceVersion is another one";
            return Err(Refusal::conflict(key, why));
        }
        let marked = marked(&old, how, self.now);
        if how.dry_run {
            return Ok(marked);
        }
        if is_over(&marked) {
            return Ok(self.commit(key.clone(), None));
        }
        Ok(if marked.value() == old.value() { old } else { self.commit(key.clone(), Some(&marked)) })
    }
}

/// Whether nothing keeps a deleted object any more.
pub(crate) fn is_over(object: &Object) -> bool {
    let meta = object.metadata();
    meta.deletion_timestamp.is_some()
        && meta.deletion_grace_period_seconds.unwrap_or(0) == 0
        && meta.finalizers.as_ref().is_none_or(Vec::is_empty)
        && !(object.kind() == "Namespace" && holds_namespace(&object.value()))
}

fn holds_namespace(namespace: &Value) -> bool {
    namespace.pointer("/spec/finalizers").and_then(Value::as_array).is_some_and(|f| !f.is_empty())
}

/// The object with the marks of its deletion.
fn marked(old: &Object, how: &DeleteHow, now: Timestamp) -> Object {
    let mut value = old.value();
    let grace = grace(old, how.grace_seconds);
    let before = old.metadata().deletion_grace_period_seconds;
    let meta = &mut value["metadata"];
    if old.metadata().deletion_timestamp.is_none() || before.is_some_and(|before| grace < before) {
        let ends = now.checked_add(jiff_seconds(grace)).unwrap_or(now);
        meta["deletionTimestamp"] = json!(ends.to_string());
        meta["deletionGracePeriodSeconds"] = json!(grace);
    }
    let waits_for = match how.propagation {
        Some(Propagation::Foreground) => Some("foregroundDeletion"),
        Some(Propagation::Orphan) => Some("orphan"),
        Some(Propagation::Background) | None => None,
    };
    if let Some(finalizer) = waits_for.filter(|_| old.metadata().deletion_timestamp.is_none()) {
        let mut finalizers = old.metadata().finalizers.clone().unwrap_or_default();
        finalizers.push(finalizer.into());
        meta["finalizers"] = json!(finalizers);
    }
    if old.kind() == "Namespace" {
        value["status"]["phase"] = json!("Terminating");
    }
    Object::from_value(&value).expect("an object with marks is still one")
}

fn jiff_seconds(seconds: i64) -> std::time::Duration {
    std::time::Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
}

/// Only a pod that runs somewhere needs time to end.
fn grace(object: &Object, asked: Option<i64>) -> i64 {
    let Ok(pod) = object.to_kind::<Pod>() else { return 0 };
    if object.kind() != "Pod" {
        return 0;
    }
    let spec = pod.spec.as_ref();
    let bound = spec.and_then(|s| s.node_name.as_deref()).is_some_and(|n| !n.is_empty());
    let phase = pod.status.as_ref().and_then(|s| s.phase.as_deref());
    if !bound || matches!(phase, Some("Succeeded" | "Failed")) {
        return 0;
    }
    let own = spec.and_then(|s| s.termination_grace_period_seconds).unwrap_or(30);
    asked.unwrap_or(own).max(0)
}
