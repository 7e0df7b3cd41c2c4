//! What several views are drawn with.

use crate::{
    pager::Pager,
    views::{Scene, Shell},
};
use ratatui::{Frame, layout::Rect, text::Line, widgets::Paragraph};
use tui_term::widget::{Cursor, PseudoTerminal};

pub(crate) fn pager(pager: &Pager, frame: &mut Frame<'_>, area: Rect) {
    let rows = pager.window(area.width, area.height).0;
    frame.render_widget(Paragraph::new(rows.into_iter().map(Line::raw).collect::<Vec<_>>()), area);
}

pub(crate) fn shell(shell: &Shell, scene: &Scene<'_>, frame: &mut Frame<'_>, area: Rect) {
    let screen = shell.screen();
    let mut cursor = Cursor::default();
    cursor.hide();
    frame.render_widget(PseudoTerminal::new(screen).cursor(cursor), area);
    let (row, column) = screen.cursor_position();
    let seen = scene.focused && !screen.hide_cursor() && shell.ended.is_none();
    if seen && row < area.height && column < area.width {
        frame.set_cursor_position((area.x + column, area.y + row));
    }
}

/// How many lines are shown, and of how many.
pub(crate) fn lines(pager: &Pager) -> String {
    let count = counted(pager.shown_len(), pager.len(), &pager.filter);
    format!("{count} {}", if pager.len() == 1 { "line" } else { "lines" })
}

pub(crate) fn counted(shown: usize, all: usize, filter: &str) -> String {
    if filter.is_empty() { all.to_string() } else { format!("/{filter} {shown} of {all}") }
}
