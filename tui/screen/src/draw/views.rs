//! Logs, texts, shells and the list of forwards.

use super::{
    table::lay,
    theme::{BAD, DIM},
};
use crate::{
    model::{Model, Shell, clean},
    pager::Pager,
    update::forward_at,
};
use ratatui::{Frame, layout::Rect, text::Line, widgets::Paragraph};
use tui_term::widget::{Cursor, PseudoTerminal};

pub(super) fn pager(pager: &Pager, frame: &mut Frame<'_>, area: Rect) {
    let rows = pager.window(area.width, area.height).0;
    frame.render_widget(Paragraph::new(rows.into_iter().map(Line::raw).collect::<Vec<_>>()), area);
}

pub(super) fn shell(shell: &Shell, frame: &mut Frame<'_>, area: Rect) {
    let screen = shell.screen();
    let mut cursor = Cursor::default();
    cursor.hide();
    frame.render_widget(PseudoTerminal::new(screen).cursor(cursor), area);
    let (row, column) = screen.cursor_position();
    if !screen.hide_cursor() && shell.ended.is_none() && row < area.height && column < area.width {
        frame.set_cursor_position((area.x + column, area.y + row));
    }
}

pub(super) fn forwards(model: &Model, on: Option<u64>, frame: &mut Frame<'_>, area: Rect) {
    if model.forwards.is_empty() {
        let text = " no port-forwards; f on a pod opens one";
        frame.render_widget(Paragraph::new(Line::styled(text, DIM)), area);
        return;
    }
    let heads = ["LOCAL", "POD", "PORT", "CONNECTIONS", "LAST TROUBLE"].map(String::from);
    let rows: Vec<_> = model
        .forwards
        .iter()
        .map(|f| {
            let local = f.local.map_or("opening".into(), |l| l.to_string());
            let pod = clean(&format!("{}/{}", f.pod.namespace, f.pod.name));
            let trouble = f.trouble.clone().unwrap_or_default();
            vec![local, pod, f.remote.to_string(), f.connections.to_string(), trouble]
        })
        .collect();
    let at = forward_at(on, &model.forwards);
    let first = at.saturating_sub(usize::from(area.height.saturating_sub(2)));
    let mut lines = lay(&heads, &rows[first..], &[], area.width, Some(at - first));
    if let Some(why) = model.forwards.get(at).and_then(|f| f.trouble.as_ref()) {
        lines.push(Line::raw(""));
        lines.push(Line::styled(format!(" {why}"), BAD));
    }
    frame.render_widget(Paragraph::new(lines), area);
}
