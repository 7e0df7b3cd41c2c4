//! A table: the rows around the cursor, each column as wide as it needs and the screen allows.

use super::theme::{CURSOR, DIM, STRONG, word};
use crate::{
    model::{Model, Table},
    msg::info,
    pager::{fit, width},
};
use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
    widgets::Paragraph,
};
use tui_commands::print::{cells, headings};

pub(super) fn draw(model: &Model, table: &Table, frame: &mut Frame<'_>, area: Rect) {
    let Some(kind) = info(&table.kind) else { return };
    let style = table.style(model.namespace.as_deref());
    let heads = headings(kind, &style);
    let height = usize::from(area.height.saturating_sub(1));
    let first = window(table.at, table.rows.len(), height);
    let rows: Vec<_> =
        table.rows.iter().skip(first).take(height).map(|o| cells(kind, o, model.now(), &style)).collect();
    if rows.is_empty() {
        frame.render_widget(Paragraph::new(Line::styled(empty(model, table), DIM)), area);
        return;
    }
    let lines = lay(&heads, &rows, area.width, Some(table.at - first));
    frame.render_widget(Paragraph::new(lines), area);
}

/// The first row shown, so that the cursor is in the middle unless the table ends.
fn window(at: usize, rows: usize, height: usize) -> usize {
    at.saturating_sub(height / 2).min(rows.saturating_sub(height))
}

fn empty(model: &Model, table: &Table) -> String {
    let kind = info(&table.kind).map_or("objects", |k| k.plural);
    let synced = model.watches.get(&table.kind).is_some_and(|w| w.standing.synced);
    match (synced, table.total, &model.namespace) {
        (false, 0, _) => format!(" waiting for {kind}"),
        (_, 0, Some(namespace)) if info(&table.kind).is_some_and(|k| k.namespaced) => {
            format!(" no {kind} in namespace {namespace}; 0 shows all namespaces, n chooses one")
        }
        (_, 0, _) => format!(" no {kind}"),
        (_, total, _) => {
            format!(" none of {total} {kind} has /{} in it; Esc clears the filter", table.filter)
        }
    }
}

/// Headings and rows as lines.
pub(super) fn lay(
    heads: &[String],
    rows: &[Vec<String>],
    room: u16,
    at: Option<usize>,
) -> Vec<Line<'static>> {
    let all = || std::iter::once(heads).chain(rows.iter().map(Vec::as_slice));
    let widest = |i: usize| all().filter_map(|row| row.get(i)).map(|c| width(c)).max().unwrap_or(0);
    let widths = shrink((0..heads.len()).map(widest).collect(), usize::from(room).saturating_sub(1));
    let line = |row: &[String]| -> Vec<String> { row.iter().zip(&widths).map(|(c, w)| fit(c, *w)).collect() };
    let mut lines = vec![Line::styled(format!(" {}", line(heads).join("  ")), STRONG)];
    for (i, row) in rows.iter().enumerate() {
        if Some(i) == at {
            let text = fit(&format!(" {}", line(row).join("  ")), usize::from(room));
            lines.push(Line::styled(text, CURSOR));
            continue;
        }
        let mut spans = vec![Span::raw(" ")];
        for (cell, shown) in row.iter().zip(line(row)) {
            spans.push(Span::styled(shown, word(cell)));
            spans.push(Span::raw("  "));
        }
        lines.push(Line::from(spans));
    }
    lines
}

/// Takes from the widest columns until all of them fit, two columns apart.
fn shrink(mut widths: Vec<usize>, room: usize) -> Vec<usize> {
    let gaps = 2 * widths.len().saturating_sub(1);
    while widths.iter().sum::<usize>() + gaps > room {
        let Some(widest) = widths.iter_mut().max().filter(|w| **w > 4) else { break };
        *widest -= 1;
    }
    widths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_give_way_from_the_widest() {
        assert_eq!(shrink(vec![3, 10, 5], 30), [3, 10, 5]);
        assert_eq!(shrink(vec![3, 10, 5], 18), [3, 6, 5]);
        assert_eq!(shrink(vec![9, 9], 4), [4, 4]);
    }

    #[test]
    fn the_cursor_is_in_the_window() {
        for (at, rows, height, wanted) in
            [(0, 9, 4, 0), (4, 9, 4, 2), (8, 9, 4, 5), (3, 4, 9, 0), (0, 0, 0, 0)]
        {
            assert_eq!(window(at, rows, height), wanted);
        }
    }
}
