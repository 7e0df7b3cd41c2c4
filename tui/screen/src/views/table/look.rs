use super::{Table, Within, draw};
use crate::{
    draw::counted,
    keys::Place,
    model::{Known, Namespaces, word},
    msg::info,
    rows::{By, Filter, Order, Row, Sheet},
    views::{Look, Motion, Scene, View},
};
use ratatui::{Frame, layout::Rect};
use shared_api::GroupKind;
use std::sync::Arc;

impl Look for Table {
    fn places(&self) -> &'static [Place] {
        if self.kind == GroupKind::of::<shared_api::core::Node>() {
            &[Place::Nodes, Place::Table]
        } else {
            &[Place::Table]
        }
    }

    fn crumb(&self) -> String {
        info(&self.kind).map_or("objects", |kind| kind.plural).into()
    }

    fn title(&self, _: &Scene<'_>) -> (String, String) {
        let within = match &self.within {
            Within::Namespace => String::new(),
            Within::Node(node) => format!(" on {node}"),
            Within::Selected { by, namespace, .. } => format!(" of {by} in {namespace}"),
            Within::Owned { by } => format!(" of {} in {}", word(by), by.namespace),
            Within::About { of } => format!(" about {}", word(of)),
        };
        let mut notes = String::new();
        let Order { by, down } = self.listing.order();
        match by {
            By::Name => {}
            By::Changed => notes.push_str(if down { " last changed first" } else { " last changed last" }),
            By::Column(at) => {
                let name = self.headings().get(at).map_or(String::new(), |h| h.name.to_lowercase());
                notes.push_str(&format!(" by {name}{}", if down { " down" } else { "" }));
            }
        }
        if self.faults {
            notes.push_str(" faults only");
        }
        if !self.marks.is_empty() {
            notes.push_str(&format!(" {} marked", self.marks.len()));
        }
        let filter = self.filter.text();
        let count = if self.faults && filter.is_empty() {
            format!("{}", self.listing.len())
        } else {
            counted(self.listing.len(), self.listing.total(), filter)
        };
        (format!("{}{within}", self.crumb()), format!("{count}{notes}"))
    }

    fn draw(&self, scene: &Scene<'_>, frame: &mut Frame<'_>, area: Rect) {
        draw::draw(self, scene, frame, area);
    }

    fn scroll(&mut self, to: Motion, _: &Known) {
        self.go(self.at.saturating_add_signed(to.by));
    }

    fn point(&mut self, row: u16, size: (u16, u16)) {
        // The first row has the headings.
        let Some(row) = row.checked_sub(1) else { return };
        let height = usize::from(size.1.saturating_sub(1));
        let to = draw::window(self.at, self.listing.len(), height) + usize::from(row);
        if to < self.listing.len() {
            self.go(to);
        }
    }

    fn filter(&self) -> Option<&str> {
        Some(self.filter.text())
    }

    fn filter_by(&mut self, text: &str) {
        if self.filter.text() == text {
            return;
        }
        let filter = Filter::parse(text);
        if filter.narrows(&self.filter) {
            // Somebody types on: what was not shown before is not shown now.
            let headings = self.headings();
            self.listing.keep(|row| filter.wants(row, &headings));
        } else {
            self.listing.forget();
        }
        self.filter = filter;
    }

    fn settle(&mut self, known: &Known, namespaces: &Namespaces) -> Option<String> {
        let nothing = Sheet::default();
        let sheet = known.sheet(&self.kind).unwrap_or(&nothing);
        self.follow(sheet, namespaces).filter(|_| known.synced(&self.kind))
    }

    fn kinds(&self) -> Vec<GroupKind> {
        vec![self.kind.clone()]
    }

    fn cells(&self, known: &Known) -> Vec<(String, String)> {
        let Some(row) = self.chosen() else { return Vec::new() };
        let columns = self.columns();
        let heads = draw::heads(self, true, &columns);
        heads.into_iter().zip(draw::cells(self, row, true, &columns, known.now)).collect()
    }

    fn text(&self, known: &Known) -> Option<String> {
        let columns = self.columns();
        let rows = self.listing.iter().map(|row| draw::cells(self, row, true, &columns, known.now));
        let lines = std::iter::once(draw::heads(self, true, &columns)).chain(rows);
        Some(lines.flat_map(|cells| [cells.join("\t"), "\n".into()]).collect())
    }

    fn object(&self) -> Option<(GroupKind, Arc<Row>)> {
        Some((self.kind.clone(), Arc::clone(self.chosen()?)))
    }

    fn line(&self, namespaces: &Namespaces) -> Option<String> {
        let within = |namespace: &str| match namespace {
            "" => String::new(),
            namespace => format!(" -n {namespace}"),
        };
        let (place, labels, mut filter) = match &self.within {
            Within::Namespace => (namespaces.words(), None, String::new()),
            Within::Node(node) => ("all".into(), None, format!("node:^{node}$ ")),
            Within::Selected { namespace, labels, .. } => {
                (namespace.clone(), Some(labels.to_string()), String::new())
            }
            // What is filtered there is not written down.
            Within::Owned { by } => {
                return Some(format!("owned-by {} {}{}", word(by), self.crumb(), within(&by.namespace)));
            }
            Within::About { of } => return Some(format!("events-of {}{}", word(of), within(&of.namespace))),
        };
        filter.push_str(self.filter.text());
        let kind = self.crumb();
        let labels = labels.map_or(String::new(), |labels| format!(" -l '{labels}'"));
        let filter = if filter.trim().is_empty() { String::new() } else { format!(" '/{}'", filter.trim()) };
        Some(format!("{kind} {place}{labels}{filter}"))
    }

    fn twin(&self) -> Option<View> {
        let mut twin = Self::of(self.kind.clone(), self.within.clone());
        (twin.wide, twin.hidden, twin.faults) = (self.wide, self.hidden.clone(), self.faults);
        twin.listing.sort(self.listing.order());
        twin.filter_by(self.filter.text());
        twin.on.clone_from(&self.on);
        Some(View::Table(twin))
    }
}
