//! What may be asked of the cluster, and how.

use crate::{GroupKind, Kind, Revision, Selectors};
use serde_json::Value;

/// How new what is read must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Freshness {
    /// The newest there is anywhere.
    #[default]
    Newest,
    /// Whatever is at hand.
    Any,
    /// Not older than this revision.
    AtLeast(Revision),
    /// As things were at this revision.
    Exactly(Revision),
}

/// Which objects of one kind are meant.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// The kind.
    pub kind: GroupKind,
    /// Only this namespace; every namespace when `None`.
    pub namespace: Option<String>,
    /// Only objects that match.
    pub selectors: Selectors,
    /// At most so many, then a token to go on with. Zero: all.
    pub limit: usize,
    /// Where a limited list goes on.
    pub continue_from: Option<String>,
    /// How new the answer must be. Wires ask for the newest, or for things exactly as they were; the rest only
    /// the cluster's own process heeds.
    pub freshness: Freshness,
}

impl Query {
    /// Every object of `kind`.
    pub fn all(kind: GroupKind) -> Self {
        Self {
            kind,
            namespace: None,
            selectors: Selectors::default(),
            limit: 0,
            continue_from: None,
            freshness: Freshness::Newest,
        }
    }

    /// Every object of every kind, also of those that are yet to be defined. Only watches know it.
    pub fn everything() -> Self {
        Self::all(GroupKind::every())
    }

    /// Whether every object of every kind is meant.
    pub fn is_everything(&self) -> bool {
        self.kind == GroupKind::every()
    }

    /// Every `K`.
    pub fn every<K: Kind>() -> Self {
        Self::all(GroupKind::of::<K>())
    }

    /// Only those in `namespace`.
    #[must_use]
    pub fn within(mut self, namespace: &str) -> Self {
        self.namespace = Some(namespace.into());
        self
    }

    /// Only those that match.
    #[must_use]
    pub fn matching(mut self, selectors: Selectors) -> Self {
        self.selectors = selectors;
        self
    }
}

/// What to do about fields that a kind does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Validation {
    /// Drop them.
    Ignore,
    /// Drop them and say so.
    #[default]
    Warn,
    /// Refuse.
    Strict,
}

/// How an object is to be written.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WriteHow {
    /// `status` or `scale`, when only that part is meant.
    pub subresource: Option<String>,
    /// Decide everything, store nothing.
    pub dry_run: bool,
    /// Who writes, as `managedFields` names it.
    pub manager: Option<String>,
    /// What to do about unknown fields.
    pub validation: Validation,
    /// The version a patch is written for, `extensions/v1beta1`; the stored one when `None`.
    pub version: Option<String>,
}

impl WriteHow {
    /// Only the status.
    pub fn status() -> Self {
        Self { subresource: Some("status".into()), ..Self::default() }
    }
}

/// The language of a patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatchType {
    /// RFC 6902.
    Json,
    /// RFC 7386.
    Merge,
    /// Kubernetes' own: lists of objects merge by key.
    Strategic,
    /// What the asker wants to be so, whole: server-side apply.
    Apply {
        /// Takes what others own and have set otherwise.
        force: bool,
    },
}

/// A change to an object, relative to what is there.
#[derive(Debug, Clone, PartialEq)]
pub struct Patch {
    /// Its language.
    pub kind: PatchType,
    /// Its text.
    pub body: Value,
}

/// What becomes of the objects that an object owns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Propagation {
    /// Deleted after it.
    #[default]
    Background,
    /// Deleted before it.
    Foreground,
    /// Kept.
    Orphan,
}

/// What must hold for a deletion to happen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Preconditions {
    /// It is this very object.
    pub uid: Option<String>,
    /// It has not changed since.
    pub revision: Option<Revision>,
}

/// How an object is to be deleted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeleteHow {
    /// Seconds the object may take to end; the kind's own default when `None`.
    pub grace_seconds: Option<i64>,
    /// What must hold.
    pub preconditions: Preconditions,
    /// What becomes of the objects it owns.
    pub propagation: Option<Propagation>,
    /// Decide everything, store nothing.
    pub dry_run: bool,
}
