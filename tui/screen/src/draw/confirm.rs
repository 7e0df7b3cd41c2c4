//! The question before something changes: the lines, what they take with them, and how to say yes.

use super::{Skin, prompt::pane};
use crate::{
    model::{Confirm, Foreseen, Model, clean},
    pager::{width, wrap},
};
use ratatui::{
    Frame,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::Paragraph,
};
use std::ops::Range;

/// How many lines of it there is room for, above the answer.
fn fits(area: Rect) -> usize {
    usize::from(area.height).saturating_sub(4).max(1)
}

/// What it says, each line in pieces that fit, and how wide that is.
fn said(confirm: &Confirm, skin: &Skin, area: Rect) -> (Vec<Line<'static>>, usize) {
    let room = usize::from(area.width).saturating_sub(4).max(1);
    let mut lines: Vec<(String, Style)> = confirm
        .commands
        .iter()
        .map(|(line, action)| {
            (format!("dhow --batch {}", clean(&tui_commands::shown(action, line))), skin.warn)
        })
        .collect();
    lines.push((String::new(), skin.plain));
    lines.extend(foreseen(&confirm.foreseen, skin));
    if !confirm.diff.is_empty() {
        lines.push((String::new(), skin.plain));
    }
    // The heads tell objects apart; of the only one they tell nothing new.
    let heads = confirm.diff.lines().filter(|line| line.starts_with("--- ")).count() > 1;
    let shown =
        confirm.diff.lines().filter(|line| !line.starts_with("--- ") && (heads || !line.starts_with("+++ ")));
    lines.extend(shown.map(|line| {
        let style = match line.as_bytes() {
            [b'+', b'+', b'+', b' ', ..] => skin.warn,
            [b'-', ..] => skin.bad,
            [b'+', ..] => skin.strong,
            _ => skin.dim,
        };
        (clean(line), style)
    }));
    let wide = lines.iter().map(|(text, _)| width(text)).max().unwrap_or(0).clamp(20, room.max(20)).min(room);
    let pieces = |(line, style): &(String, Style)| {
        let piece = |part: Range<usize>| Line::styled(line[part].to_owned(), *style);
        wrap(line, wide).into_iter().map(piece).collect::<Vec<_>>()
    };
    (lines.iter().flat_map(pieces).collect(), wide)
}

/// How far it scrolls.
pub(crate) fn end(confirm: &Confirm, model: &Model) -> usize {
    let Rect { height, .. } = model.whole();
    let area = Rect { height: height.saturating_sub(1), ..model.whole() };
    let (said, fits) = (said(confirm, &model.skin, area).0.len(), fits(area));
    if said > fits { said - (fits - 1) } else { 0 }
}

pub(super) fn draw(confirm: &Confirm, skin: &Skin, frame: &mut Frame<'_>, area: Rect) {
    let (mut text, wide) = said(confirm, skin, area);
    // What cannot be shown at once is counted and scrolled to; the way to say yes is always there.
    let (all, fits) = (text.len(), fits(area));
    if all > fits {
        let rows = fits - 1;
        let from = confirm.top.min(all - rows);
        text = text.drain(from..from + rows).collect();
        let told = format!("{}-{} of {all} lines, pgup and pgdn", from + 1, from + rows);
        text.push(Line::styled(told, skin.dim));
    }
    text.push(Line::raw(""));
    text.push(match &confirm.typed {
        Some((wanted, _)) => Line::from(vec![
            Span::raw("type "),
            Span::styled(clean(wanted), skin.strong),
            Span::raw(" and enter to do it"),
        ]),
        None => Line::from(vec![
            Span::styled("y", skin.strong),
            Span::raw(" does it, "),
            Span::styled("n", skin.strong),
            Span::raw(" does not"),
        ]),
    });
    let title = match (confirm.undoes, confirm.about.len()) {
        (Some(_), _) => "take it back?".to_owned(),
        (None, 0 | 1) => "run this?".to_owned(),
        (None, many) => format!("run this on {many} objects?"),
    };
    let inner = pane(frame, area, wide, text.len(), &title, skin);
    frame.render_widget(Paragraph::new(text), inner);
}

fn foreseen(foreseen: &Foreseen, skin: &Skin) -> Vec<(String, Style)> {
    match foreseen {
        Foreseen::Asked(_) => vec![("looking at what it takes with it …".into(), skin.dim)],
        Foreseen::Failed(why) => vec![(format!("what it takes with it is not known: {why}"), skin.dim)],
        Foreseen::Known(blast) if blast.lines.is_empty() => {
            vec![("nothing that runs is touched".into(), skin.dim)]
        }
        Foreseen::Known(blast) => {
            let line = |line: &tui_commands::Line| {
                let style = if line.grave { skin.bad } else { skin.plain };
                (format!("{} {}", if line.grave { "!" } else { " " }, clean(&line.text)), style)
            };
            blast.lines.iter().map(line).collect()
        }
    }
}
