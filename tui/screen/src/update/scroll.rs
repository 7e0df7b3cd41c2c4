//! Motion in whatever is shown.

use crate::{keys::Act, model::Model, views::Motion};

pub(super) fn scroll(model: &mut Model, act: Act) {
    let size = model.body();
    let page = isize::try_from(size.1.saturating_sub(1).max(1)).unwrap_or(1);
    let by = match act {
        Act::Up => -1,
        Act::Down => 1,
        Act::PageUp => -page,
        Act::PageDown => page,
        Act::Top => isize::MIN / 2,
        _ => isize::MAX / 2,
    };
    let Model { desk, known, .. } = model;
    desk.tab_mut().focused_mut().view.look_mut().scroll(Motion { by, size }, known);
}
