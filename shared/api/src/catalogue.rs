//! The kinds as they are now: those that are compiled in, and those that the cluster's definitions make.
//!
//! What is compiled in is found without looking here. Whoever learns of definitions says so with [`publish`];
//! whoever goes over [`kinds`] goes over the list as it was when they began.

use crate::{KINDS, KindInfo, Object, Revision, custom};
use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

/// How often the list changed. Zero: nobody has published anything, and there is nothing to look up.
static MARK: AtomicU64 = AtomicU64::new(0);

static CURRENT: RwLock<Option<Arc<Catalogue>>> = RwLock::new(None);

struct Catalogue {
    /// Whose definitions these are, and as of when.
    cluster: String,
    revision: Revision,
    custom: Box<[&'static KindInfo]>,
    by_name: HashMap<(&'static str, &'static str), &'static KindInfo>,
    by_place: HashMap<(&'static str, &'static str), &'static KindInfo>,
}

/// Every kind there is, as of one moment.
#[derive(Clone)]
pub struct Kinds {
    custom: Option<Arc<Catalogue>>,
    at: usize,
}

impl Iterator for Kinds {
    type Item = &'static KindInfo;

    fn next(&mut self) -> Option<&'static KindInfo> {
        let at = self.at;
        self.at += 1;
        KINDS.get(at).or_else(|| self.custom.as_ref()?.custom.get(at - KINDS.len()).copied())
    }
}

/// Every kind: those that are compiled in, then those that are defined.
pub fn kinds() -> Kinds {
    Kinds { custom: current(), at: 0 }
}

/// Which state of the list this is; it changes with the list.
pub fn mark() -> u64 {
    MARK.load(Ordering::Acquire)
}

/// Makes these definitions the ones there are, as a cluster had them at a revision; false when nothing changed.
/// What is older than what is known of the same cluster says nothing.
pub fn publish<'a>(
    cluster: &str,
    revision: Revision,
    definitions: impl IntoIterator<Item = &'a Object>,
) -> bool {
    let mut made: Vec<&'static KindInfo> = definitions.into_iter().filter_map(custom::kind_of).collect();
    made.sort_by_key(|kind| (kind.group, kind.plural));
    made.retain(|kind| !KINDS.iter().any(|known| (known.group, known.plural) == (kind.group, kind.plural)));
    let mut current = CURRENT.write().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = &mut *current
        && known.cluster == cluster
    {
        if known.revision > revision {
            return false;
        }
        let same = |(one, other): (&&'static KindInfo, &&'static KindInfo)| std::ptr::eq(*one, *other);
        if known.custom.len() == made.len() && known.custom.iter().zip(&made).all(same) {
            return false;
        }
    }
    if current.is_none() && made.is_empty() {
        return false;
    }
    let catalogue = Catalogue {
        cluster: cluster.into(),
        revision,
        by_name: made.iter().map(|kind| ((kind.group, kind.kind), *kind)).collect(),
        by_place: made.iter().map(|kind| ((kind.group, kind.plural), *kind)).collect(),
        custom: made.into(),
    };
    *current = Some(Arc::new(catalogue));
    MARK.fetch_add(1, Ordering::Release);
    true
}

/// The defined kind called `kind` in `group`.
pub(crate) fn named(group: &str, kind: &str) -> Option<&'static KindInfo> {
    current()?.by_name.get(&(group, kind)).copied()
}

/// The defined kind whose objects lie under `plural` in `group`.
pub fn placed(group: &str, plural: &str) -> Option<&'static KindInfo> {
    current()?.by_place.get(&(group, plural)).copied()
}

fn current() -> Option<Arc<Catalogue>> {
    // Most clusters define nothing, and then nobody waits for anybody.
    if mark() == 0 {
        return None;
    }
    CURRENT.read().unwrap_or_else(PoisonError::into_inner).clone()
}
