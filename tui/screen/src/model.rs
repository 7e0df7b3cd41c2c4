//! Everything the screen knows.

mod health;
mod pulse;
mod shell;
mod table;

pub(crate) use health::Health;
pub(crate) use pulse::{Item, Pulse, about};
pub(crate) use shell::Shell;
pub(crate) use table::{Table, Within, pod_of, pods_within};

use crate::{
    input::Input,
    keys::Place,
    msg::{Effect, Generation, info},
    pager::Pager,
    rows::{Row, Sheet},
};
use shared_api::{
    GroupKind, Key, Revision, Timestamp,
    core::{Namespace, Node, Pod},
};
use shared_client::{LogOptions, Standing};
use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};
use tui_commands::Action;

/// Rows of the picture that are not the view: header, title, message, hints.
const CHROME: u16 = 5;

/// The screen, as a value.
pub(crate) struct Model {
    pub(crate) context: String,
    pub(crate) server: String,
    /// The namespace a line means when it names none.
    pub(crate) home: String,
    /// The namespace looked at; `None` is all of them.
    pub(crate) namespace: Option<String>,
    /// What is known of the objects of each kind that is watched.
    pub(crate) sheets: BTreeMap<GroupKind, Sheet>,
    pub(crate) now: Timestamp,
    /// How far the cluster's history is known.
    pub(crate) revision: Revision,
    /// What is known about the watch of each kind.
    pub(crate) watches: BTreeMap<GroupKind, Watch>,
    /// What is looked at, on top of what it was reached from; never empty.
    pub(crate) views: Vec<View>,
    pub(crate) overlay: Option<Overlay>,
    pub(crate) message: Option<Message>,
    pub(crate) forwards: Vec<Forwarded>,
    /// The commands that are running, the newest last.
    pub(crate) running: Vec<(Generation, String, Shows)>,
    pub(crate) history: Vec<String>,
    pub(crate) size: (u16, u16),
    /// The rows no longer say what the world says.
    pub(crate) stale: bool,
    pub(crate) quit: bool,
    generation: Generation,
}

/// What is known about one kind's watch.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    pub(crate) standing: Standing,
    /// Since when what is shown may be old.
    pub(crate) since: Option<Timestamp>,
    /// There has been a complete picture.
    pub(crate) known: bool,
}

/// Where a command's answer goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shows {
    /// The message line when it is short, else a text.
    Message,
    /// The text view that asked.
    Text,
}

/// A line about what just happened.
#[derive(Debug, PartialEq)]
pub(crate) struct Message {
    pub(crate) text: String,
    pub(crate) bad: bool,
}

/// What fills the screen.
pub(crate) enum View {
    Pulse(Pulse),
    Table(Table),
    Logs(Logs),
    Shell(Box<Shell>),
    Text(Text),
    Forwards(Option<Generation>),
}

/// A container's log.
pub(crate) struct Logs {
    pub(crate) generation: Generation,
    pub(crate) pod: Key,
    pub(crate) options: LogOptions,
    pub(crate) pager: Pager,
    /// It ended, and why.
    pub(crate) ended: Option<String>,
}

/// Text that a command answered.
pub(crate) struct Text {
    pub(crate) generation: Generation,
    /// The command line.
    pub(crate) line: String,
    pub(crate) pager: Pager,
    pub(crate) loading: bool,
}

/// A port-forward.
#[derive(Debug)]
pub(crate) struct Forwarded {
    pub(crate) generation: Generation,
    pub(crate) pod: Key,
    pub(crate) remote: u16,
    pub(crate) local: Option<SocketAddr>,
    pub(crate) connections: u64,
    pub(crate) trouble: Option<String>,
}

/// What lies over the view and takes the keys.
#[allow(clippy::large_enum_variant, reason = "there is one at a time")]
pub(crate) enum Overlay {
    Filter(Input),
    Palette(Palette),
    Port {
        input: Input,
        pod: Key,
    },
    Choose {
        title: String,
        items: Vec<String>,
        at: usize,
        then: Then,
    },
    Confirm(Confirm),
    /// Which columns are shown; the cursor.
    Columns(usize),
    Help(u16),
}

/// The command line after `:`.
#[derive(Debug, Default)]
pub(crate) struct Palette {
    pub(crate) input: Input,
    /// What Tab could make of it.
    pub(crate) candidates: Vec<String>,
    /// Which line of the history is shown, counted from the newest.
    pub(crate) back: usize,
}

/// What a choice is for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Then {
    Namespace,
    Logs(Key),
    Shell(Key),
    /// The column to sort by.
    Sort,
}

/// A question before something that cannot be taken back.
pub(crate) struct Confirm {
    /// The command lines, and what they mean.
    pub(crate) commands: Vec<(String, Action)>,
    /// The very objects that were asked about, with their uids.
    pub(crate) about: Vec<(Key, Box<str>)>,
}

impl Model {
    /// The start: the pulse, before anything is known.
    pub(crate) fn new(
        context: &str,
        server: &str,
        home: &str,
        now: Timestamp,
        size: (u16, u16),
    ) -> (Self, Vec<Effect>) {
        let mut model = Self {
            context: clean(context),
            server: clean(server),
            home: home.into(),
            namespace: Some(home.into()),
            sheets: BTreeMap::new(),
            now,
            revision: 0,
            watches: BTreeMap::new(),
            views: vec![View::Pulse(Pulse::new())],
            overlay: None,
            message: None,
            forwards: Vec::new(),
            running: Vec::new(),
            history: Vec::new(),
            size,
            stale: true,
            quit: false,
            generation: 0,
        };
        let kinds = [GroupKind::of::<Pod>(), GroupKind::of::<Node>(), GroupKind::of::<Namespace>()];
        let effects = kinds.into_iter().chain(Pulse::kinds()).filter_map(|kind| model.watch(&kind)).collect();
        (model, effects)
    }

    /// A name for a question that was never used before.
    pub(crate) fn ask(&mut self) -> Generation {
        self.generation += 1;
        self.generation
    }

    pub(crate) fn say(&mut self, text: impl AsRef<str>) {
        self.message = Some(Message { text: clean(text.as_ref()), bad: false });
    }

    pub(crate) fn complain(&mut self, text: impl AsRef<str>) {
        self.message = Some(Message { text: clean(text.as_ref()), bad: true });
    }

    pub(crate) fn view(&self) -> &View {
        self.views.last().expect("there is always a view")
    }

    pub(crate) fn view_mut(&mut self) -> &mut View {
        self.views.last_mut().expect("there is always a view")
    }

    pub(crate) fn table(&self) -> Option<&Table> {
        if let View::Table(table) = self.view() { Some(table) } else { None }
    }

    /// What is known of `K`.
    pub(crate) fn sheet(&self, kind: &GroupKind) -> Option<&Sheet> {
        self.sheets.get(kind)
    }

    /// The row of an object, if it is known.
    pub(crate) fn row(&self, key: &Key) -> Option<&Arc<Row>> {
        self.sheet(&key.kind)?.get(&key.namespace, &key.name)
    }

    /// The names of a kind's objects here, by a word for the kind.
    pub(crate) fn names(&self, word: &str) -> Vec<String> {
        let Some(kind) = shared_api::find(word) else { return Vec::new() };
        let near = |row: &&Arc<Row>| {
            !kind.namespaced || self.namespace.as_deref().is_none_or(|here| &*row.namespace == here)
        };
        let sheet = self.sheet(&kind.group_kind());
        sheet.into_iter().flat_map(Sheet::iter).filter(near).map(|row| row.name.to_string()).collect()
    }

    /// The namespace that a line without one means.
    pub(crate) fn here(&self) -> &str {
        self.namespace.as_deref().unwrap_or(&self.home)
    }

    /// Starts the watch of a kind when there is none yet.
    pub(crate) fn watch(&mut self, kind: &GroupKind) -> Option<Effect> {
        if self.watches.contains_key(kind) {
            return None;
        }
        let watch = Watch { standing: Standing::default(), since: Some(self.now), known: false };
        self.watches.insert(kind.clone(), watch);
        Some(Effect::Watch(kind.clone()))
    }

    /// The columns and rows that the view has.
    pub(crate) fn body(&self) -> (u16, u16) {
        (self.size.0.max(1), self.size.1.saturating_sub(CHROME).max(1))
    }

    /// Where keys are listened to now, the special before the general.
    pub(crate) fn places(&self) -> &'static [Place] {
        match self.view() {
            View::Table(table) if table.kind == GroupKind::of::<Node>() => {
                &[Place::Nodes, Place::Table, Place::Anywhere]
            }
            View::Table(_) => &[Place::Table, Place::Anywhere],
            View::Logs(_) => &[Place::Logs, Place::Pager, Place::Anywhere],
            View::Text(_) => &[Place::Pager, Place::Anywhere],
            View::Forwards(_) => &[Place::Forwards, Place::Anywhere],
            View::Pulse(_) => &[Place::Pulse, Place::Anywhere],
            View::Shell(_) => &[Place::Shell],
        }
    }

    /// Brings what is shown up to what is known.
    pub(crate) fn settle(&mut self) {
        if !std::mem::take(&mut self.stale) {
            return;
        }
        let synced = |kind: &GroupKind| self.watches.get(kind).is_some_and(|w| w.standing.synced);
        let table = match self.views.last_mut() {
            Some(View::Table(table)) => table,
            Some(View::Pulse(pulse)) => return pulse.settle(&self.sheets),
            _ => return,
        };
        let synced = synced(&table.kind);
        let nothing = Sheet::default();
        let sheet = self.sheets.get(&table.kind).unwrap_or(&nothing);
        if let Some(gone) = table.settle(sheet, self.namespace.as_deref())
            && synced
        {
            self.say(format!("{gone} is gone; the cursor moved to its neighbour"));
        }
    }

    /// The filter of the view, if it can have one.
    pub(crate) fn filter(&self) -> Option<&str> {
        match self.view() {
            View::Table(table) => Some(table.filter().text()),
            View::Logs(logs) => Some(&logs.pager.filter),
            View::Text(text) => Some(&text.pager.filter),
            View::Shell(_) | View::Forwards(_) | View::Pulse(_) => None,
        }
    }

    pub(crate) fn filter_by(&mut self, text: &str) {
        match self.view_mut() {
            View::Table(table) => table.filter_by(text),
            View::Logs(logs) => text.clone_into(&mut logs.pager.filter),
            View::Text(shown) => text.clone_into(&mut shown.pager.filter),
            View::Shell(_) | View::Forwards(_) | View::Pulse(_) => {}
        }
        self.stale = true;
    }

    /// The logs or text that is scrolled, if the view is one.
    pub(crate) fn pager_mut(&mut self) -> Option<(&mut Pager, bool)> {
        match self.view_mut() {
            View::Logs(logs) => Some((&mut logs.pager, true)),
            View::Text(text) => Some((&mut text.pager, false)),
            _ => None,
        }
    }
}

/// Text of the cluster on one line, obeyed by no terminal.
pub(crate) fn clean(text: &str) -> String {
    tui_commands::neutral(text.trim_end()).replace(['\n', '\t'], " ")
}

/// `pods/web-1`, as a line names it.
pub(crate) fn word(key: &Key) -> String {
    let kind = info(&key.kind).map_or_else(|| key.kind.kind.to_lowercase(), |k| k.plural.to_owned());
    format!("{kind}/{}", key.name)
}
