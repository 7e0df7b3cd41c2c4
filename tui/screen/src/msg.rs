//! What happens to the screen, and what it asks to be done.

use crate::{config::Layout, mouse::Touch, rows::Delta, views::Found};
use bytes::Bytes;
use crossterm::event::KeyEvent;
use shared_api::{GroupKind, Key, KindInfo, Revision, Timestamp};
use shared_client::{LogOptions, Standing};
use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf};
use tui_commands::{Action, At, Blast, Undo, edit::Draft, forward::Carried};

/// Names one question, and with it the answers that belong to it.
pub(crate) type Generation = u64;

/// Something happened.
#[derive(Debug)]
pub(crate) enum Msg {
    Key(KeyEvent),
    Touch(Touch),
    Paste(String),
    Resize(u16, u16),
    Tick(Timestamp),
    /// A picture is about to be drawn.
    Frame,
    /// Changes to the objects of one kind, and how far history is known with them.
    Rows(GroupKind, Vec<Delta>, Revision),
    /// How far the objects of a kind can be believed.
    Standing(GroupKind, Standing),
    /// What a command says while it runs.
    Progress(Generation, String),
    /// A command ended.
    Performed(Generation, Outcome),
    /// What commands would take with them, or why nobody knows.
    Foreseen(Generation, Result<Blast, String>),
    /// Lines of a log.
    Lines(Generation, Vec<String>),
    /// Lines of one of many logs, and how many were held back where they come from.
    Told {
        generation: Generation,
        source: u16,
        lines: Vec<String>,
        held_back: u64,
    },
    /// One of many logs ended.
    SourceEnded(Generation, u16, Option<String>),
    /// How things were, or why nobody knows.
    Past(Generation, Result<Picture, String>),
    /// Something was written to a file, or why not.
    Saved(Result<String, String>),
    /// Bytes for an embedded terminal.
    Screen(Generation, Bytes),
    /// A log ended; why, when not as it should.
    Ended(Generation, Option<String>),
    /// A shell ended.
    Over(Generation, Over),
    /// A forward listens, or cannot.
    Forwarding(Generation, Result<SocketAddr, String>),
    /// Nothing happened for a moment since this was asked.
    Rested(Generation),
    /// Who refers to an object.
    Uses(Generation, Found),
    /// The way to another cluster is open, or why not.
    Arrived(Generation, Result<Arrived, String>),
    /// An object to be edited, or why it cannot be read.
    Drafted(Generation, Result<Box<Draft>, String>),
    /// What the editor made of it, or why it could not.
    Edited(Box<Draft>, Result<String, String>),
    /// What a forward has carried.
    Carried(Generation, Carried),
    /// A connection of a forward failed.
    ForwardTrouble(Generation, String),
}

/// How a conversation with a process ended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Over {
    /// Well.
    Done,
    /// With this exit code.
    Code(u8),
    /// The person left it.
    Left,
    /// Otherwise.
    Failed(String),
}

/// Where one is now.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Arrived {
    pub(crate) context: String,
    pub(crate) server: String,
    pub(crate) home: String,
}

/// The objects of some kinds, as they were at one revision.
#[derive(Debug)]
pub(crate) struct Picture {
    pub(crate) revision: Revision,
    pub(crate) sheets: Vec<(GroupKind, Vec<Delta>)>,
}

/// How a command ended.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// What it said.
    pub(crate) text: String,
    /// Remarks beside it.
    pub(crate) notes: Vec<String>,
    /// Bytes of the answer that were too many to keep.
    pub(crate) dropped: usize,
    /// Why it failed.
    pub(crate) error: Option<String>,
    /// It failed because the object is no longer the one that was read.
    pub(crate) conflict: bool,
    /// What takes it back.
    pub(crate) undo: Vec<Undo>,
}

/// Something to be done outside.
#[derive(Debug, PartialEq)]
pub(crate) enum Effect {
    Watch(GroupKind),
    Perform {
        generation: Generation,
        action: Box<Action>,
        namespace: String,
        /// The very objects that are meant, by their uids.
        about: Vec<(Key, Box<str>)>,
    },
    /// Find out what these would take with them.
    Foresee {
        generation: Generation,
        actions: Vec<Action>,
        namespace: String,
    },
    Logs {
        generation: Generation,
        pod: Key,
        options: LogOptions,
    },
    /// The logs of several pods, beside those that are read already.
    ManyLogs {
        generation: Generation,
        pods: Vec<Key>,
        /// The number of the first of them.
        first: u16,
        options: LogOptions,
        /// Only lines with this in them.
        grep: String,
    },
    /// Find out how the objects of these kinds were.
    Past {
        generation: Generation,
        at: At,
        kinds: Vec<GroupKind>,
    },
    /// Write a file.
    Save {
        path: PathBuf,
        text: String,
    },
    /// Do what speaks with a process, in a terminal of this size.
    Speak {
        generation: Generation,
        action: Box<Action>,
        namespace: String,
        /// The very objects that are meant, by their uids.
        about: Vec<(Key, Box<str>)>,
        size: (u16, u16),
    },
    /// Bytes typed into a shell.
    Type(Generation, Vec<u8>),
    /// A shell's new width and height.
    Reshape(Generation, (u16, u16)),
    Forward {
        generation: Generation,
        /// A pod, or a service or workload.
        to: Key,
        remote: String,
        address: String,
        local: u16,
    },
    /// Read an object to edit it.
    Draft(Generation, Key),
    /// Give the terminal to the editor.
    Editor(Box<Draft>),
    /// Look who refers to an object.
    Uses(Generation, Key),
    /// Find the way to another cluster.
    Connect(Generation, String),
    /// Go it: everything that goes on in front of this one ends.
    Enter(Generation),
    /// Give the clipboard of the person's terminal a text.
    Copy(String),
    /// Keep a line of the palette.
    Keep {
        path: PathBuf,
        line: String,
    },
    /// Keep the layouts.
    Layouts {
        generation: Generation,
        path: PathBuf,
        layouts: BTreeMap<String, Layout>,
    },
    /// Say when a moment has passed.
    Rest(Generation),
    /// End whatever has this generation.
    Stop(Generation),
}

/// The kind a table shows.
pub(crate) fn info(kind: &GroupKind) -> Option<&'static KindInfo> {
    shared_api::of(&kind.group, &kind.kind)
}
