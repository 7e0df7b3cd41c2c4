//! A table of one kind, and a cursor that stays on its object.

mod draw;
mod look;

use crate::{
    model::{Known, Namespaces, word},
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
    /// The events about an object.
    About { of: Key },
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
    /// The namespaces for which the listing was made.
    made_for: Option<Namespaces>,
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

    /// What is not understood of the filter.
    pub(crate) fn trouble(&self) -> Option<&str> {
        self.filter.trouble()
    }

    /// Shows only what is not well, or everything.
    pub(crate) fn only_faults(&mut self, only: bool) {
        self.faults = only;
        self.listing.forget();
    }

    pub(crate) fn headings(&self) -> Vec<Heading> {
        info(&self.kind).map(shared_api::KindInfo::headings).unwrap_or_default()
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
    fn namespaces(&self, looked_at: &Namespaces) -> bool {
        info(&self.kind).is_some_and(|kind| kind.namespaced)
            && match self.within {
                Within::Namespace => looked_at.only().is_none(),
                Within::Node(_) => true,
                Within::Selected { .. } | Within::Owned { .. } | Within::About { .. } => false,
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
    pub(crate) fn follow(&mut self, sheet: &Sheet, looked_at: &Namespaces) -> Option<String> {
        if self.made_for.as_ref() != Some(looked_at) {
            self.made_for = Some(looked_at.clone());
            self.listing.forget();
        }
        let headings = self.headings();
        let home = home(&self.kind, &self.within, looked_at);
        let (within, faults) = (&self.within, self.faults);
        let about = about(within, &headings);
        let meant = |row: &Row| {
            home.as_ref().is_none_or(|home| home.contains(&&*row.namespace))
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
                    Within::About { of } => about.as_ref().is_some_and(|(at, said)| {
                        row.cell(*at) == said && (of.namespace.is_empty() || *row.namespace == *of.namespace)
                    }),
                }
        };
        let wanted = Wanted { meant: &meant, filter: &self.filter, headings: &headings };
        match &home {
            // One after the other they come in the order of names, too.
            Some(names) => {
                let all = |sheet| names.iter().flat_map(move |name| Sheet::within(sheet, name));
                self.listing.follow(sheet, all, &wanted);
            }
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
        now.is_none().then(|| word(&on.key(&self.kind)))
    }
}

/// The namespaces in which the objects meant stand; `None` when they stand anywhere.
fn home<'a>(kind: &GroupKind, within: &'a Within, looked_at: &'a Namespaces) -> Option<Vec<&'a str>> {
    let namespaced = info(kind).is_some_and(|kind| kind.namespaced);
    match (within, looked_at) {
        (Within::Namespace, Namespaces::Some(names)) if namespaced => {
            Some(names.iter().map(String::as_str).collect())
        }
        (Within::Namespace | Within::Node(_), _) => None,
        (Within::Selected { namespace, .. }, _) => Some(vec![namespace]),
        (Within::Owned { by }, _) => Some(vec![&by.namespace]),
        (Within::About { of }, _) => (!of.namespace.is_empty()).then(|| vec![&*of.namespace]),
    }
}

/// Which column of an event says what it is about, and what that has to be.
fn about(within: &Within, headings: &[Heading]) -> Option<(usize, String)> {
    let Within::About { of } = within else { return None };
    let at = headings.iter().position(|heading| heading.name == "Object")?;
    Some((at, format!("{}/{}", of.kind.kind.to_lowercase(), of.name)))
}

/// The pods an object stands for: what it selects, or what runs on it.
pub(crate) fn pods_within(kind: &GroupKind, row: &Row) -> Option<Within> {
    if kind.kind == "Node" && kind.group.is_empty() {
        return Some(Within::Node(row.name.to_string()));
    }
    let by = word(&row.key(kind));
    row.selects().map(|labels| Within::Selected { by, namespace: row.namespace.to_string(), labels })
}

/// The pod meant by an object: itself, else the first ready one of those it stands for.
pub(crate) fn pod_of(kind: &GroupKind, row: &Arc<Row>, known: &Known) -> Option<Arc<Row>> {
    let pods = GroupKind::of::<Pod>();
    if *kind == pods {
        return Some(Arc::clone(row));
    }
    let Within::Selected { namespace, labels, .. } = pods_within(kind, row)? else { return None };
    let all: Vec<_> =
        known.sheet(&pods)?.within(&namespace).filter(|pod| labels.matches(Some(&pod.labels))).collect();
    all.iter().find(|pod| pod.is_well()).or(all.first()).map(|pod| Arc::clone(pod))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{rows::Digester, views::Look};
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
        table.follow(&pods, &Namespaces::All);
        table.go(1);
        take(&mut pods, &Event::Added(object(&pod("a"))));
        assert_eq!(table.follow(&pods, &Namespaces::All), None);
        assert_eq!((table.at, &*table.chosen().unwrap().name), (2, "c"));
        take(&mut pods, &Event::Deleted(object(&pod("c"))));
        assert_eq!(table.follow(&pods, &Namespaces::All).as_deref(), Some("pods/c"));
        assert_eq!((table.at, &*table.chosen().unwrap().name), (2, "d"));
        table.filter_by("^b");
        assert_eq!(table.follow(&pods, &Namespaces::All), None, "hidden is not gone");
        assert_eq!((table.listing.len(), table.listing.total()), (1, 3));
    }

    #[test]
    fn typing_on_shows_what_a_new_filter_shows() {
        let mut pods = sheet(["web-1", "web-2", "wall", "db"].map(|n| object(&pod(n))));
        let mut typed = Table::of(GroupKind::of::<Pod>(), Within::Namespace);
        for (text, change) in
            [("", "w-3"), ("w", "we-4"), ("we", "wet"), ("web", "web-5"), ("we", "x"), ("web 1", "y")]
        {
            typed.filter_by(text);
            // What happens meanwhile is seen in both.
            take(&mut pods, &Event::Added(object(&pod(change))));
            typed.follow(&pods, &Namespaces::All);
            let mut fresh = Table::of(GroupKind::of::<Pod>(), Within::Namespace);
            fresh.filter_by(text);
            fresh.follow(&pods, &Namespaces::All);
            let names = |table: &Table| table.listing.iter().map(|row| row.name.clone()).collect::<Vec<_>>();
            assert_eq!(
                (names(&typed), typed.listing.total()),
                (names(&fresh), fresh.listing.total()),
                "{text}"
            );
        }
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
        let mut known = Known::new("", "", "", Timestamp::UNIX_EPOCH);
        known.sheets.insert(GroupKind::of::<Pod>(), pods);
        let kind = GroupKind::of::<shared_api::apps::Deployment>();
        assert_eq!(&*pod_of(&kind, web.iter().next().unwrap(), &known).unwrap().name, "b");
    }
}
