//! The start: how everything is, in one look.

mod draw;

use super::{Look, Motion, Scene, Step, Table, Text, View, Within};
use crate::{
    keys::{Act, Place},
    model::{Health, Known, Namespaces, Used},
    rows::{Fault, Row, Sheet},
};
use ratatui::{Frame, layout::Rect};
use shared_api::{
    GroupKind, Key,
    apps::Deployment,
    core::{Event, Node},
};
use std::sync::Arc;

/// How many warnings are shown at most.
const WARNINGS: usize = 50;

/// Health by kind, rollouts in flight, the latest warnings; and a cursor over all of them.
#[derive(Debug)]
pub(crate) struct Pulse {
    at: usize,
    /// What the cursor is on; it moves with it.
    on: Option<Item>,
    warnings: Table,
    /// What there is to see, from the top.
    items: Vec<Item>,
    /// What is heard of, but for what is used: that is summed now and then.
    heard: Vec<GroupKind>,
}

/// What the cursor can be on.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Item {
    Kind(GroupKind, Health),
    Used(Measure),
    Rollout(Arc<Row>),
    Warning(Arc<Row>),
}

/// What of the nodes is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    Cpu,
    Memory,
}

impl Item {
    const fn title(&self) -> &'static str {
        match self {
            Self::Kind(..) => "WELL",
            Self::Used(_) => "USED",
            Self::Rollout(_) => "IN FLIGHT",
            Self::Warning(_) => "LATEST WARNINGS",
        }
    }

    /// Whether both are about the same thing, whatever it says now.
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Kind(a, _), Self::Kind(b, _)) => a == b,
            (Self::Used(a), Self::Used(b)) => a == b,
            (Self::Rollout(a), Self::Rollout(b)) | (Self::Warning(a), Self::Warning(b)) => a.uid == b.uid,
            _ => false,
        }
    }
}

impl Pulse {
    pub(crate) fn new() -> Self {
        let mut warnings = Table::of(GroupKind::of::<Event>(), Within::Namespace);
        warnings.filter_by("type:^warning$");
        Self { at: 0, on: None, warnings, items: Vec::new(), heard: Self::heard() }
    }

    fn heard() -> Vec<GroupKind> {
        Self::kinds().into_iter().filter(|kind| *kind != Used::kind()).collect()
    }

    /// What it has to hear of: nodes, what people deploy, what happened, and what is used.
    pub(crate) fn kinds() -> Vec<GroupKind> {
        let deployed = shared_api::kinds().filter(|kind| kind.watched() && kind.categories.contains(&"all"));
        let mut kinds = vec![GroupKind::of::<Node>()];
        kinds.extend(deployed.map(shared_api::KindInfo::group_kind));
        kinds.extend([GroupKind::of::<Event>(), Used::kind()]);
        kinds
    }

    /// Puts the cursor on a line.
    fn put(&mut self, to: usize) {
        self.at = to.min(self.items.len().saturating_sub(1));
        self.on = self.items.get(self.at).cloned();
    }

    /// What of a warning is told.
    fn columns(&self) -> Vec<usize> {
        self.warnings.columns()
    }

    /// What each line of the picture is about: a title stands over each sort, a blank line between them.
    fn lines(&self) -> Vec<Option<usize>> {
        let mut lines = Vec::new();
        for (n, item) in self.items.iter().enumerate() {
            let title = n == 0 || self.items[n - 1].title() != item.title();
            lines.extend(std::iter::repeat_n(
                None,
                if !title {
                    0
                } else if n == 0 {
                    1
                } else {
                    2
                },
            ));
            lines.push(Some(n));
        }
        lines
    }

    /// The first line of the picture that is seen, so that the cursor is.
    fn first(&self, height: usize) -> usize {
        let cursor = self.lines().iter().position(|line| *line == Some(self.at)).unwrap_or(0);
        if cursor < height { 0 } else { cursor + 1 - height }
    }

    /// Everything there is to see, from the top.
    fn gather(&self, known: &Known) -> Vec<Item> {
        let told = |kind: &GroupKind| *kind != GroupKind::of::<Event>() && *kind != Used::kind();
        let kinds = Self::kinds().into_iter().filter(told);
        let there = kinds.filter_map(|kind| {
            let health = Health::of(known.sheet(&kind));
            (health.all > 0).then_some(Item::Kind(kind, health))
        });
        let rollouts = known.sheet(&GroupKind::of::<Deployment>()).into_iter().flat_map(Sheet::iter);
        let rollouts =
            rollouts.filter(|row| row.fault >= Fault::Waits).map(|row| Item::Rollout(Arc::clone(row)));
        let warnings = self.warnings.listing.iter().take(WARNINGS).map(|row| Item::Warning(Arc::clone(row)));
        let used = [Item::Used(Measure::Cpu), Item::Used(Measure::Memory)];
        let used = used.into_iter().filter(|_| known.used.now().is_some());
        there.chain(used).chain(rollouts).chain(warnings).collect()
    }
}

impl Look for Pulse {
    fn places(&self) -> &'static [Place] {
        &[Place::Pulse]
    }

    fn crumb(&self) -> String {
        "pulse".into()
    }

    fn title(&self, _: &Scene<'_>) -> (String, String) {
        (self.crumb(), String::new())
    }

    fn draw(&self, scene: &Scene<'_>, frame: &mut Frame<'_>, area: Rect) {
        draw::draw(self, scene, frame, area);
    }

    fn scroll(&mut self, to: Motion, _: &Known) {
        self.put(self.at.saturating_add_signed(to.by));
    }

    fn point(&mut self, row: u16, size: (u16, u16)) {
        let line = self.first(usize::from(size.1)) + usize::from(row);
        if let Some(Some(item)) = self.lines().get(line) {
            self.put(*item);
        }
    }

    fn settle(&mut self, known: &Known, _: &Namespaces) -> Option<String> {
        // What it counts is everywhere.
        let _ = self.warnings.settle(known, &Namespaces::All);
        self.items = self.gather(known);
        self.heard = Self::heard();
        let place = self.on.as_ref().and_then(|on| self.items.iter().position(|item| item.is_same(on)));
        self.put(place.unwrap_or(self.at));
        None
    }

    fn act(&mut self, act: Act, _: &Known) -> Option<Vec<Step>> {
        if !matches!(act, Act::Enter | Act::Why) {
            return None;
        }
        let why = |key: &Key| View::Text(Text::about("why", key));
        let (view, namespaces) = match self.items.get(self.at)? {
            Item::Kind(kind, health) => {
                let mut table = Table::of(kind.clone(), Within::Namespace);
                table.only_faults(health.waiting + health.bad > 0);
                // What it counts is everywhere.
                (View::Table(table), Some(Namespaces::All))
            }
            Item::Used(_) => (View::Table(Table::of(Used::kind(), Within::Namespace)), None),
            Item::Rollout(row) => (why(&row.key(&GroupKind::of::<Deployment>())), None),
            Item::Warning(row) => match about(row) {
                Some(key) => (why(&key), None),
                None => (View::Text(Text::about("describe", &row.key(&GroupKind::of::<Event>()))), None),
            },
        };
        Some(vec![Step::Open(Box::new(view), namespaces)])
    }

    fn kinds(&self) -> Vec<GroupKind> {
        Self::kinds()
    }

    fn shows(&self, kind: &GroupKind) -> bool {
        self.heard.contains(kind)
    }

    fn object(&self) -> Option<(GroupKind, Arc<Row>)> {
        match self.items.get(self.at)? {
            Item::Rollout(row) => Some((GroupKind::of::<Deployment>(), Arc::clone(row))),
            _ => None,
        }
    }

    fn line(&self, _: &Namespaces) -> Option<String> {
        Some("pulse".into())
    }

    fn twin(&self) -> Option<View> {
        Some(View::Pulse(Self::new()))
    }
}

/// The object that an event is about, as its own column names it: `pod/web-1`.
fn about(event: &Row) -> Option<Key> {
    let headings = Table::of(GroupKind::of::<Event>(), Within::Namespace).headings();
    let at = headings.iter().position(|heading| heading.name == "Object")?;
    let (kind, name) = event.cell(at).split_once('/')?;
    let kind = shared_api::find(kind)?;
    let namespace = if kind.namespaced { event.namespace.to_string() } else { String::new() };
    Some(Key { kind: kind.group_kind(), namespace, name: name.to_owned() })
}
