use super::PaneId;
use crate::{msg::Generation, rows::Row};
use shared_api::{GroupKind, Key, Revision};

/// What a pane shows of the object under another pane's cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Follow {
    Logs,
    Describe,
    Yaml,
    Events,
    Why,
    Timeline,
}

impl Follow {
    pub(crate) const ALL: &[Self] =
        &[Self::Logs, Self::Describe, Self::Yaml, Self::Events, Self::Why, Self::Timeline];

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Logs => "logs",
            Self::Describe => "describe",
            Self::Yaml => "yaml",
            Self::Events => "events",
            Self::Why => "why",
            Self::Timeline => "timeline",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|follow| follow.word() == word)
    }

    /// Whether it is told anew when the object changes; the others follow by themselves.
    pub(crate) const fn again(self) -> bool {
        !matches!(self, Self::Logs | Self::Events)
    }
}

/// The very object that is shown, and as of when.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Target {
    pub(crate) key: Key,
    pub(crate) uid: Box<str>,
    pub(crate) revision: Revision,
}

impl Target {
    pub(crate) fn of(kind: &GroupKind, row: &Row) -> Self {
        Self { key: row.key(kind), uid: row.uid.clone(), revision: row.revision }
    }

    /// Whether both are the same object, whatever it says now.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.key == other.key && self.uid == other.uid
    }
}

/// A pane's tie to the cursor of another.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) follow: Follow,
    /// The pane whose cursor it follows.
    pub(crate) of: PaneId,
    shown: Option<Target>,
    /// Where the cursor went, until it rests.
    next: Option<(Target, Generation)>,
}

/// What becomes of a link when its cursor has been looked at.
#[derive(Debug, PartialEq)]
pub(crate) enum Turn {
    /// It shows what it should, or waits for it.
    Stay,
    /// It went back to what is shown: this wait is over.
    Return(Generation),
    /// It went on: a new wait, and the end of the one before.
    Wait(Option<Generation>),
}

impl Link {
    pub(crate) fn new(follow: Follow, of: PaneId) -> Self {
        Self { follow, of, shown: None, next: None }
    }

    /// The cursor is here; `fresh` names the wait that may begin.
    pub(crate) fn look(&mut self, at: Target, fresh: Generation) -> Turn {
        let stale = |shown: &Target| self.follow.again() && shown.revision != at.revision;
        if self.shown.as_ref().is_some_and(|shown| shown.is_same(&at) && !stale(shown)) {
            return self.next.take().map_or(Turn::Stay, |(_, wait)| Turn::Return(wait));
        }
        if let Some((next, _)) = &mut self.next
            && next.is_same(&at)
        {
            // An object that changes all the time does not put it off for ever.
            next.revision = at.revision;
            return Turn::Stay;
        }
        Turn::Wait(self.next.replace((at, fresh)).map(|(_, before)| before))
    }

    /// The cursor has rested since that wait began: what is to be shown now, and whether it was already.
    pub(crate) fn rested(&mut self, wait: Generation) -> Option<(Target, bool)> {
        let (target, _) = self.next.take_if(|(_, waits)| *waits == wait)?;
        let same = self.shown.as_ref().is_some_and(|shown| shown.is_same(&target));
        self.shown = Some(target.clone());
        Some((target, same))
    }

    /// What it waits for.
    pub(crate) fn wait(&self) -> Option<Generation> {
        self.next.as_ref().map(|(_, wait)| *wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared_api::core::Pod;

    fn target(name: &str, revision: Revision) -> Target {
        Target { key: Key::of::<Pod>("n", name), uid: name.into(), revision }
    }

    #[test]
    fn it_follows_when_the_cursor_rests() {
        let mut link = Link::new(Follow::Yaml, 1);
        assert_eq!(link.look(target("a", 1), 10), Turn::Wait(None));
        assert_eq!(link.look(target("b", 1), 11), Turn::Wait(Some(10)));
        assert_eq!(link.look(target("b", 2), 12), Turn::Stay);
        assert_eq!(link.rested(10), None, "the cursor went on");
        assert_eq!(link.rested(11), Some((target("b", 2), false)));
        assert_eq!(link.look(target("b", 2), 13), Turn::Stay);
        assert_eq!(link.look(target("a", 1), 14), Turn::Wait(None));
        assert_eq!(link.look(target("b", 2), 15), Turn::Return(14));
        assert_eq!(link.look(target("b", 3), 16), Turn::Wait(None), "it says something else now");
        assert_eq!(link.rested(16), Some((target("b", 3), true)));
        let mut again = target("b", 3);
        again.uid = "another".into();
        assert_eq!(link.look(again, 17), Turn::Wait(None), "another one of that name");
    }

    #[test]
    fn a_log_is_not_begun_again_because_its_pod_changes() {
        let mut link = Link::new(Follow::Logs, 1);
        link.look(target("a", 1), 1);
        link.rested(1);
        assert_eq!(link.look(target("a", 2), 2), Turn::Stay);
    }
}
