use super::{Link, Namespaces};
use crate::{msg::Generation, views::View};

/// How many views may be gone back to.
const DEPTH: usize = 20;

/// One view, what it was reached from, and what was left by going back.
pub(crate) struct Pane {
    pub(crate) view: View,
    /// Which namespaces the view looks at.
    pub(crate) namespaces: Namespaces,
    /// Whose cursor it follows.
    pub(crate) link: Option<Link>,
    behind: Vec<Visit>,
    ahead: Vec<Visit>,
}

/// A view that can be come back to, as it was.
struct Visit {
    view: View,
    namespaces: Namespaces,
}

impl Pane {
    pub(crate) fn new(view: View, namespaces: Namespaces) -> Self {
        Self { view, namespaces, link: None, behind: Vec::new(), ahead: Vec::new() }
    }

    /// Goes on to another view; returns what nobody can come back to any more.
    pub(crate) fn open(&mut self, view: View) -> Vec<Generation> {
        let visit = Visit { view, namespaces: self.namespaces.clone() };
        let left = self.swap(visit);
        self.behind.push(left);
        let mut lost: Vec<_> = self.ahead.drain(..).collect();
        if self.behind.len() >= DEPTH {
            lost.push(self.behind.remove(0));
        }
        lost.iter().filter_map(|visit| visit.view.look().generation()).collect()
    }

    /// Nothing can be gone back to any more.
    pub(crate) fn forget_past(&mut self) {
        self.behind.clear();
    }

    /// Shows another view instead; returns what ends with the one before.
    pub(crate) fn replace(&mut self, view: View) -> Option<Generation> {
        std::mem::replace(&mut self.view, view).look().generation()
    }

    fn swap(&mut self, to: Visit) -> Visit {
        Visit {
            view: std::mem::replace(&mut self.view, to.view),
            namespaces: std::mem::replace(&mut self.namespaces, to.namespaces),
        }
    }

    /// Goes back; false when there is nothing behind.
    pub(crate) fn back(&mut self) -> bool {
        let Some(to) = self.behind.pop() else { return false };
        let left = self.swap(to);
        if left.view.look().lasting() {
            self.ahead.push(left);
        }
        true
    }

    /// Goes forward again; false when there is nothing ahead.
    pub(crate) fn forward(&mut self) -> bool {
        let Some(to) = self.ahead.pop() else { return false };
        let left = self.swap(to);
        self.behind.push(left);
        true
    }

    /// What the views on the way here are called, and the view itself.
    pub(crate) fn path(&self) -> Vec<String> {
        self.behind
            .iter()
            .map(|visit| &visit.view)
            .chain([&self.view])
            .map(|view| view.look().crumb())
            .collect()
    }

    /// All its views, whether seen or not.
    pub(crate) fn views_mut(&mut self) -> impl Iterator<Item = &mut View> {
        let others = self.behind.iter_mut().chain(&mut self.ahead);
        std::iter::once(&mut self.view).chain(others.map(|visit| &mut visit.view))
    }

    /// What ends with it.
    pub(crate) fn generations(&mut self) -> Vec<Generation> {
        self.views_mut().filter_map(|view| view.look().generation()).collect()
    }

    /// Takes a view away wherever it lies, unless it is the only one; whether it was there.
    pub(crate) fn drop_view(&mut self, gone: impl Fn(&View) -> bool) -> bool {
        if gone(&self.view) {
            return match self.behind.pop() {
                Some(to) => {
                    self.swap(to);
                    true
                }
                None => false,
            };
        }
        let before = self.behind.len() + self.ahead.len();
        self.behind.retain(|visit| !gone(&visit.view));
        self.ahead.retain(|visit| !gone(&visit.view));
        before > self.behind.len() + self.ahead.len()
    }
}
