use super::{Namespaces, Pane, PaneId, Side, Tree, Way, beside};
use crate::views::View;
use ratatui::layout::Rect;
use std::collections::BTreeMap;

/// How many panes a tab, and how many tabs the desk may have.
const MOST: (usize, usize) = (12, 20);
/// The least that a pane with the focus is seen in; with less room it has all of it.
const LEAST: (u16, u16) = (16, 4);

/// Everything that is open: tabs, one of which is seen. There is always one.
pub(crate) struct Desk {
    tabs: Vec<Tab>,
    at: usize,
    last: PaneId,
}

/// Panes side by side and above each other; one has the focus.
pub(crate) struct Tab {
    /// A layout's name, if it was made from one.
    pub(crate) name: String,
    pub(crate) tree: Tree,
    panes: BTreeMap<PaneId, Pane>,
    pub(crate) focus: PaneId,
    /// Only the pane with the focus is seen.
    pub(crate) zoomed: bool,
}

impl Tab {
    pub(crate) fn focused(&self) -> &Pane {
        self.panes.get(&self.focus).expect("the focus is on a pane")
    }

    pub(crate) fn focused_mut(&mut self) -> &mut Pane {
        self.panes.get_mut(&self.focus).expect("the focus is on a pane")
    }

    pub(crate) fn pane(&self, id: PaneId) -> Option<&Pane> {
        self.panes.get(&id)
    }

    pub(crate) fn pane_mut(&mut self, id: PaneId) -> Option<&mut Pane> {
        self.panes.get_mut(&id)
    }

    pub(crate) fn panes(&self) -> impl Iterator<Item = (PaneId, &Pane)> {
        self.panes.iter().map(|(id, pane)| (*id, pane))
    }

    pub(crate) fn into_panes(self) -> impl Iterator<Item = Pane> {
        self.panes.into_values()
    }

    /// Whether only the pane with the focus is seen: it was wanted, or there is no room for more.
    pub(crate) fn alone(&self, whole: Rect) -> bool {
        if self.zoomed || self.panes.len() == 1 {
            return true;
        }
        let own = self.tree.areas(whole).into_iter().find(|(id, _)| *id == self.focus);
        own.is_none_or(|(_, area)| area.width < LEAST.0 || area.height < LEAST.1)
    }

    /// The panes that are seen, each with its place.
    pub(crate) fn seen(&self, whole: Rect) -> Vec<(PaneId, Rect)> {
        if self.alone(whole) { vec![(self.focus, whole)] } else { self.tree.areas(whole) }
    }

    /// The focus goes to a neighbour; false when there is none.
    pub(crate) fn go(&mut self, side: Side, whole: Rect) -> bool {
        let to = beside(&self.tree.areas(whole), self.focus, side);
        self.focus = to.unwrap_or(self.focus);
        to.is_some()
    }

    /// The focus goes to the next pane, or the one before.
    pub(crate) fn turn(&mut self, back: bool) {
        let all = self.tree.panes();
        let at = all.iter().position(|id| *id == self.focus).unwrap_or(0);
        let step = if back { all.len() - 1 } else { 1 };
        self.focus = all[(at + step) % all.len()];
    }

    /// Puts the focus on a pane, if it is there.
    pub(crate) fn focus(&mut self, id: PaneId) {
        if self.panes.contains_key(&id) {
            self.focus = id;
        }
    }

    pub(crate) fn close(&mut self, id: PaneId) -> Option<Pane> {
        if self.panes.len() < 2 {
            return None;
        }
        let before = self.tree.panes();
        let gone = self.panes.remove(&id)?;
        self.tree.remove(id);
        if self.focus == id {
            let at = before.iter().position(|other| *other == id).unwrap_or(0);
            let rest = self.tree.panes();
            self.focus = rest[at.saturating_sub(1).min(rest.len() - 1)];
        }
        self.zoomed = false;
        Some(gone)
    }
}

impl Desk {
    pub(crate) fn new(view: View, namespaces: Namespaces) -> Self {
        let mut desk = Self { tabs: Vec::new(), at: 0, last: 0 };
        desk.open(Pane::new(view, namespaces));
        desk
    }

    pub(crate) fn tab(&self) -> &Tab {
        &self.tabs[self.at]
    }

    pub(crate) fn tab_mut(&mut self) -> &mut Tab {
        &mut self.tabs[self.at]
    }

    pub(crate) fn tabs(&self) -> &[Tab] {
        &self.tabs
    }

    /// Which tab is seen.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    pub(crate) fn show(&mut self, at: usize) {
        self.at = at.min(self.tabs.len() - 1);
    }

    /// The next tab, or the one before.
    pub(crate) fn turn(&mut self, back: bool) {
        let step = if back { self.tabs.len() - 1 } else { 1 };
        self.at = (self.at + step) % self.tabs.len();
    }

    /// A new tab after the one seen, with one pane; false when there are too many.
    pub(crate) fn open(&mut self, pane: Pane) -> bool {
        if self.tabs.len() >= MOST.1 {
            return false;
        }
        self.last += 1;
        let (focus, panes) = (self.last, BTreeMap::from([(self.last, pane)]));
        let tab = Tab { name: String::new(), tree: Tree::Pane(focus), panes, focus, zoomed: false };
        let at = (self.at + 1).min(self.tabs.len());
        self.tabs.insert(at, tab);
        self.at = at;
        true
    }

    /// Closes the tab that is seen, unless it is the only one.
    pub(crate) fn close(&mut self) -> Option<Tab> {
        if self.tabs.len() < 2 {
            return None;
        }
        let gone = self.tabs.remove(self.at);
        self.at = self.at.saturating_sub(1);
        Some(gone)
    }

    /// A new pane beside or below one of the tab that is seen; nothing when there are too many.
    pub(crate) fn split(&mut self, at: PaneId, way: Way, share: u16, pane: Pane) -> Option<PaneId> {
        let tab = &mut self.tabs[self.at];
        if tab.panes.len() >= MOST.0 || !tab.panes.contains_key(&at) {
            return None;
        }
        self.last += 1;
        tab.tree.split(at, way, share, self.last);
        tab.panes.insert(self.last, pane);
        tab.zoomed = false;
        Some(self.last)
    }

    /// Every pane of every tab.
    pub(crate) fn panes_mut(&mut self) -> impl Iterator<Item = &mut Pane> {
        self.tabs.iter_mut().flat_map(|tab| tab.panes.values_mut())
    }

    /// Every view there is, whether seen or not.
    pub(crate) fn views_mut(&mut self) -> impl Iterator<Item = &mut View> {
        self.panes_mut().flat_map(Pane::views_mut)
    }

    /// How many tabs and panes there may be.
    pub(crate) const fn most() -> (usize, usize) {
        MOST
    }
}
