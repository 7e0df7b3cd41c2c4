//! From what happened to what is now, and what is to be done. Pure.

mod act;
mod begin;
mod confirm;
mod context;
mod copy;
mod data;
mod deeds;
mod edit;
mod layout;
mod link;
mod many;
mod mouse;
mod open;
mod overlay;
mod palette;
mod past;
mod scroll;
mod steps;
mod window;

pub(crate) use begin::begin;
pub(crate) use palette::WORDS;
pub(crate) use past::said as past_said;

pub(crate) use edit::Editing;

use crate::{
    keys::{self, Act, Meaning},
    model::Model,
    msg::{Effect, Msg},
    tutorial,
    views::View,
};
use crossterm::event::{KeyEvent, KeyEventKind};

/// Takes note of one message.
pub(crate) fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    let mut effects = match msg {
        Msg::Key(key) if key.kind == KeyEventKind::Release => Vec::new(),
        Msg::Key(key) => press(model, key),
        Msg::Touch(touch) => mouse::touch(model, touch),
        Msg::Paste(text) => paste(model, &text),
        Msg::Resize(width, height) => {
            model.size = (width, height);
            model.stale = true;
            Vec::new()
        }
        Msg::Frame => {
            model.settle();
            let mut effects = link::look(model);
            effects.extend(many::join(model));
            effects.extend(past::look(model));
            effects
        }
        other => {
            let effects = data::take(model, other);
            tutorial::look(model);
            return effects;
        }
    };
    tutorial::look(model);
    effects.extend(window::reshape(model));
    effects
}

fn press(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    model.settle();
    if model.overlay.is_some() {
        // Always a way out, also from a question.
        if keys::name(key) == "ctrl-c" {
            model.overlay = None;
            return Vec::new();
        }
        return overlay::press(model, key);
    }
    model.pending.push(keys::name(key));
    let meaning = model.config.keymap.meaning(&model.pending, &model.places());
    if meaning != Meaning::More {
        model.pending.clear();
    }
    if let View::Shell(shell) = model.view() {
        let application = shell.screen().application_cursor();
        let over = shell.ended.is_some();
        return match meaning {
            Meaning::Act(Act::LeaveShell) => act::act(model, Act::Back),
            Meaning::Act(act) => act::act(model, act),
            Meaning::More => Vec::new(),
            // A shell that has ended wants no keys: any of them leaves it.
            Meaning::Nothing if over => act::act(model, Act::Back),
            Meaning::Nothing => {
                let bytes = keys::encode(key, application);
                if bytes.is_empty() { Vec::new() } else { typed(model, bytes) }
            }
        };
    }
    model.message = None;
    match meaning {
        Meaning::Act(act) => act::act(model, act),
        Meaning::More | Meaning::Nothing => Vec::new(),
    }
}

fn paste(model: &mut Model, text: &str) -> Vec<Effect> {
    if model.overlay.is_some() {
        overlay::paste(model, text);
        return Vec::new();
    }
    let View::Shell(shell) = model.view() else { return Vec::new() };
    if shell.ended.is_some() {
        return Vec::new();
    }
    let mut bytes = text.replace('\n', "\r").into_bytes();
    if shell.screen().bracketed_paste() {
        // The end mark inside a paste would end it early and run the rest.
        let inside = String::from_utf8_lossy(&bytes).replace("\x1b[201~", "");
        bytes = format!("\x1b[200~{inside}\x1b[201~").into_bytes();
    }
    typed(model, bytes)
}

/// Gives the process that is spoken with what was typed.
fn typed(model: &mut Model, bytes: Vec<u8>) -> Vec<Effect> {
    let View::Shell(shell) = model.view_mut() else { return Vec::new() };
    shell.used = true;
    vec![Effect::Type(shell.generation, bytes)]
}
