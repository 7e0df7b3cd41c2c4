//! The start: how everything is, in one look.

use super::{Health, Table, Within};
use crate::rows::{Fault, Row, Sheet};
use shared_api::{
    GroupKind, KINDS, Key,
    apps::Deployment,
    core::{Event, Node},
};
use std::{collections::BTreeMap, sync::Arc};

/// How many warnings are shown at most.
const WARNINGS: usize = 50;

/// Health by kind, rollouts in flight, the latest warnings; and a cursor over all of them.
#[derive(Debug)]
pub(crate) struct Pulse {
    pub(crate) at: usize,
    /// What the cursor is on; it moves with it.
    on: Option<Item>,
    warnings: Table,
}

/// What the cursor can be on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Item {
    Kind(GroupKind, Health),
    Rollout(Arc<Row>),
    Warning(Arc<Row>),
}

impl Item {
    /// Whether both are about the same thing, whatever it says now.
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Kind(a, _), Self::Kind(b, _)) => a == b,
            (Self::Rollout(a), Self::Rollout(b)) | (Self::Warning(a), Self::Warning(b)) => a.uid == b.uid,
            _ => false,
        }
    }
}

impl Pulse {
    pub(crate) fn new() -> Self {
        let mut warnings = Table::of(GroupKind::of::<Event>(), Within::Namespace);
        warnings.filter_by("type:^warning$");
        Self { at: 0, on: None, warnings }
    }

    /// What it has to hear of: nodes, what people deploy, and what happened.
    pub(crate) fn kinds() -> Vec<GroupKind> {
        let deployed = KINDS.iter().filter(|kind| kind.watched() && kind.categories.contains(&"all"));
        let mut kinds = vec![GroupKind::of::<Node>()];
        kinds.extend(deployed.map(shared_api::KindInfo::group_kind));
        kinds.push(GroupKind::of::<Event>());
        kinds
    }

    pub(crate) fn settle(&mut self, sheets: &BTreeMap<GroupKind, Sheet>) {
        let nothing = Sheet::default();
        let events = sheets.get(&GroupKind::of::<Event>()).unwrap_or(&nothing);
        let _ = self.warnings.settle(events, None);
        let items = self.items(sheets);
        let place = self.on.as_ref().and_then(|on| items.iter().position(|item| item.is_same(on)));
        self.put(place.unwrap_or(self.at), &items);
    }

    /// Puts the cursor on a line.
    pub(crate) fn go(&mut self, to: usize, sheets: &BTreeMap<GroupKind, Sheet>) {
        let items = self.items(sheets);
        self.put(to, &items);
    }

    fn put(&mut self, to: usize, items: &[Item]) {
        self.at = to.min(items.len().saturating_sub(1));
        self.on = items.get(self.at).cloned();
    }

    /// What of a warning is told.
    pub(crate) fn columns(&self) -> Vec<usize> {
        self.warnings.columns()
    }

    /// Everything there is to see, from the top.
    pub(crate) fn items(&self, sheets: &BTreeMap<GroupKind, Sheet>) -> Vec<Item> {
        let kinds = Self::kinds().into_iter().filter(|kind| *kind != GroupKind::of::<Event>());
        let there = kinds.filter_map(|kind| {
            let health = Health::of(sheets.get(&kind));
            (health.all > 0).then_some(Item::Kind(kind, health))
        });
        let rollouts = sheets.get(&GroupKind::of::<Deployment>()).into_iter().flat_map(Sheet::iter);
        let rollouts =
            rollouts.filter(|row| row.fault >= Fault::Waits).map(|row| Item::Rollout(Arc::clone(row)));
        let warnings = self.warnings.listing.iter().take(WARNINGS).map(|row| Item::Warning(Arc::clone(row)));
        there.chain(rollouts).chain(warnings).collect()
    }
}

/// The object that an event is about, as its own column names it: `pod/web-1`.
pub(crate) fn about(event: &Row) -> Option<Key> {
    let headings = super::Table::of(GroupKind::of::<Event>(), Within::Namespace).headings();
    let at = headings.iter().position(|heading| heading.name == "Object")?;
    let (kind, name) = event.cell(at).split_once('/')?;
    let kind = shared_api::find(kind)?;
    let namespace = if kind.namespaced { event.namespace.to_string() } else { String::new() };
    Some(Key { kind: kind.group_kind(), namespace, name: name.to_owned() })
}
