//! What a decision is: changes, in order, as a value.

use crate::Note;
use shared_api::{
    DeleteHow, Key, Kind, Object, Patch, PatchType, Preconditions, Propagation, meta::ObjectMeta,
};
use std::time::Duration;

/// One thing to do to the cluster.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Add an object.
    Create {
        /// The object; its name may be left to the server.
        object: Object,
        /// What to record about the object decided about, once that is done.
        told: Option<Told>,
    },
    /// Replace an object, unless it changed meanwhile.
    Update(Object),
    /// Replace an object's status, unless the object changed meanwhile.
    UpdateStatus(Object),
    /// Replace a namespace's `spec.finalizers`.
    Finalize(Object),
    /// Change an object relative to what is there.
    Patch {
        /// Which.
        key: Key,
        /// How.
        patch: Patch,
    },
    /// Remove an object.
    Delete {
        /// Which.
        key: Key,
        /// How.
        how: DeleteHow,
        /// What to record about the object decided about, once that is done.
        told: Option<Told>,
    },
    /// Give a pod its node.
    Bind {
        /// The pod.
        pod: Key,
        /// Its uid, so that no namesake is bound.
        uid: String,
        /// The node.
        node: String,
    },
    /// Record an event.
    Record(Note),
}

/// An event to record when a change was made; the object's name is put after the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// One word: `SuccessfulCreate`.
    pub reason: &'static str,
    /// The sentence up to the name: `Created pod: `.
    pub message: &'static str,
}

/// What is wanted done, in order. Neighbours that create or delete are performed together.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// The changes.
    pub changes: Vec<Change>,
    /// When to look again even if nothing changes.
    pub again_in: Option<Duration>,
    /// The condition of the object decided about that says when a creation or deletion was refused.
    pub failing: Option<&'static str>,
}

impl Plan {
    /// Everything is as it should be.
    pub fn nothing() -> Self {
        Self::default()
    }

    /// True when there is nothing to do, not even later.
    pub fn is_nothing(&self) -> bool {
        self.changes.is_empty() && self.again_in.is_none()
    }

    /// Does one thing more.
    #[must_use]
    pub fn then(mut self, change: Change) -> Self {
        self.changes.push(change);
        self
    }

    /// Does what another plan says, too.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.changes.extend(other.changes);
        self.failing = self.failing.or(other.failing);
        match other.again_in {
            Some(span) => self.again_in(span),
            None => self,
        }
    }

    /// Adds an object.
    #[must_use]
    pub fn create(self, object: &impl Kind) -> Self {
        self.then(Change::Create { object: Object::from_kind(object), told: None })
    }

    /// Replaces an object.
    #[must_use]
    pub fn update(self, object: &impl Kind) -> Self {
        self.then(Change::Update(Object::from_kind(object)))
    }

    /// Replaces an object's status.
    #[must_use]
    pub fn update_status(self, object: &impl Kind) -> Self {
        self.then(Change::UpdateStatus(Object::from_kind(object)))
    }

    /// Merges `body` into an object.
    #[must_use]
    pub fn merge(self, key: Key, body: serde_json::Value) -> Self {
        self.then(Change::Patch { key, patch: Patch { kind: PatchType::Merge, body } })
    }

    /// Removes this very object, and later what it owns.
    #[must_use]
    pub fn delete<K: Kind>(self, metadata: &ObjectMeta) -> Self {
        let key = Key::of::<K>(
            metadata.namespace.as_deref().unwrap_or_default(),
            metadata.name.as_deref().unwrap_or_default(),
        );
        let how = this_very(metadata, Some(Propagation::Background));
        self.then(Change::Delete { key, how, told: None })
    }

    /// Removes this very object at once, without letting it end by itself.
    #[must_use]
    pub fn delete_now<K: Kind>(mut self, metadata: &ObjectMeta) -> Self {
        self = self.delete::<K>(metadata);
        if let Some(Change::Delete { how, .. }) = self.changes.last_mut() {
            how.grace_seconds = Some(0);
        }
        self
    }

    /// Removes an object whatever its kind.
    #[must_use]
    pub fn delete_object(self, object: &Object, propagation: Option<Propagation>) -> Self {
        let how = this_very(object.metadata(), propagation);
        self.then(Change::Delete { key: object.key(), how, told: None })
    }

    /// Says what to record when the last creation or deletion was made.
    #[must_use]
    pub fn telling(mut self, reason: &'static str, message: &'static str) -> Self {
        if let Some(Change::Create { told, .. } | Change::Delete { told, .. }) = self.changes.last_mut() {
            *told = Some(Told { reason, message });
        }
        self
    }

    /// Says in which condition of the object decided about it is told that a creation or deletion was refused.
    #[must_use]
    pub fn failing(mut self, condition: &'static str) -> Self {
        self.failing = Some(condition);
        self
    }

    /// Records an event.
    #[must_use]
    pub fn record(self, note: Note) -> Self {
        self.then(Change::Record(note))
    }

    /// Looks again after `span`, or earlier if that was already said.
    #[must_use]
    pub fn again_in(mut self, span: Duration) -> Self {
        self.again_in = Some(self.again_in.map_or(span, |known| known.min(span)));
        self
    }

    /// The same, in whole seconds; what is past is due in a moment.
    #[must_use]
    pub fn again_in_seconds(self, seconds: i64) -> Self {
        self.again_in(Duration::from_secs(u64::try_from(seconds).unwrap_or(0).max(1)))
    }
}

fn this_very(metadata: &ObjectMeta, propagation: Option<Propagation>) -> DeleteHow {
    let preconditions = Preconditions { uid: metadata.uid.clone(), revision: None };
    DeleteHow { preconditions, propagation, ..DeleteHow::default() }
}
