//! Panes and tabs: splitting, closing, going from one to the other.

use super::{open, steps};
use crate::{
    keys::Act,
    model::{Desk, Model, Pane, Side, Way},
    msg::Effect,
    views::{Pulse, View},
};

/// How far a line between panes moves at once, of a hundred.
const STRIDE: i16 = 5;

pub(super) fn act(model: &mut Model, act: Act) -> Vec<Effect> {
    model.stale = true;
    let whole = model.whole();
    match act {
        Act::SplitRight => return split(model, Way::Beside),
        Act::SplitBelow => return split(model, Way::Stacked),
        Act::NewTab => return tab(model),
        Act::ClosePane => {
            let tab = model.desk.tab_mut();
            let focus = tab.focus;
            if let Some(pane) = tab.close(focus) {
                return open::forget(model, steps::stop(pane));
            }
            return close_tab(model, "this is the only pane");
        }
        Act::CloseTab => return close_tab(model, "this is the only tab"),
        Act::NextPane | Act::PreviousPane => {
            let tab = model.desk.tab_mut();
            if tab.tree.panes().len() < 2 {
                let keymap = &model.config.keymap;
                let way = match model.view() {
                    View::Shell(_) => format!("{} leaves the shell", keymap.key(Act::LeaveShell)),
                    _ => format!("{} makes another", keymap.key(Act::SplitRight)),
                };
                model.say(format!("this is the only pane; {way}"));
            } else {
                tab.turn(act == Act::PreviousPane);
            }
        }
        Act::FocusLeft => focus(model, Side::Left),
        Act::FocusRight => focus(model, Side::Right),
        Act::FocusAbove => focus(model, Side::Above),
        Act::FocusBelow => focus(model, Side::Below),
        Act::Zoom => {
            let tab = model.desk.tab_mut();
            tab.zoomed = !tab.zoomed && tab.tree.panes().len() > 1;
        }
        Act::Wider | Act::Narrower | Act::Taller | Act::Shorter => {
            let way = if matches!(act, Act::Wider | Act::Narrower) { Way::Beside } else { Way::Stacked };
            let by = if matches!(act, Act::Wider | Act::Taller) { STRIDE } else { -STRIDE };
            let tab = model.desk.tab_mut();
            if !tab.alone(whole) {
                tab.tree.shift(tab.focus, way, by);
            }
        }
        Act::NextTab | Act::PreviousTab => model.desk.turn(act == Act::PreviousTab),
        _ => {}
    }
    Vec::new()
}

fn focus(model: &mut Model, side: Side) {
    let whole = model.whole();
    model.desk.tab_mut().go(side, whole);
}

/// The same as in the pane with the focus, for another one; the pulse where that cannot be.
fn twin(model: &Model) -> Pane {
    let pane = model.pane();
    let view = pane.view.look().twin().unwrap_or_else(|| View::Pulse(Pulse::new()));
    Pane::new(view, pane.namespaces.clone())
}

fn split(model: &mut Model, way: Way) -> Vec<Effect> {
    let (focus, pane) = (model.desk.tab().focus, twin(model));
    let Some(new) = model.desk.split(focus, way, 50, pane) else {
        model.complain(format!("a tab has at most {} panes", Desk::most().0));
        return Vec::new();
    };
    model.desk.tab_mut().focus(new);
    steps::wake(model, new)
}

fn tab(model: &mut Model) -> Vec<Effect> {
    let pane = twin(model);
    if !model.desk.open(pane) {
        model.complain(format!("there are at most {} tabs", Desk::most().1));
        return Vec::new();
    }
    let focus = model.desk.tab().focus;
    steps::wake(model, focus)
}

fn close_tab(model: &mut Model, last: &str) -> Vec<Effect> {
    let Some(tab) = model.desk.close() else {
        model.say(format!("{last}; {} leaves", model.config.keymap.key(Act::Quit)));
        return Vec::new();
    };
    let ended = tab.into_panes().flat_map(steps::stop).collect();
    open::forget(model, ended)
}

/// Tells the views that are seen how much room they have now.
pub(super) fn reshape(model: &mut Model) -> Vec<Effect> {
    let seen = model.desk.tab().seen(model.whole());
    let tab = model.desk.tab_mut();
    let mut effects = Vec::new();
    for (id, area) in seen {
        if let Some(pane) = tab.pane_mut(id) {
            let size = (area.width.max(1), area.height.saturating_sub(1).max(1));
            effects.extend(pane.view.look_mut().reshape(size));
        }
    }
    effects
}
