//! The two lines at the bottom: what is being typed or was just said, and which keys there are. Also
//! what asks in the middle: choices and confirmations.

use super::theme::{BAD, CURSOR, DIM, PLAIN, STRONG, WARN};
use crate::{
    input::Input,
    keys::{Act, KEYS, PLACES},
    model::{Confirm, Model, Overlay, View, clean},
    pager::{fit, width, wrap},
    update::listens,
};
use ratatui::{
    Frame,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::{Block, Clear, Paragraph, Wrap},
};

pub(super) fn draw(model: &Model, frame: &mut Frame<'_>, message: Rect, hints: Rect) {
    match &model.overlay {
        Some(Overlay::Filter(input)) => typed("/", input, frame, message),
        Some(Overlay::Palette(palette)) => typed(":", &palette.input, frame, message),
        Some(Overlay::Port { input, pod }) => {
            typed(&format!("forward to {} [LOCAL:]REMOTE: ", pod.name), input, frame, message);
        }
        _ => said(model, frame, message),
    }
    let line = match &model.overlay {
        Some(Overlay::Palette(palette)) if !palette.candidates.is_empty() => {
            Line::styled(format!(" {}", palette.candidates.join("  ")), PLAIN)
        }
        Some(Overlay::Palette(_)) => Line::styled(" tab completes  ↑ history  enter runs  esc leaves", DIM),
        Some(Overlay::Filter(_)) => Line::styled(" enter keeps the filter  esc clears it", DIM),
        Some(Overlay::Port { .. }) => Line::styled(" enter opens  esc leaves", DIM),
        Some(Overlay::Choose { .. }) => Line::styled(" ↑↓ move  enter chooses  esc leaves", DIM),
        Some(Overlay::Columns(_)) => Line::styled(" ↑↓ move  space shows or hides  esc leaves", DIM),
        Some(Overlay::Confirm(_)) => Line::styled(" y does it  n or esc does nothing", DIM),
        Some(Overlay::Help(_)) => Line::styled(" ↑↓ scroll  any other key leaves", DIM),
        None => keys(model, usize::from(hints.width)),
    };
    frame.render_widget(Paragraph::new(line), hints);
}

fn typed(label: &str, input: &Input, frame: &mut Frame<'_>, area: Rect) {
    // What does not fit goes out at the left, so that the cursor is seen.
    let room = usize::from(area.width).saturating_sub(width(label) + 1);
    let mut from = 0;
    let before = input.before();
    for (i, _) in before.char_indices() {
        if width(&before[i..]) <= room {
            break;
        }
        from = i + before[i..].chars().next().map_or(0, char::len_utf8);
    }
    let line = Line::from(vec![Span::styled(label.to_owned(), STRONG), Span::raw(&input.text[from..])]);
    let column = width(label) + width(&before[from..]);
    frame.render_widget(Paragraph::new(line), area);
    if let Ok(column) = u16::try_from(column)
        && column < area.width
        && area.height > 0
    {
        frame.set_cursor_position((area.x + column, area.y));
    }
}

/// What was said last, or what goes on.
fn words(model: &Model) -> (String, Style) {
    match (&model.message, model.running.last()) {
        (Some(message), _) => (format!(" {}", message.text), if message.bad { BAD } else { PLAIN }),
        (None, Some((_, line, _))) => {
            (format!(" running: dhow --batch {} (Esc stops waiting)", clean(line)), DIM)
        }
        (None, None) => (String::new(), PLAIN),
    }
}

/// How many rows the message needs: a long error is read whole, unless a shell needs its rows.
pub(super) fn height(model: &Model, width: u16) -> u16 {
    if model.overlay.is_some() || matches!(model.view(), View::Shell(_)) {
        return 1;
    }
    let rows = wrap(&words(model).0, usize::from(width.max(1))).len();
    u16::try_from(rows).unwrap_or(4).clamp(1, 4)
}

fn said(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let (text, style) = words(model);
    let rows = wrap(&text, usize::from(area.width.max(1)));
    let lines: Vec<_> = rows.into_iter().map(|row| Line::styled(text[row].to_owned(), style)).collect();
    frame.render_widget(Paragraph::new(lines), area);
}

/// The keys worth knowing here, the special ones first, as many as fit.
fn keys(model: &Model, room: usize) -> Line<'static> {
    if let View::Shell(shell) = model.view()
        && shell.ended.is_some()
    {
        return Line::styled(" any key leaves", DIM);
    }
    let places = PLACES.iter().rev().filter(|p| listens(model, **p));
    let here = places.flat_map(|p| KEYS.iter().filter(move |b| b.place == *p && !b.hint.is_empty()));
    let general = |act| matches!(act, Act::Help | Act::Palette | Act::Filter);
    let mut all: Vec<_> = here.collect();
    // However little room there is, the way to the others is shown.
    all.sort_by_key(|b| !general(b.act));
    let (mut spans, mut used) = (vec![Span::raw(" ")], 1);
    for binding in all {
        let key = binding.keys[0];
        let need = width(key) + width(binding.hint) + 3;
        if used + need > room {
            break;
        }
        used += need;
        spans.push(Span::styled(key, STRONG));
        spans.push(Span::styled(format!(" {}  ", binding.hint), DIM));
    }
    Line::from(spans)
}

/// A box in the middle, as large as it needs.
fn pane(frame: &mut Frame<'_>, area: Rect, wide: usize, high: usize, title: &str) -> Rect {
    let wide = u16::try_from(wide.max(width(title)) + 4).unwrap_or(u16::MAX).min(area.width);
    let high = u16::try_from(high + 2).unwrap_or(u16::MAX).min(area.height);
    let (x, y) = (area.x + (area.width - wide) / 2, area.y + (area.height - high) / 2);
    let place = Rect { x, y, width: wide, height: high };
    let block = Block::bordered().title(format!(" {title} "));
    let inner = block.inner(place);
    frame.render_widget(Clear, place);
    frame.render_widget(block, place);
    inner
}

pub(super) fn choose(title: &str, items: &[String], at: usize, frame: &mut Frame<'_>, area: Rect) {
    let widest = items.iter().map(|i| width(i)).max().unwrap_or(0);
    let inner = pane(frame, area, widest + 2, items.len(), title);
    let height = usize::from(inner.height);
    let first = (at + 1).saturating_sub(height);
    let lines: Vec<_> = items
        .iter()
        .enumerate()
        .skip(first)
        .take(height)
        .map(|(i, item)| {
            let text = fit(&format!(" {}", clean(item)), usize::from(inner.width));
            Line::styled(text, if i == at { CURSOR } else { PLAIN })
        })
        .collect();
    frame.render_widget(Paragraph::new(lines), inner);
}

/// The columns of the table, each shown or not.
pub(super) fn columns(model: &Model, at: usize, frame: &mut Frame<'_>, area: Rect) {
    let Some(table) = model.table() else { return };
    let shown = table.columns();
    let items: Vec<_> = table
        .headings()
        .iter()
        .enumerate()
        .map(|(n, heading)| format!("[{}] {}", if shown.contains(&n) { "x" } else { " " }, heading.name))
        .collect();
    choose("columns", &items, at, frame, area);
}

pub(super) fn confirm(confirm: &Confirm, frame: &mut Frame<'_>, area: Rect) {
    let commands: Vec<_> =
        confirm.commands.iter().map(|(line, _)| format!("dhow --batch {}", clean(line))).collect();
    let room = usize::from(area.width).saturating_sub(4);
    let wide = commands.iter().map(|c| width(c)).max().unwrap_or(0).min(room).max(20);
    let high: usize = commands.iter().map(|c| width(c).div_ceil(wide)).sum();
    let title = match confirm.about.len() {
        0 | 1 => "run this?".to_owned(),
        many => format!("run this on {many} objects?"),
    };
    let inner = pane(frame, area, wide, high + 3, &title);
    let mut text: Vec<_> = commands.into_iter().map(|command| Line::styled(command, WARN)).collect();
    text.push(Line::raw(""));
    text.push(Line::from(vec![
        Span::styled("y", STRONG),
        Span::raw(" does it, "),
        Span::styled("n", STRONG),
        Span::raw(" does not"),
    ]));
    frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: false }), inner);
}
