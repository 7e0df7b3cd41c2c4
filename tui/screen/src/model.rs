//! Everything the screen knows.

mod desk;
mod health;
mod known;
mod link;
mod namespaces;
mod pane;
mod split;
mod used;

pub(crate) use desk::{Desk, Tab};
pub(crate) use health::Health;
pub(crate) use known::Known;
pub(crate) use link::{Follow, Link, Target, Turn};
pub(crate) use namespaces::Namespaces;
pub(crate) use pane::Pane;
pub(crate) use split::{PaneId, Side, Tree, Way, beside};
pub(crate) use used::{Sample, Used};

use crate::{
    config::Config,
    draw::Skin,
    input::Input,
    keys::Place,
    msg::{Effect, Generation, Msg, info},
    rows::{Row, Sheet},
    update::Editing,
    views::{Pulse, Table, View},
};
use ratatui::layout::Rect;
use shared_api::{
    GroupKind, Key, Revision, Timestamp,
    core::{Namespace, Node, Pod},
    discovery::EndpointSlice,
};
use std::{collections::BTreeSet, net::SocketAddr, path::PathBuf, sync::Arc};
use tui_commands::{Action, At, Blast, Undo, forward::Carried};

/// How many lines the history has.
const HISTORY: usize = 500;
/// Rows of the picture above the panes, without the tabs, and below them.
const ABOVE: u16 = 2;
const UNDER: u16 = 2;

/// The screen, as a value.
///
/// ```text
///   Known  what is known of the cluster        Desk ── Tab ── Tree of splits ── Pane ── View, and those before
/// ```
pub(crate) struct Model {
    pub(crate) known: Known,
    pub(crate) desk: Desk,
    pub(crate) overlay: Option<Overlay>,
    pub(crate) message: Option<Message>,
    /// The commands that are running, the newest last.
    pub(crate) running: Vec<Running>,
    pub(crate) history: Vec<String>,
    /// What was changed from here, the newest last.
    pub(crate) deeds: Vec<Deed>,
    pub(crate) config: Config,
    pub(crate) given: Given,
    /// What is to be looked at in front of the cluster that is being gone to.
    pub(crate) after: Option<(Generation, String)>,
    /// The moment that is looked at, when it is not now.
    pub(crate) past: Option<Past>,
    pub(crate) editing: Editing,
    /// Why nothing may be changed.
    pub(crate) read_only: Option<String>,
    /// The keys of a sequence that has begun.
    pub(crate) pending: Vec<String>,
    pub(crate) skin: Skin,
    /// The line between panes that is in the hand.
    pub(crate) drag: Option<Drag>,
    /// How far the tutorial has come, while it is open.
    pub(crate) tutorial: Option<usize>,
    pub(crate) size: (u16, u16),
    /// The rows no longer say what the world says.
    pub(crate) stale: bool,
    pub(crate) quit: bool,
    generation: Generation,
}

/// What was said when the terminal was started.
#[derive(Debug, Default)]
pub(crate) struct Given {
    pub(crate) read_only: bool,
    /// The namespace was named.
    pub(crate) named: bool,
    /// It is the made-up world, which may be broken.
    pub(crate) demo: bool,
    /// Where the history is kept.
    pub(crate) history: Option<PathBuf>,
    /// Where one can go.
    pub(crate) contexts: Vec<String>,
}

/// A line between panes that is dragged.
#[derive(Debug, Clone)]
pub(crate) struct Drag {
    pub(crate) way: Way,
    /// What the two share.
    pub(crate) whole: Rect,
    /// The way down to the split: second or not.
    pub(crate) path: Vec<bool>,
}

/// A command that is running.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) generation: Generation,
    pub(crate) line: String,
    /// What it said last, on its way.
    pub(crate) told: String,
    pub(crate) shows: Shows,
    /// The pane it was asked in.
    pub(crate) pane: PaneId,
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

/// A port-forward.
#[derive(Debug)]
pub(crate) struct Forwarded {
    pub(crate) generation: Generation,
    /// A pod, or a service or workload, whose pod is chosen for each connection.
    pub(crate) to: Key,
    /// The port, by its number or name.
    pub(crate) remote: String,
    pub(crate) local: Option<SocketAddr>,
    pub(crate) carried: Carried,
    pub(crate) trouble: Option<String>,
}

/// What lies over the view and takes the keys.
pub(crate) enum Overlay {
    Filter(Input),
    /// What is searched in a log.
    Find(Input),
    Palette(Palette),
    Port {
        input: Input,
        to: Key,
    },
    /// A line to be completed, about these objects.
    Line {
        input: Input,
        about: Vec<(Key, Box<str>)>,
    },
    Choose {
        title: String,
        items: Vec<String>,
        at: usize,
        then: Then,
    },
    Confirm(Box<Confirm>),
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
    /// What is done with the objects.
    Do,
    Since,
    Logs(Key),
    /// The line that lacks the container, and the very objects it is for.
    Container {
        line: String,
        about: Vec<(Key, Box<str>)>,
    },
    /// The column to sort by.
    Sort,
    /// What another pane shows of the cursor.
    Follow,
    Skin,
    Layout,
    Context,
    /// These cells, one of which is copied.
    Copy(Vec<String>),
}

/// A question before something that cannot be taken back.
pub(crate) struct Confirm {
    /// The command lines, and what they mean.
    pub(crate) commands: Vec<(String, Action)>,
    /// The very objects that were asked about, with their uids.
    pub(crate) about: Vec<(Key, Box<str>)>,
    pub(crate) foreseen: Foreseen,
    /// What has to be typed, and what is.
    pub(crate) typed: Option<(String, Input)>,
    /// The deed that is taken back.
    pub(crate) undoes: Option<Generation>,
    /// The lines that differ, when they are known.
    pub(crate) diff: String,
    /// The first line that is shown.
    pub(crate) top: usize,
}

/// What is known of what goes with it.
#[derive(Debug, PartialEq)]
pub(crate) enum Foreseen {
    Asked(Generation),
    Known(Blast),
    Failed(String),
}

/// A moment of the past that is looked at.
#[derive(Debug)]
pub(crate) struct Past {
    pub(crate) generation: Generation,
    pub(crate) at: At,
    pub(crate) moment: Timestamp,
    /// The revision there was then, once it is known.
    pub(crate) revision: Option<Revision>,
    /// It is being asked for.
    pub(crate) asked: bool,
    /// The kinds that are shown as they were.
    pub(crate) kinds: BTreeSet<GroupKind>,
}

/// How many commands that changed something are remembered.
pub(crate) const DEEDS: usize = 500;

/// A command that changed something, or was to.
#[derive(Debug)]
pub(crate) struct Deed {
    pub(crate) generation: Generation,
    pub(crate) at: Timestamp,
    pub(crate) line: String,
    /// What became of it, in a few words.
    pub(crate) outcome: String,
    /// What takes it back.
    pub(crate) undo: Vec<Undo>,
    pub(crate) undone: bool,
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
            known: Known::new(context, server, home, now),
            desk: Desk::new(View::Pulse(Pulse::new()), Namespaces::one(home)),
            overlay: None,
            message: None,
            running: Vec::new(),
            history: Vec::new(),
            deeds: Vec::new(),
            config: Config::default(),
            given: Given::default(),
            after: None,
            past: None,
            editing: Editing::default(),
            read_only: None,
            pending: Vec::new(),
            skin: Skin::default(),
            drag: None,
            tutorial: None,
            size,
            stale: true,
            quit: false,
            generation: 0,
        };
        let effects = model.first();
        (model, effects)
    }

    /// In front of another cluster, with everything that is set.
    pub(crate) fn enter(&mut self, known: Known) -> Vec<Effect> {
        let home = Namespaces::one(known.home.clone());
        (self.known, self.desk) = (known, Desk::new(View::Pulse(Pulse::new()), home));
        (self.overlay, self.message, self.stale, self.past) = (None, None, true, None);
        self.running.clear();
        self.first()
    }

    /// What is heard of before anything is asked for.
    pub(crate) fn kinds() -> Vec<GroupKind> {
        let mut kinds = vec![GroupKind::of::<Pod>(), GroupKind::of::<Node>(), GroupKind::of::<Namespace>()];
        kinds.extend(Pulse::kinds());
        // What services make: one gets there from them.
        kinds.push(GroupKind::of::<EndpointSlice>());
        kinds
    }

    fn first(&mut self) -> Vec<Effect> {
        Self::kinds().into_iter().filter_map(|kind| self.known.watch(&kind)).collect()
    }

    /// Takes note of a command that is asked for in the pane with the focus.
    pub(crate) fn runs(&mut self, generation: Generation, line: String, shows: Shows) {
        let pane = self.desk.tab().focus;
        self.running.push(Running { generation, line, told: String::new(), shows, pane });
    }

    /// Puts a line at the end of the history, once.
    pub(crate) fn remember(&mut self, line: &str) {
        self.history.retain(|known| known != line);
        self.history.push(line.to_owned());
        let extra = self.history.len().saturating_sub(HISTORY);
        self.history.drain(..extra);
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

    /// The pane with the focus.
    pub(crate) fn pane(&self) -> &Pane {
        self.desk.tab().focused()
    }

    pub(crate) fn pane_mut(&mut self) -> &mut Pane {
        self.desk.tab_mut().focused_mut()
    }

    /// Whether something on the screen is another thing with this message. What is not looked at waits for the
    /// next second: many objects that change elsewhere cost no pictures.
    pub(crate) fn heeds(&self, msg: &Msg) -> bool {
        let Msg::Rows(kind, ..) = msg else { return true };
        let counted = [GroupKind::of::<Node>(), GroupKind::of::<Pod>()].contains(kind);
        counted || self.desk.tab().panes().any(|(_, pane)| pane.view.look().shows(kind))
    }

    pub(crate) fn view(&self) -> &View {
        &self.pane().view
    }

    pub(crate) fn view_mut(&mut self) -> &mut View {
        &mut self.pane_mut().view
    }

    pub(crate) fn table(&self) -> Option<&Table> {
        if let View::Table(table) = self.view() { Some(table) } else { None }
    }

    pub(crate) fn namespaces(&self) -> &Namespaces {
        &self.pane().namespaces
    }

    /// The names of a kind's objects here, by a word for the kind.
    pub(crate) fn names(&self, word: &str) -> Vec<String> {
        let Some(kind) = shared_api::find(word) else { return Vec::new() };
        let near = |row: &&Arc<Row>| !kind.namespaced || self.namespaces().has(&row.namespace);
        let sheet = self.known.sheet(&kind.group_kind());
        sheet.into_iter().flat_map(Sheet::iter).filter(near).map(|row| row.name.to_string()).collect()
    }

    /// The namespace that a line without one means.
    pub(crate) fn here(&self) -> &str {
        self.namespaces().only().unwrap_or(&self.known.home)
    }

    /// How many rows the tabs take.
    pub(crate) fn tab_line(&self) -> u16 {
        u16::from(self.desk.tabs().len() > 1)
    }

    /// What the panes share.
    pub(crate) fn whole(&self) -> Rect {
        let (width, height) = self.size;
        let y = (ABOVE + self.tab_line()).min(height);
        Rect { x: 0, y, width, height: height.saturating_sub(y + UNDER) }
    }

    /// The columns and rows that the view of a pane has, below its title.
    pub(crate) fn body_of(&self, pane: PaneId) -> (u16, u16) {
        let seen = self.desk.tab().seen(self.whole());
        let area = seen.into_iter().find(|(id, _)| *id == pane).map_or(Rect::ZERO, |(_, area)| area);
        (area.width.max(1), area.height.saturating_sub(1).max(1))
    }

    /// The same of the pane with the focus.
    pub(crate) fn body(&self) -> (u16, u16) {
        self.body_of(self.desk.tab().focus)
    }

    /// Where keys are listened to now, the special before the general.
    pub(crate) fn places(&self) -> Vec<Place> {
        let own = self.view().look().places();
        // A shell wants every key for itself.
        let common: &[Place] = if own == [Place::Shell] { &[] } else { &[Place::Panes, Place::Anywhere] };
        own.iter().chain(common).copied().collect()
    }

    /// Whether keys go to a program that wants to hear of the mouse.
    pub(crate) fn passes_mouse(&self) -> bool {
        matches!(self.view(), View::Shell(shell) if shell.wants_mouse())
    }

    /// Brings what is shown up to what is known.
    pub(crate) fn settle(&mut self) {
        if !std::mem::take(&mut self.stale) {
            return;
        }
        let whole = self.whole();
        let Self { known, desk, .. } = self;
        let tab = desk.tab_mut();
        let (seen, focus) = (tab.seen(whole), tab.focus);
        let mut lost = None;
        for (id, _) in seen {
            let Some(Pane { view, namespaces, .. }) = tab.pane_mut(id) else { continue };
            let gone = view.look_mut().settle(known, namespaces);
            lost = gone.filter(|_| id == focus).or(lost);
        }
        if let Some(gone) = lost {
            self.say(format!("{gone} is gone; the cursor moved to its neighbour"));
        }
    }

    /// The filter of the view, if it can have one.
    pub(crate) fn filter(&self) -> Option<&str> {
        self.view().look().filter()
    }

    pub(crate) fn filter_by(&mut self, text: &str) {
        self.view_mut().look_mut().filter_by(text);
        self.stale = true;
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

/// What a forward leads to, as a person says it: a pod by its name alone.
pub(crate) fn meant_by(key: &Key) -> String {
    if key.kind == GroupKind::of::<shared_api::core::Pod>() { key.name.clone() } else { word(key) }
}
