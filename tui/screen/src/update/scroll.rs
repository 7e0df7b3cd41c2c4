//! Motion in whatever is shown.

use crate::{
    keys::Act,
    model::{Forwarded, Model, View},
};

pub(super) fn scroll(model: &mut Model, act: Act) {
    let (width, height) = model.body();
    let page = isize::try_from(height.saturating_sub(1).max(1)).unwrap_or(1);
    let by = match act {
        Act::Up => -1,
        Act::Down => 1,
        Act::PageUp => -page,
        Act::PageDown => page,
        Act::Top => isize::MIN / 2,
        _ => isize::MAX / 2,
    };
    if let Some((pager, follow)) = model.pager_mut() {
        pager.scroll(by, width, height, follow);
        return;
    }
    let Model { views, forwards, sheets, .. } = model;
    match views.last_mut() {
        Some(View::Table(table)) => table.go(table.at.saturating_add_signed(by)),
        Some(View::Pulse(pulse)) => {
            pulse.go(pulse.at.saturating_add_signed(by), sheets);
        }
        Some(View::Forwards(on)) => {
            let at = at(*on, forwards).saturating_add_signed(by).min(forwards.len().saturating_sub(1));
            *on = forwards.get(at).map(|f| f.generation);
        }
        _ => {}
    }
}

/// The row of the forward the cursor is on.
pub(crate) fn at(on: Option<u64>, forwards: &[Forwarded]) -> usize {
    let place = forwards.iter().position(|f| Some(f.generation) == on);
    // The one it was on was stopped: the next newer one stands in its place.
    place.unwrap_or_else(|| {
        let newer = forwards.iter().position(|f| Some(f.generation) > on);
        newer.unwrap_or(forwards.len().saturating_sub(1))
    })
}
