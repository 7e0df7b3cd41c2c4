use super::{Asks, Fault, filter::contains};
use shared_api::{GroupKind, Key, LabelSelector, Revision, Timestamp};
use std::{collections::BTreeMap, sync::Arc};

/// Between the cells of a row.
const GAP: char = '\u{1f}';

/// One object, as a table shows it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    pub(crate) namespace: Arc<str>,
    pub(crate) name: Box<str>,
    pub(crate) uid: Box<str>,
    pub(crate) revision: Revision,
    /// When it came to be as it is, by this terminal's clock, and whether it is new.
    pub(crate) changed: Timestamp,
    pub(crate) new: bool,
    /// Which of its first sixteen cells said something else before, a bit each.
    pub(crate) touched: u16,
    pub(crate) fault: Fault,
    pub(crate) labels: Arc<BTreeMap<String, String>>,
    pub(crate) leads: Arc<Leads>,
    cells: Box<str>,
}

/// Where one can go from an object; many objects have the same.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Leads {
    /// The node it is on.
    pub(crate) node: String,
    /// Its containers, those that run first last.
    pub(crate) containers: Vec<String>,
    /// The first port of them, or of a service.
    pub(crate) port: Option<u16>,
    /// The pods it selects, as a label selector.
    pub(crate) selects: String,
    /// Kind and name of what controls it.
    pub(crate) owner: Option<(GroupKind, String)>,
    /// What a pod asks of its node, or a node has to give.
    pub(crate) asks: Asks,
}

/// What a row is made of.
pub(super) struct Parts {
    pub(super) namespace: Arc<str>,
    pub(super) name: String,
    pub(super) uid: String,
    pub(super) revision: Revision,
    pub(super) changed: Timestamp,
    pub(super) new: bool,
    pub(super) fault: Fault,
    pub(super) labels: Arc<BTreeMap<String, String>>,
    pub(super) leads: Arc<Leads>,
    pub(super) cells: Vec<String>,
}

impl From<Parts> for Row {
    fn from(parts: Parts) -> Self {
        let Parts { namespace, name, uid, revision, changed, new, fault, labels, leads, cells } = parts;
        let mut joined = String::with_capacity(cells.iter().map(|cell| cell.len() + 1).sum());
        for (at, cell) in cells.iter().enumerate() {
            if at > 0 {
                joined.push(GAP);
            }
            // What separates cells stands in none of them.
            joined.extend(cell.chars().map(|c| if c == GAP { ' ' } else { c }));
        }
        let (name, uid, cells) = (name.into(), uid.into(), joined.into());
        Self { namespace, name, uid, revision, changed, new, touched: 0, fault, labels, leads, cells }
    }
}

impl Row {
    /// What the kind's own columns say, ages left open.
    pub(crate) fn cells(&self) -> impl Iterator<Item = &str> {
        self.cells.split(GAP)
    }

    /// Which of the first sixteen cells say something else than in that row; an age that goes on says the same.
    pub(super) fn differs(&self, from: &Self) -> u16 {
        let pairs = self.cells().zip(from.cells()).take(16).enumerate();
        pairs.filter(|(_, (now, before))| now != before).fold(0, |bits, (at, _)| bits | 1 << at)
    }

    /// Whether it may have this lower-case text somewhere; else it has it nowhere.
    pub(super) fn may_have(&self, wanted: &str) -> bool {
        [&*self.name, &*self.namespace, &*self.cells].into_iter().any(|text| contains(text, wanted))
    }

    /// One of them.
    pub(crate) fn cell(&self, at: usize) -> &str {
        self.cells().nth(at).unwrap_or_default()
    }

    pub(crate) fn key(&self, kind: &GroupKind) -> Key {
        Key { kind: kind.clone(), namespace: self.namespace.to_string(), name: self.name.to_string() }
    }

    /// The labels of the pods it selects.
    pub(crate) fn selects(&self) -> Option<LabelSelector> {
        LabelSelector::parse(&self.leads.selects).ok().filter(|labels| !labels.is_empty())
    }

    /// Whether it says that all of it is there and well.
    pub(crate) fn is_well(&self) -> bool {
        self.fault == Fault::Fine
    }
}
