//! A table of one kind, and a cursor that stays on its object.

use super::health::is_ready;
use crate::msg::info;
use shared_api::{GroupKind, Key, LabelSelector, Object, core::Pod};
use shared_client::World;
use std::{cmp::Reverse, sync::Arc};
use tui_commands::print::{Style, cells};

/// Which objects of its kind a table shows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Within {
    /// Those of the namespace looked at.
    Namespace,
    /// What runs on a node.
    Node(String),
    /// What an object of this name selects, in its namespace.
    Selected { by: String, namespace: String, labels: LabelSelector },
}

/// In what order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// By namespace and name.
    Name,
    /// What changed last comes first.
    Changed,
}

/// A table of one kind.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) kind: GroupKind,
    pub(crate) within: Within,
    pub(crate) filter: String,
    pub(crate) wide: bool,
    pub(crate) order: Order,
    pub(crate) rows: Vec<Object>,
    /// How many there are without the filter.
    pub(crate) total: usize,
    /// The row of the cursor; it follows `on`.
    pub(crate) at: usize,
    /// The object of the cursor, with its uid.
    on: Option<(Key, String)>,
}

impl Table {
    pub(crate) fn of(kind: GroupKind, within: Within) -> Self {
        // Events have no names worth sorting by; what was written last is what just happened.
        let order = if kind.kind == "Event" { Order::Changed } else { Order::Name };
        let (filter, rows) = (String::new(), Vec::new());
        Self { kind, within, filter, wide: false, order, rows, total: 0, at: 0, on: None }
    }

    /// How its rows are printed.
    pub(crate) fn style(&self, namespace: Option<&str>) -> Style {
        let namespaces = match self.within {
            Within::Namespace => namespace.is_none(),
            Within::Node(_) => true,
            Within::Selected { .. } => false,
        };
        Style { wide: self.wide, namespaces, headings: true, ..Style::default() }
    }

    /// Puts the cursor on a row.
    pub(crate) fn go(&mut self, to: usize) {
        self.at = to.min(self.rows.len().saturating_sub(1));
        self.on = self.rows.get(self.at).map(|o| (o.key(), o.uid().to_owned()));
    }

    /// Makes the rows what the world says; tells which object the cursor lost.
    pub(crate) fn settle(&mut self, world: &World, namespace: Option<&str>) -> Option<String> {
        let kind = info(&self.kind)?;
        let mut rows: Vec<Object> = match (&self.within, namespace) {
            (Within::Namespace, Some(here)) if kind.namespaced => {
                world.of_kind_within(&self.kind, here).cloned().collect()
            }
            (Within::Namespace, _) => world.of_kind(&self.kind).cloned().collect(),
            (Within::Node(node), _) => {
                let on = |o: &&Object| (kind.field)(o, "spec.nodeName").as_deref() == Some(node);
                world.of_kind(&self.kind).filter(on).cloned().collect()
            }
            (Within::Selected { namespace, labels, .. }, _) => {
                let all = world.of_kind_within(&self.kind, namespace);
                all.filter(|o| labels.matches(o.metadata().labels.as_ref())).cloned().collect()
            }
        };
        self.total = rows.len();
        if !self.filter.is_empty() {
            let (style, wanted, now) = (self.style(namespace), self.filter.to_lowercase(), world.now());
            rows.retain(|o| {
                cells(kind, o, now, &style).iter().any(|cell| cell.to_lowercase().contains(&wanted))
            });
        }
        if self.order == Order::Changed {
            rows.sort_by_key(|o| Reverse(o.revision()));
        }
        self.rows = rows;
        let Some((key, uid)) = self.on.clone() else {
            self.go(0);
            return None;
        };
        let there = self.rows.iter().position(|o| o.name() == key.name && o.namespace() == key.namespace);
        if let Some(at) = there.filter(|i| self.rows[*i].uid() == uid) {
            self.at = at;
            return None;
        }
        self.go(there.unwrap_or(self.at));
        let same = world.object(&key).is_some_and(|o| o.uid() == uid);
        (!same).then(|| super::word(&key))
    }
}

/// The pods an object stands for: what it selects, or what runs on it.
pub(crate) fn pods_within(object: &Object) -> Option<Within> {
    if object.kind() == "Node" {
        return Some(Within::Node(object.name().into()));
    }
    let selector = object.value().pointer("/spec/selector")?.clone();
    let set = selector.get("matchLabels").or(selector.get("matchExpressions")).is_some();
    let labels = if set {
        LabelSelector::from_meta(&serde_json::from_value(selector).ok()?)
    } else {
        LabelSelector::from_labels(&serde_json::from_value(selector).ok()?)
    };
    let by = super::word(&object.key());
    (!labels.is_empty()).then(|| Within::Selected { by, namespace: object.namespace().into(), labels })
}

/// The pod meant by an object: itself, else the first ready one of those it stands for.
pub(crate) fn pod_of(object: &Object, world: &World) -> Option<Arc<Pod>> {
    if object.group_kind() == GroupKind::of::<Pod>() {
        return object.to_kind().ok();
    }
    let Within::Selected { namespace, labels, .. } = pods_within(object)? else { return None };
    let all: Vec<_> =
        world.within::<Pod>(&namespace).filter(|p| labels.matches(p.metadata.labels.as_ref())).collect();
    all.iter().find(|p| is_ready(p)).or(all.first()).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared_client::Event;
    use shared_testkit::*;

    fn pods(names: &[&str]) -> World {
        World::of(names.iter().map(|n| object(&pod(n))))
    }

    #[test]
    fn the_cursor_stays_on_its_object_and_says_when_it_goes() {
        let mut table = Table::of(GroupKind::of::<Pod>(), Within::Namespace);
        let mut world = pods(&["b", "c", "d"]);
        table.settle(&world, None);
        table.go(1);
        world.observe(&Event::Added(object(&pod("a"))));
        assert_eq!(table.settle(&world, None), None);
        assert_eq!((table.at, table.rows[table.at].name()), (2, "c"));
        world.observe(&Event::Deleted(object(&pod("c"))));
        assert_eq!(table.settle(&world, None).as_deref(), Some("pods/c"));
        assert_eq!((table.at, table.rows[table.at].name()), (2, "d"));
        table.filter = "b".into();
        assert_eq!(table.settle(&world, None), None, "hidden is not gone");
        assert_eq!((table.rows.len(), table.total), (1, 3));
    }

    #[test]
    fn a_workload_a_service_and_a_node_stand_for_pods() {
        let labels = |o: &Object| match pods_within(o) {
            Some(Within::Selected { labels, .. }) => labels.to_string(),
            other => format!("{other:?}"),
        };
        assert_eq!(labels(&object(&deployment("web", 1))), "app=web");
        assert_eq!(labels(&object(&node("n1"))), r#"Some(Node("n1"))"#);
        assert_eq!(pods_within(&object(&config_map("x"))), None);
        let world = World::of([
            object(&pod("a").labelled("app", "web")),
            object(&pod("b").labelled("app", "web").on("n1").ready()),
        ]);
        let found = pod_of(&object(&deployment("web", 1)), &world).unwrap();
        assert_eq!(found.metadata.name.as_deref(), Some("b"));
    }
}
