use super::{Fault, Row};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

/// How many changes a listing may be behind before it is made anew.
const REMEMBERED: usize = 4096;

/// What happened to the objects of a kind.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Delta {
    /// All there is follows; what does not come up to [`Delta::Complete`] is gone.
    Begin,
    Is(Box<Row>),
    Gone {
        namespace: Box<str>,
        name: Box<str>,
    },
    Complete,
}

/// One row as it was and as it is.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) old: Option<Arc<Row>>,
    pub(crate) new: Option<Arc<Row>>,
}

/// All objects of one kind.
#[derive(Debug, Default, Clone)]
pub(crate) struct Sheet {
    rows: BTreeMap<Arc<str>, BTreeMap<Box<str>, Arc<Row>>>,
    faults: BTreeMap<Fault, usize>,
    changes: VecDeque<Change>,
    /// How many changes there ever were.
    count: u64,
    /// What was known and has not come again, while all is being told.
    unseen: Option<BTreeSet<(Arc<str>, Box<str>)>>,
}

impl Sheet {
    pub(crate) fn take(&mut self, delta: Delta) {
        match delta {
            Delta::Begin => {
                let all = self.iter().map(|row| (Arc::clone(&row.namespace), row.name.clone())).collect();
                self.unseen = Some(all);
            }
            Delta::Complete => {
                for (namespace, name) in self.unseen.take().unwrap_or_default() {
                    self.remove(&namespace, &name);
                }
            }
            Delta::Gone { namespace, name } => self.remove(&namespace, &name),
            Delta::Is(row) => self.put(*row),
        }
    }

    fn put(&mut self, mut row: Row) {
        if let Some(unseen) = &mut self.unseen {
            unseen.remove(&(Arc::clone(&row.namespace), row.name.clone()));
        }
        let names = self.rows.entry(Arc::clone(&row.namespace)).or_default();
        let old = names.get(&row.name).cloned();
        match &old {
            // Told again, it has not changed.
            Some(old) if row.revision > 0 && old.revision == row.revision && old.uid == row.uid => return,
            Some(old) if old.uid == row.uid => {
                row.new = false;
                row.touched = row.differs(old);
            }
            _ => {}
        }
        let new = Arc::new(row);
        names.insert(new.name.clone(), Arc::clone(&new));
        self.note(old, Some(new));
    }

    fn remove(&mut self, namespace: &str, name: &str) {
        let Some(names) = self.rows.get_mut(namespace) else { return };
        let old = names.remove(name);
        if names.is_empty() {
            self.rows.remove(namespace);
        }
        if old.is_some() {
            self.note(old, None);
        }
    }

    fn note(&mut self, old: Option<Arc<Row>>, new: Option<Arc<Row>>) {
        if let Some(old) = &old {
            *self.faults.entry(old.fault).or_default() -= 1;
        }
        if let Some(new) = &new {
            *self.faults.entry(new.fault).or_default() += 1;
        }
        self.count += 1;
        self.changes.push_back(Change { old, new });
        if self.changes.len() > REMEMBERED {
            self.changes.pop_front();
        }
    }

    /// How many of them are in such a state.
    pub(crate) fn how_many(&self, fault: Fault) -> usize {
        self.faults.get(&fault).copied().unwrap_or(0)
    }

    /// How many changes there ever were.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// What changed since there had been so many changes; `None` when that is forgotten.
    pub(crate) fn since(&self, count: u64) -> Option<impl Iterator<Item = &Change>> {
        let behind = usize::try_from(self.count - count).ok()?;
        let first = self.changes.len().checked_sub(behind)?;
        Some(self.changes.range(first..))
    }

    pub(crate) fn get(&self, namespace: &str, name: &str) -> Option<&Arc<Row>> {
        self.rows.get(namespace)?.get(name)
    }

    /// Every row, by namespace and name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Row>> {
        self.rows.values().flat_map(BTreeMap::values)
    }

    /// Those of a namespace, by name.
    pub(crate) fn within(&self, namespace: &str) -> impl Iterator<Item = &Arc<Row>> {
        self.rows.get(namespace).into_iter().flat_map(BTreeMap::values)
    }
}
