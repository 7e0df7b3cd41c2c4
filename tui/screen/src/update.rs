//! From what happened to what is now, and what is to be done. Pure.

mod act;
mod data;
mod many;
mod open;
mod overlay;
mod palette;
mod scroll;

pub(crate) use scroll::at as forward_at;

use crate::{
    keys::{self, Act, Place},
    model::{Model, View},
    msg::{Effect, Msg},
};
use crossterm::event::{KeyEvent, KeyEventKind};

/// Takes note of one message.
pub(crate) fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Key(key) if key.kind == KeyEventKind::Release => Vec::new(),
        Msg::Key(key) => press(model, key),
        Msg::Paste(text) => paste(model, &text),
        Msg::Resize(width, height) => resize(model, width, height),
        Msg::Frame => {
            model.settle();
            Vec::new()
        }
        other => data::take(model, other),
    }
}

fn press(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    model.settle();
    // Always a way out, also from a question; only a shell may want it for itself.
    let meaning = keys::meaning(key, model.places());
    if model.overlay.is_some() {
        if keys::name(key) == "ctrl-c" {
            model.overlay = None;
            return Vec::new();
        }
        return overlay::press(model, key);
    }
    if let View::Shell(shell) = model.view() {
        let (generation, application) = (shell.generation, shell.screen().application_cursor());
        let over = shell.ended.is_some();
        return match meaning {
            Some(Act::LeaveShell) => act::act(model, Act::Back),
            // A shell that has ended wants no keys: any of them leaves it.
            _ if over => act::act(model, Act::Back),
            _ => {
                let bytes = keys::encode(key, application);
                if bytes.is_empty() { Vec::new() } else { vec![Effect::Type(generation, bytes)] }
            }
        };
    }
    model.message = None;
    meaning.map_or_else(Vec::new, |act| act::act(model, act))
}

fn paste(model: &mut Model, text: &str) -> Vec<Effect> {
    if model.overlay.is_some() {
        overlay::paste(model, text);
        return Vec::new();
    }
    let View::Shell(shell) = model.view() else { return Vec::new() };
    let mut bytes = text.replace('\n', "\r").into_bytes();
    if shell.screen().bracketed_paste() {
        // The end mark inside a paste would end it early and run the rest.
        let inside = String::from_utf8_lossy(&bytes).replace("\x1b[201~", "");
        bytes = format!("\x1b[200~{inside}\x1b[201~").into_bytes();
    }
    vec![Effect::Type(shell.generation, bytes)]
}

fn resize(model: &mut Model, width: u16, height: u16) -> Vec<Effect> {
    model.size = (width, height);
    let body = model.body();
    let mut effects = Vec::new();
    for view in &mut model.views {
        if let View::Shell(shell) = view {
            shell.resize(body);
            effects.push(Effect::Reshape(shell.generation, body));
        }
    }
    effects
}

/// Whether a key of this place does something now; for the hints.
pub(crate) fn listens(model: &Model, place: Place) -> bool {
    model.places().contains(&place)
}
