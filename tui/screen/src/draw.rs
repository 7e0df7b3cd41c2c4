//! The screen as cells. Pure: the same model gives the same picture.

mod header;
mod help;
mod prompt;
mod pulse;
mod table;
mod theme;
mod views;

use crate::model::{Model, Overlay, View};
use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
};

pub(crate) use help::end as help_end;

/// Draws all of it.
pub(crate) fn draw(model: &Model, frame: &mut Frame<'_>) {
    let said = prompt::height(model, frame.area().width);
    let rows = [2, 1, 0, said, 1].map(|n| if n == 0 { Constraint::Min(0) } else { Constraint::Length(n) });
    let [header, title, body, message, hints] = Layout::vertical(rows).areas(frame.area());
    header::draw(model, frame, header);
    header::title(model, frame, title);
    match model.view() {
        View::Pulse(pulse) => pulse::draw(model, pulse, frame, body),
        View::Table(table) => table::draw(model, table, frame, body),
        View::Logs(logs) => views::pager(&logs.pager, frame, body),
        View::Text(text) => views::pager(&text.pager, frame, body),
        View::Shell(shell) => views::shell(shell, frame, body),
        View::Forwards(on) => views::forwards(model, *on, frame, body),
    }
    prompt::draw(model, frame, message, hints);
    match &model.overlay {
        Some(Overlay::Help(top)) => help::draw(*top, frame, middle(title, body)),
        Some(Overlay::Choose { title, items, at, .. }) => prompt::choose(title, items, *at, frame, body),
        Some(Overlay::Confirm(confirm)) => prompt::confirm(confirm, frame, body),
        Some(Overlay::Columns(at)) => prompt::columns(model, *at, frame, body),
        _ => {}
    }
}

/// The title and the body together.
fn middle(title: Rect, body: Rect) -> Rect {
    Rect { height: body.height + title.height, ..title }
}
