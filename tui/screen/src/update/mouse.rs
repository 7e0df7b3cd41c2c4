//! The mouse: a press puts the focus and the cursor there, twice is Enter, the wheel scrolls what is under it, and
//! lines between panes can be dragged.

use super::{act, overlay};
use crate::{
    keys::{self, Act},
    model::{Drag, Model, PaneId, Way},
    mouse::{Gesture, Touch},
    msg::Effect,
    views::{Motion, View},
};
use crossterm::event::KeyCode;
use ratatui::layout::{Position, Rect};

/// Lines that the wheel moves by.
const WHEEL: isize = 3;

pub(super) fn touch(model: &mut Model, touch: Touch) -> Vec<Effect> {
    model.settle();
    let at = Position { x: touch.column, y: touch.row };
    if model.overlay.is_some() {
        // What asks is answered with keys; only moving in it is allowed.
        return match touch.what {
            Gesture::WheelUp => overlay::press(model, KeyCode::Up.into()),
            Gesture::WheelDown => overlay::press(model, KeyCode::Down.into()),
            _ => Vec::new(),
        };
    }
    if let Some(effects) = passed(model, touch, at) {
        return effects;
    }
    match touch.what {
        Gesture::Press => press(model, at),
        // What the first press put the cursor on.
        Gesture::Again if on_row(model, at) => return act::act(model, Act::Enter),
        Gesture::Drag => drag(model, at),
        Gesture::Release => model.drag = None,
        Gesture::WheelUp => wheel(model, at, -WHEEL),
        Gesture::WheelDown => wheel(model, at, WHEEL),
        Gesture::Again | Gesture::Other => {}
    }
    Vec::new()
}

/// What happens in a shell with the focus is told to its program, if that wants to hear of it; the wheel is arrows to
/// one that fills the whole screen without.
fn passed(model: &mut Model, touch: Touch, at: Position) -> Option<Vec<Effect>> {
    let (id, area) = under(model, at)?;
    if id != model.desk.tab().focus || at.y == area.y || model.drag.is_some() {
        return None;
    }
    let View::Shell(shell) = model.view() else { return None };
    let (inside, screen) = ((at.x - area.x, at.y - area.y - 1), shell.screen());
    let bytes = if shell.wants_mouse() {
        let (mode, encoding) = (screen.mouse_protocol_mode(), screen.mouse_protocol_encoding());
        keys::encode_mouse(touch.kind, touch.modifiers, inside, mode, encoding)
    } else {
        let arrow = match touch.what {
            Gesture::WheelUp => KeyCode::Up,
            Gesture::WheelDown => KeyCode::Down,
            _ => return None,
        };
        if !screen.alternate_screen() || shell.ended.is_some() {
            return None;
        }
        keys::encode(arrow.into(), screen.application_cursor()).repeat(WHEEL.unsigned_abs())
    };
    Some(if bytes.is_empty() { Vec::new() } else { super::typed(model, bytes) })
}

/// The pane that is seen there, and its place.
fn under(model: &Model, at: Position) -> Option<(PaneId, Rect)> {
    let seen = model.desk.tab().seen(model.whole());
    seen.into_iter().find(|(_, area)| area.contains(at))
}

/// Whether that is below the title of the pane with the focus, in a list.
fn on_row(model: &Model, at: Position) -> bool {
    let focus = model.desk.tab().focus;
    under(model, at).is_some_and(|(id, area)| id == focus && at.y > area.y)
        && !matches!(model.view(), View::Shell(_))
}

fn press(model: &mut Model, at: Position) {
    let whole = model.whole();
    if at.y + 1 == whole.y && model.tab_line() > 0 {
        if let Some(tab) = crate::draw::tab_at(model, at.x) {
            model.desk.show(tab);
            model.stale = true;
        }
        return;
    }
    if !model.desk.tab().alone(whole) {
        let seams = model.desk.tab().tree.seams(whole);
        model.drag = seams.into_iter().find(|seam| seam.line.contains(at)).map(|seam| Drag {
            way: seam.way,
            whole: seam.whole,
            path: seam.path,
        });
    }
    let Some((id, area)) = under(model, at) else { return };
    model.message = None;
    let tab = model.desk.tab_mut();
    tab.focus(id);
    if at.y > area.y {
        let size = (area.width, area.height.saturating_sub(1));
        tab.focused_mut().view.look_mut().point(at.y - area.y - 1, size);
    }
}

fn drag(model: &mut Model, at: Position) {
    let Some(Drag { way, whole, path }) = &model.drag else { return };
    let (from, room, to) = match way {
        Way::Beside => (whole.x, whole.width.saturating_sub(1), at.x),
        Way::Stacked => (whole.y, whole.height, at.y),
    };
    let share = u32::from(to.saturating_sub(from)) * 100 / u32::from(room.max(1));
    // The middle of what such a part takes, so that the line is where the hand is.
    let share = u16::try_from(share).unwrap_or(100) + 1;
    let path = path.clone();
    model.desk.tab_mut().tree.drag(&path, share);
    model.stale = true;
}

fn wheel(model: &mut Model, at: Position, by: isize) {
    let Some((id, area)) = under(model, at) else { return };
    let size = (area.width.max(1), area.height.saturating_sub(1).max(1));
    let Model { desk, known, .. } = model;
    if let Some(pane) = desk.tab_mut().pane_mut(id) {
        pane.view.look_mut().scroll(Motion { by, size }, known);
    }
}
