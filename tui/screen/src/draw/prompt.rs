//! The two lines at the bottom: what is being typed or was just said, and which keys there are. Also
//! what asks in the middle: choices and confirmations.

use super::Skin;
use crate::{
    input::Input,
    keys::Act,
    model::{Model, Overlay, Running, Shows, clean, meant_by},
    pager::{fit, width, wrap},
    update::WORDS,
    views::View,
};
use ratatui::{
    Frame,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::{Block, Clear, Paragraph},
};

pub(super) fn draw(model: &Model, frame: &mut Frame<'_>, message: Rect, hints: Rect) {
    let skin = &model.skin;
    match &model.overlay {
        Some(Overlay::Filter(input)) => typed("/", input, skin, frame, message),
        Some(Overlay::Find(input)) => typed("find: ", input, skin, frame, message),
        Some(Overlay::Palette(palette)) => typed(":", &palette.input, skin, frame, message),
        Some(Overlay::Port { input, to }) => {
            typed(&format!("forward to {} [LOCAL:]REMOTE: ", meant_by(to)), input, skin, frame, message);
        }
        Some(Overlay::Line { input, .. }) => typed("dhow --batch ", input, skin, frame, message),
        Some(Overlay::Confirm(confirm)) if confirm.typed.is_some() => {
            if let Some((wanted, input)) = &confirm.typed {
                typed(&format!("type {} to do it: ", clean(wanted)), input, skin, frame, message);
            }
        }
        _ => said(model, frame, message),
    }
    let line = match &model.overlay {
        Some(Overlay::Palette(palette)) if !palette.candidates.is_empty() => {
            Line::styled(format!(" {}", palette.candidates.join("  ")), skin.plain)
        }
        Some(Overlay::Palette(palette)) if meant(model, &palette.input.text).is_some() => {
            let help = meant(model, &palette.input.text).unwrap_or_default();
            Line::styled(format!(" {}", fit(&help, usize::from(hints.width).saturating_sub(1))), skin.plain)
        }
        Some(Overlay::Palette(_)) => {
            Line::styled(" tab completes  ↑ history  enter runs  esc leaves", skin.dim)
        }
        Some(Overlay::Find(_)) => Line::styled(" enter goes to it, n and N on  esc leaves", skin.dim),
        Some(Overlay::Filter(_)) => Line::styled(" enter keeps the filter  esc clears it", skin.dim),
        Some(Overlay::Line { .. }) => {
            Line::styled(" enter shows what it takes with it, and asks  esc leaves", skin.dim)
        }
        Some(Overlay::Port { .. }) => Line::styled(" enter opens  esc leaves", skin.dim),
        Some(Overlay::Choose { .. }) => Line::styled(" ↑↓ move  enter chooses  esc leaves", skin.dim),
        Some(Overlay::Columns(_)) => Line::styled(" ↑↓ move  space shows or hides  esc leaves", skin.dim),
        Some(Overlay::Confirm(confirm)) if confirm.typed.is_some() => {
            Line::styled(" enter does it  esc does nothing", skin.dim)
        }
        Some(Overlay::Confirm(_)) => {
            Line::styled(" y does it  e changes the line  n or esc does nothing", skin.dim)
        }
        Some(Overlay::Help(_)) => Line::styled(" ↑↓ scroll  any other key leaves", skin.dim),
        None => keys(model, usize::from(hints.width)),
    };
    frame.render_widget(Paragraph::new(line), hints);
}

/// What the first word of a line means, if it is one of ours or the name of an action.
fn meant(model: &Model, line: &str) -> Option<String> {
    let first = line.split_whitespace().next()?;
    let word = WORDS.iter().find(|(word, ..)| *word == first);
    let said = word.map(|(word, rest, help)| format!("{word} {rest}  {help}"));
    said.or_else(|| model.config.keymap.help(first).map(|help| format!("{first}  {help}")))
}

fn typed(label: &str, input: &Input, skin: &Skin, frame: &mut Frame<'_>, area: Rect) {
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
    let line = Line::from(vec![Span::styled(label.to_owned(), skin.strong), Span::raw(&input.text[from..])]);
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
    let skin = &model.skin;
    // A text says itself that it is being read.
    let running = model.running.iter().rfind(|running| running.shows == Shows::Message);
    match (&model.message, running) {
        (Some(message), _) => (format!(" {}", message.text), if message.bad { skin.bad } else { skin.plain }),
        (None, Some(Running { line, told, .. })) => {
            let own = WORDS.iter().any(|(word, ..)| line.split(' ').next() == Some(word));
            let who = if own { ":" } else { "dhow --batch " };
            let told = if told.is_empty() { String::new() } else { format!(": {told}") };
            (format!(" running: {who}{} (Esc stops waiting){told}", clean(line)), skin.dim)
        }
        (None, None) => (String::new(), skin.plain),
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
    let skin = &model.skin;
    if let View::Shell(shell) = model.view()
        && shell.ended.is_some()
    {
        return Line::styled(" any key leaves", skin.dim);
    }
    let pending = &model.pending;
    if !pending.is_empty() {
        let next = model.config.keymap.after(pending, &model.places());
        let next: Vec<_> = next.iter().map(|(key, help)| format!("{key} {help}")).collect();
        return Line::styled(
            fit(&format!(" {} …  {}", pending.join(" "), next.join("  ")), room),
            skin.plain,
        );
    }
    let general = |act| matches!(act, Act::Help | Act::Palette | Act::Filter);
    let mut all = model.config.keymap.hints(&model.places());
    // However little room there is, the way to the others is shown.
    all.sort_by_key(|b| !general(b.act));
    let (mut spans, mut used) = (vec![Span::raw(" ")], 1);
    for binding in all {
        let Some(key) = binding.keys.first() else { continue };
        let need = width(key) + width(binding.hint) + 3;
        if used + need > room {
            break;
        }
        used += need;
        spans.push(Span::styled(key.clone(), skin.strong));
        spans.push(Span::styled(format!(" {}  ", binding.hint), skin.dim));
    }
    Line::from(spans)
}

/// A box in the middle, as large as it needs.
pub(super) fn pane(
    frame: &mut Frame<'_>,
    area: Rect,
    wide: usize,
    high: usize,
    title: &str,
    skin: &Skin,
) -> Rect {
    let wide = u16::try_from(wide.max(width(title)) + 4).unwrap_or(u16::MAX).min(area.width);
    let high = u16::try_from(high + 2).unwrap_or(u16::MAX).min(area.height);
    let (x, y) = (area.x + (area.width - wide) / 2, area.y + (area.height - high) / 2);
    let place = Rect { x, y, width: wide, height: high };
    let block = Block::bordered().border_style(skin.seam).title(format!(" {title} "));
    let inner = block.inner(place);
    frame.render_widget(Clear, place);
    frame.render_widget(block, place);
    inner
}

pub(super) fn choose(
    title: &str,
    items: &[String],
    at: usize,
    skin: &Skin,
    frame: &mut Frame<'_>,
    area: Rect,
) {
    let widest = items.iter().map(|i| width(i)).max().unwrap_or(0);
    let inner = pane(frame, area, widest + 2, items.len(), title, skin);
    let height = usize::from(inner.height);
    let first = (at + 1).saturating_sub(height);
    let lines: Vec<_> = items
        .iter()
        .enumerate()
        .skip(first)
        .take(height)
        .map(|(i, item)| {
            let text = fit(&format!(" {}", clean(item)), usize::from(inner.width));
            Line::styled(text, if i == at { skin.cursor } else { skin.plain })
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
    choose("columns", &items, at, &model.skin, frame, area);
}
