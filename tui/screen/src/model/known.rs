use super::{Forwarded, Used, clean};
use crate::{
    msg::Effect,
    rows::{Row, Sheet},
};
use shared_api::{GroupKind, Key, Revision, Timestamp};
use shared_client::Standing;
use std::{collections::BTreeMap, sync::Arc};

/// What is known of the cluster, whoever looks at it.
pub(crate) struct Known {
    pub(crate) context: String,
    pub(crate) server: String,
    /// The namespace a line means when it names none.
    pub(crate) home: String,
    /// The objects of each kind that is watched.
    pub(crate) sheets: BTreeMap<GroupKind, Sheet>,
    /// The objects as they are now, of the kinds that are shown as they were.
    pub(crate) present: BTreeMap<GroupKind, Sheet>,
    /// How far the objects of each kind can be believed.
    pub(crate) watches: BTreeMap<GroupKind, Watch>,
    pub(crate) now: Timestamp,
    /// How far the cluster's history is known.
    pub(crate) revision: Revision,
    pub(crate) forwards: Vec<Forwarded>,
    /// What the nodes use.
    pub(crate) used: Used,
}

/// What is known about one kind's watch.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    pub(crate) standing: Standing,
    /// Since when what is shown may be old.
    pub(crate) since: Option<Timestamp>,
    /// There has been a complete picture.
    pub(crate) known: bool,
}

impl Known {
    /// Nothing yet.
    pub(crate) fn new(context: &str, server: &str, home: &str, now: Timestamp) -> Self {
        Self {
            context: clean(context),
            server: clean(server),
            home: home.into(),
            sheets: BTreeMap::new(),
            present: BTreeMap::new(),
            watches: BTreeMap::new(),
            now,
            revision: 0,
            forwards: Vec::new(),
            used: Used::default(),
        }
    }

    /// The objects of a kind.
    pub(crate) fn sheet(&self, kind: &GroupKind) -> Option<&Sheet> {
        self.sheets.get(kind)
    }

    /// The row of an object, if it is known.
    pub(crate) fn row(&self, key: &Key) -> Option<&Arc<Row>> {
        self.sheet(&key.kind)?.get(&key.namespace, &key.name)
    }

    /// Whether everything of a kind has been told, and is being followed.
    pub(crate) fn synced(&self, kind: &GroupKind) -> bool {
        self.watches.get(kind).is_some_and(|watch| watch.standing.synced)
    }

    /// Starts the watch of a kind when there is none yet.
    pub(crate) fn watch(&mut self, kind: &GroupKind) -> Option<Effect> {
        if self.watches.contains_key(kind) {
            return None;
        }
        let watch = Watch { standing: Standing::default(), since: Some(self.now), known: false };
        self.watches.insert(kind.clone(), watch);
        Some(Effect::Watch(kind.clone()))
    }

    /// Time has passed.
    pub(crate) fn tick(&mut self, now: Timestamp) {
        self.now = now;
        self.used.note(self.sheets.get(&Used::kind()), now);
    }

    /// Takes note of how far a kind can be believed.
    pub(crate) fn stand(&mut self, kind: GroupKind, standing: Standing) {
        let now = self.now;
        let watch = self.watches.entry(kind).or_default();
        watch.since = if standing.connected { None } else { watch.since.or(Some(now)) };
        watch.known |= standing.synced;
        watch.standing = Standing { trouble: standing.trouble.as_deref().map(clean), ..standing };
    }
}
