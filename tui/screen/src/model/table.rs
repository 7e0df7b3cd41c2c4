//! A table of one kind, and a cursor that stays on its object.

use crate::{
    msg::info,
    rows::{By, Fault, Filter, Listing, Order, Row, Sheet, Wanted},
};
use shared_api::{GroupKind, Heading, Key, LabelSelector, core::Pod};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Which objects of its kind a table shows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Within {
    /// Those of the namespace looked at.
    Namespace,
    /// What runs on a node.
    Node(String),
    /// What an object of this name selects, in its namespace.
    Selected { by: String, namespace: String, labels: LabelSelector },
    /// What an object controls, in its namespace.
    Owned { by: Key },
}

/// A table of one kind.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) kind: GroupKind,
    pub(crate) within: Within,
    pub(crate) wide: bool,
    /// Only what is not well.
    pub(crate) faults: bool,
    /// Columns of the kind that are not shown, by their place.
    pub(crate) hidden: BTreeSet<usize>,
    /// What is marked, by uid; shown or not.
    pub(crate) marks: BTreeMap<Box<str>, Arc<Row>>,
    pub(crate) listing: Listing,
    /// The row of the cursor; it follows `on`.
    pub(crate) at: usize,
    filter: Filter,
    /// The object of the cursor.
    on: Option<Arc<Row>>,
    /// The namespace for which the listing was made.
    made_for: Option<String>,
}

impl Table {
    pub(crate) fn of(kind: GroupKind, within: Within) -> Self {
        let mut listing = Listing::default();
        // Events have no names worth sorting by; what was written last is what just happened.
        if kind.kind == "Event" {
            listing.sort(Order { by: By::Changed, down: true });
        }
        Self {
            kind,
            within,
            wide: false,
            faults: false,
            hidden: BTreeSet::new(),
            marks: BTreeMap::new(),
            listing,
            at: 0,
            filter: Filter::default(),
            on: None,
            made_for: None,
        }
    }

    pub(crate) fn filter(&self) -> &Filter {
        &self.filter
    }

    pub(crate) fn filter_by(&mut self, text: &str) {
        if self.filter.text() != text {
            self.filter = Filter::parse(text);
            self.listing.forget();
        }
    }

    /// Shows only what is not well, or everything.
    pub(crate) fn only_faults(&mut self, only: bool) {
        self.faults = only;
        self.listing.forget();
    }

    pub(crate) fn headings(&self) -> Vec<Heading> {
        info(&self.kind).map(|kind| (kind.headings)()).unwrap_or_default()
    }

    /// The kind's own columns that are shown.
    pub(crate) fn columns(&self) -> Vec<usize> {
        let headings = self.headings();
        let shown = |at: &usize| (self.wide || !headings[*at].wide) && !self.hidden.contains(at);
        (0..headings.len()).filter(shown).collect()
    }

    /// Shows one of the kind's columns, or hides it.
    pub(crate) fn show_column(&mut self, at: usize) {
        let wide = self.headings().get(at).is_some_and(|heading| heading.wide);
        if wide && !self.wide {
            // The wide ones come one by one.
            let others = self
                .headings()
                .iter()
                .enumerate()
                .filter(|(n, h)| h.wide && *n != at)
                .map(|(n, _)| n)
                .collect::<Vec<_>>();
            self.wide = true;
            self.hidden.extend(others);
            self.hidden.remove(&at);
        } else if !self.hidden.remove(&at) {
            self.hidden.insert(at);
        }
    }

    /// Whether the namespace is a column.
    pub(crate) fn namespaces(&self, namespace: Option<&str>) -> bool {
        info(&self.kind).is_some_and(|kind| kind.namespaced)
            && match self.within {
                Within::Namespace => namespace.is_none(),
                Within::Node(_) => true,
                Within::Selected { .. } | Within::Owned { .. } => false,
            }
    }

    /// The row of the cursor.
    pub(crate) fn chosen(&self) -> Option<&Arc<Row>> {
        self.listing.get(self.at)
    }

    /// What an action is about: all that is marked, else the cursor's.
    pub(crate) fn meant(&self) -> Vec<Arc<Row>> {
        if self.marks.is_empty() {
            return self.chosen().cloned().into_iter().collect();
        }
        self.marks.values().cloned().collect()
    }

    pub(crate) fn marked(&self, row: &Row) -> bool {
        self.marks.contains_key(&row.uid)
    }

    /// Marks the row of the cursor, or takes its mark away, and goes on to the next.
    pub(crate) fn mark(&mut self) {
        let Some(row) = self.chosen().cloned() else { return };
        if self.marks.remove(&row.uid).is_none() {
            self.marks.insert(row.uid.clone(), row);
        }
        self.go(self.at + 1);
    }

    /// Marks everything between the nearest mark above and the cursor.
    pub(crate) fn mark_to(&mut self) {
        let above = (0..self.at).rev().find(|at| self.listing.get(*at).is_some_and(|row| self.marked(row)));
        let from = above.unwrap_or(self.at);
        let rows = (from..=self.at).filter_map(|at| self.listing.get(at)).cloned();
        let rows: Vec<_> = rows.map(|row| (row.uid.clone(), row)).collect();
        self.marks.extend(rows);
    }

    /// Puts the cursor on a row.
    pub(crate) fn go(&mut self, to: usize) {
        self.at = to.min(self.listing.len().saturating_sub(1));
        self.on = self.listing.get(self.at).cloned();
    }

    /// Makes the rows what the sheet says; tells which object the cursor lost.
    pub(crate) fn settle(&mut self, sheet: &Sheet, namespace: Option<&str>) -> Option<String> {
        if self.made_for.as_deref() != namespace {
            self.made_for = namespace.map(str::to_owned);
            self.listing.forget();
        }
        let headings = self.headings();
        let namespaced = info(&self.kind).is_some_and(|kind| kind.namespaced);
        let home = match &self.within {
            Within::Namespace => namespace.filter(|_| namespaced),
            Within::Node(_) => None,
            Within::Selected { namespace, .. } => Some(namespace.as_str()),
            Within::Owned { by } => Some(by.namespace.as_str()),
        };
        let (within, faults) = (&self.within, self.faults);
        let meant = move |row: &Row| {
            home.is_none_or(|home| &*row.namespace == home)
                && (!faults || row.fault >= Fault::Waits)
                && match within {
                    Within::Namespace => true,
                    Within::Node(node) => row.leads.node == *node,
                    Within::Selected { labels, .. } => labels.matches(Some(&row.labels)),
                    Within::Owned { by } => row
                        .leads
                        .owner
                        .as_ref()
                        .is_some_and(|(kind, name)| *kind == by.kind && *name == by.name),
                }
        };
        let wanted = Wanted { meant: &meant, filter: &self.filter, headings: &headings };
        match home {
            Some(home) => self.listing.follow(sheet, |sheet| sheet.within(home), &wanted),
            None => self.listing.follow(sheet, Sheet::iter, &wanted),
        }
        // What is gone is marked no longer.
        self.marks.retain(|uid, row| sheet.get(&row.namespace, &row.name).is_some_and(|now| now.uid == *uid));
        self.follow_cursor(sheet)
    }

    fn follow_cursor(&mut self, sheet: &Sheet) -> Option<String> {
        let Some(on) = self.on.clone() else {
            self.go(0);
            return None;
        };
        let now = sheet.get(&on.namespace, &on.name).filter(|row| row.uid == on.uid).cloned();
        if let Some(row) = &now
            && let Ok(at) = self.listing.place_of(row)
        {
            self.at = at;
            self.on = now;
            return None;
        }
        // Where it stood, its neighbour stands now.
        let place = self.listing.place_of(&on).unwrap_or_else(|at| at);
        self.go(place);
        now.is_none().then(|| super::word(&on.key(&self.kind)))
    }
}

/// The pods an object stands for: what it selects, or what runs on it.
pub(crate) fn pods_within(kind: &GroupKind, row: &Row) -> Option<Within> {
    if kind.kind == "Node" && kind.group.is_empty() {
        return Some(Within::Node(row.name.to_string()));
    }
    let by = super::word(&row.key(kind));
    row.selects().map(|labels| Within::Selected { by, namespace: row.namespace.to_string(), labels })
}

/// The pod meant by an object: itself, else the first ready one of those it stands for.
pub(crate) fn pod_of(
    kind: &GroupKind,
    row: &Arc<Row>,
    sheets: &BTreeMap<GroupKind, Sheet>,
) -> Option<Arc<Row>> {
    let pods = GroupKind::of::<Pod>();
    if *kind == pods {
        return Some(Arc::clone(row));
    }
    let Within::Selected { namespace, labels, .. } = pods_within(kind, row)? else { return None };
    let all: Vec<_> =
        sheets.get(&pods)?.within(&namespace).filter(|pod| labels.matches(Some(&pod.labels))).collect();
    all.iter().find(|pod| pod.is_well()).or(all.first()).map(|pod| Arc::clone(pod))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::Digester;
    use shared_api::{Object, Timestamp};
    use shared_client::Event;
    use shared_testkit::*;

    fn take(sheet: &mut Sheet, event: &Event) {
        let kind = event.object().and_then(|o| shared_api::of(&o.group_kind().group, o.kind())).unwrap();
        sheet.take(Digester::of(kind).delta(event, Timestamp::UNIX_EPOCH).unwrap());
    }

    fn sheet(objects: impl IntoIterator<Item = Object>) -> Sheet {
        let mut sheet = Sheet::default();
        for object in objects {
            take(&mut sheet, &Event::Added(object));
        }
        sheet
    }

    #[test]
    fn the_cursor_stays_on_its_object_and_says_when_it_goes() {
        let mut table = Table::of(GroupKind::of::<Pod>(), Within::Namespace);
        let mut pods = sheet(["b", "c", "d"].map(|n| object(&pod(n))));
        table.settle(&pods, None);
        table.go(1);
        take(&mut pods, &Event::Added(object(&pod("a"))));
        assert_eq!(table.settle(&pods, None), None);
        assert_eq!((table.at, &*table.chosen().unwrap().name), (2, "c"));
        take(&mut pods, &Event::Deleted(object(&pod("c"))));
        assert_eq!(table.settle(&pods, None).as_deref(), Some("pods/c"));
        assert_eq!((table.at, &*table.chosen().unwrap().name), (2, "d"));
        table.filter_by("^b");
        assert_eq!(table.settle(&pods, None), None, "hidden is not gone");
        assert_eq!((table.listing.len(), table.listing.total()), (1, 3));
    }

    #[test]
    fn a_workload_a_service_and_a_node_stand_for_pods() {
        let labels = |o: &Object| {
            let sheet = sheet([o.clone()]);
            let row = sheet.iter().next().unwrap();
            match pods_within(&o.group_kind(), row) {
                Some(Within::Selected { labels, .. }) => labels.to_string(),
                other => format!("{other:?}"),
            }
        };
        assert_eq!(labels(&object(&deployment("web", 1))), "app=web");
        assert_eq!(labels(&object(&node("n1"))), r#"Some(Node("n1"))"#);
        assert_eq!(labels(&object(&config_map("x"))), "None");
        let pods = sheet([
            object(&pod("a").labelled("app", "web")),
            object(&pod("b").labelled("app", "web").on("n1").ready()),
        ]);
        let web = sheet([object(&deployment("web", 1))]);
        let sheets = BTreeMap::from([(GroupKind::of::<Pod>(), pods)]);
        let kind = GroupKind::of::<shared_api::apps::Deployment>();
        assert_eq!(&*pod_of(&kind, web.iter().next().unwrap(), &sheets).unwrap().name, "b");
    }
}
