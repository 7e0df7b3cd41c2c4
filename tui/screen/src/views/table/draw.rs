//! A table: the rows around the cursor, each column as wide as it needs and the screen allows.

use super::Table;
use crate::{
    draw::{Skin, lay},
    keys::Act,
    model::{Namespaces, clean},
    msg::info,
    rows::Row,
    views::Scene,
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

pub(super) fn draw(table: &Table, scene: &Scene<'_>, frame: &mut Frame<'_>, area: Rect) {
    let (skin, now) = (scene.skin, scene.model.known.now);
    let namespaces = table.namespaces(&scene.pane.namespaces);
    let columns = table.columns();
    let height = usize::from(area.height.saturating_sub(1));
    let first = window(table.at, table.listing.len(), height);
    let shown: Vec<_> = (first..first + height).map_while(|at| table.listing.get(at)).collect();
    if shown.is_empty() {
        frame.render_widget(Paragraph::new(Line::styled(empty(table, scene), skin.dim)), area);
        return;
    }
    let rows: Vec<_> = shown.iter().map(|row| cells(table, row, namespaces, &columns, now)).collect();
    let marks: Vec<_> = shown.iter().map(|row| mark(table, row, now, skin)).collect();
    let heads = heads(table, namespaces, &columns);
    // Where the kind's own columns begin.
    let own = heads.len() - columns.len();
    let touched = |row: usize, cell: usize| {
        let bit = cell.checked_sub(own).and_then(|at| columns.get(at)).filter(|at| **at < 16);
        bit.is_some_and(|at| is_fresh(shown[row], now) && shown[row].touched & 1 << at != 0)
    };
    let lines = lay(&heads, &rows, &marks, area.width, Some(table.at - first), &touched, scene);
    frame.render_widget(Paragraph::new(lines), area);
}

pub(super) fn heads(table: &Table, namespaces: bool, columns: &[usize]) -> Vec<String> {
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

pub(super) fn cells(
    table: &Table,
    row: &Row,
    namespaces: bool,
    columns: &[usize],
    now: Timestamp,
) -> Vec<String> {
    let own: Vec<&str> = row.cells().collect();
    let named = info(&table.kind).is_none_or(|kind| kind.name_first);
    let mut cells = Vec::with_capacity(columns.len() + 2);
    cells.extend(namespaces.then(|| clean(&row.namespace)));
    cells.extend(named.then(|| clean(&row.name)));
    cells.extend(columns.iter().map(|at| clean(&aged(own.get(*at).copied().unwrap_or_default(), now))));
    cells
}

fn is_fresh(row: &Row, now: Timestamp) -> bool {
    now.as_second() - row.changed.as_second() < FRESH
}

/// What stands before a row: a mark of the person's, or that it just changed.
fn mark(table: &Table, row: &Row, now: Timestamp, skin: &Skin) -> Span<'static> {
    match (table.marked(row), is_fresh(row, now), row.new) {
        (true, ..) => Span::styled("*", skin.warn),
        (_, true, true) => Span::styled("+", skin.dim),
        (_, true, false) => Span::styled("~", skin.dim),
        _ => Span::raw(" "),
    }
}

/// The first row shown, so that the cursor is in the middle unless the table ends.
pub(super) fn window(at: usize, rows: usize, height: usize) -> usize {
    at.saturating_sub(height / 2).min(rows.saturating_sub(height))
}

fn empty(table: &Table, scene: &Scene<'_>) -> String {
    let kind = info(&table.kind).map_or("objects", |k| k.plural);
    let synced = scene.model.known.synced(&table.kind);
    if let Some(why) = table.trouble() {
        return format!(" {why}");
    }
    let key = |act| scene.model.config.keymap.key(act);
    match (synced, table.listing.total(), &scene.pane.namespaces) {
        (true, 0, _) if table.faults => {
            format!(" every one of the {kind} here is well; {} shows them", key(Act::Faults))
        }
        (false, 0, _) => format!(" waiting for {kind}"),
        (_, 0, Namespaces::Some(names)) if info(&table.kind).is_some_and(|k| k.namespaced) => {
            let names: Vec<_> = names.iter().map(String::as_str).collect();
            let (word, names) = (if names.len() > 1 { "namespaces" } else { "namespace" }, names.join(", "));
            let (all, one) = (key(Act::AllNamespaces), key(Act::Namespace));
            format!(" no {kind} in {word} {names}; {all} shows all namespaces, {one} chooses one")
        }
        (_, 0, _) => format!(" no {kind}"),
        (_, total, _) => {
            format!(" none of {total} {kind} has /{} in it; Esc clears the filter", table.filter.text())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_is_in_the_window() {
        for (at, rows, height, wanted) in
            [(0, 9, 4, 0), (4, 9, 4, 2), (8, 9, 4, 5), (3, 4, 9, 0), (0, 0, 0, 0)]
        {
            assert_eq!(window(at, rows, height), wanted);
        }
    }
}
