//! A table: the rows around the cursor, each column as wide as it needs and the screen allows.

use super::theme::{CURSOR, DIM, STRONG, WARN, word};
use crate::{
    model::{Model, Table, clean},
    msg::info,
    pager::{fit, width},
    rows::Row,
};
use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
    widgets::Paragraph,
};
use shared_api::{Timestamp, ages::aged};

/// How long a change is pointed out, in seconds.
const FRESH: i64 = 3;

pub(super) fn draw(model: &Model, table: &Table, frame: &mut Frame<'_>, area: Rect) {
    let namespaces = table.namespaces(model.namespace.as_deref());
    let columns = table.columns();
    let height = usize::from(area.height.saturating_sub(1));
    let first = window(table.at, table.listing.len(), height);
    let shown: Vec<_> = (first..first + height).map_while(|at| table.listing.get(at)).collect();
    if shown.is_empty() {
        frame.render_widget(Paragraph::new(Line::styled(empty(model, table), DIM)), area);
        return;
    }
    let rows: Vec<_> = shown.iter().map(|row| cells(table, row, namespaces, &columns, model.now)).collect();
    let marks: Vec<_> = shown.iter().map(|row| mark(table, row, model.now)).collect();
    let lines = lay(&heads(table, namespaces, &columns), &rows, &marks, area.width, Some(table.at - first));
    frame.render_widget(Paragraph::new(lines), area);
}

fn heads(table: &Table, namespaces: bool, columns: &[usize]) -> Vec<String> {
    let headings = table.headings();
    let own = columns.iter().filter_map(|at| headings.get(*at)).map(|heading| heading.name.to_uppercase());
    let named = info(&table.kind).is_none_or(|kind| kind.name_first);
    namespaces
        .then(|| "NAMESPACE".to_owned())
        .into_iter()
        .chain(named.then(|| "NAME".to_owned()))
        .chain(own)
        .collect()
}

fn cells(table: &Table, row: &Row, namespaces: bool, columns: &[usize], now: Timestamp) -> Vec<String> {
    let own: Vec<&str> = row.cells().collect();
    let named = info(&table.kind).is_none_or(|kind| kind.name_first);
    let mut cells = Vec::with_capacity(columns.len() + 2);
    cells.extend(namespaces.then(|| clean(&row.namespace)));
    cells.extend(named.then(|| clean(&row.name)));
    cells.extend(columns.iter().map(|at| clean(&aged(own.get(*at).copied().unwrap_or_default(), now))));
    cells
}

/// What stands before a row: a mark of the person's, or that it just changed.
fn mark(table: &Table, row: &Row, now: Timestamp) -> Span<'static> {
    let fresh = now.as_second() - row.changed.as_second() < FRESH;
    match (table.marked(row), fresh, row.new) {
        (true, ..) => Span::styled("*", WARN),
        (_, true, true) => Span::styled("+", DIM),
        (_, true, false) => Span::styled("~", DIM),
        _ => Span::raw(" "),
    }
}

/// The first row shown, so that the cursor is in the middle unless the table ends.
fn window(at: usize, rows: usize, height: usize) -> usize {
    at.saturating_sub(height / 2).min(rows.saturating_sub(height))
}

fn empty(model: &Model, table: &Table) -> String {
    let kind = info(&table.kind).map_or("objects", |k| k.plural);
    let synced = model.watches.get(&table.kind).is_some_and(|w| w.standing.synced);
    if let Some(why) = table.filter().trouble() {
        return format!(" {why}");
    }
    match (synced, table.listing.total(), &model.namespace) {
        (true, 0, _) if table.faults => format!(" every one of the {kind} here is well; z shows them"),
        (false, 0, _) => format!(" waiting for {kind}"),
        (_, 0, Some(namespace)) if info(&table.kind).is_some_and(|k| k.namespaced) => {
            format!(" no {kind} in namespace {namespace}; 0 shows all namespaces, n chooses one")
        }
        (_, 0, _) => format!(" no {kind}"),
        (_, total, _) => {
            format!(" none of {total} {kind} has /{} in it; Esc clears the filter", table.filter().text())
        }
    }
}

/// Headings and rows as lines.
pub(super) fn lay(
    heads: &[String],
    rows: &[Vec<String>],
    marks: &[Span<'static>],
    room: u16,
    at: Option<usize>,
) -> Vec<Line<'static>> {
    let all = || std::iter::once(heads).chain(rows.iter().map(Vec::as_slice));
    let widest = |i: usize| all().filter_map(|row| row.get(i)).map(|c| width(c)).max().unwrap_or(0);
    let widths = shrink((0..heads.len()).map(widest).collect(), usize::from(room).saturating_sub(1));
    let line = |row: &[String]| -> Vec<String> { row.iter().zip(&widths).map(|(c, w)| fit(c, *w)).collect() };
    let mut lines = vec![Line::styled(format!(" {}", line(heads).join("  ")), STRONG)];
    for (i, row) in rows.iter().enumerate() {
        let mark = marks.get(i).cloned().unwrap_or_else(|| Span::raw(" "));
        if Some(i) == at {
            let text = fit(&format!("{}{}", mark.content, line(row).join("  ")), usize::from(room));
            lines.push(Line::styled(text, CURSOR));
            continue;
        }
        let mut spans = vec![mark];
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
