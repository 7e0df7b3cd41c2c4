//! The question before something changes: the lines, what they take with them, and how to say yes.

use super::{Skin, prompt::pane};
use crate::{
    model::{Confirm, Foreseen, clean},
    pager::{width, wrap},
};
use ratatui::{
    Frame,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::Paragraph,
};

pub(super) fn draw(confirm: &Confirm, skin: &Skin, frame: &mut Frame<'_>, area: Rect) {
    let room = usize::from(area.width).saturating_sub(4).max(1);
    let mut lines: Vec<(String, Style)> = confirm
        .commands
        .iter()
        .map(|(line, _)| (format!("dhow --batch {}", clean(line)), skin.warn))
        .collect();
    lines.push((String::new(), skin.plain));
    lines.extend(foreseen(&confirm.foreseen, skin));
    if !confirm.diff.is_empty() {
        lines.push((String::new(), skin.plain));
    }
    lines.extend(confirm.diff.lines().skip_while(|line| !line.starts_with("@@")).map(|line| {
        let style = match line.as_bytes().first() {
            Some(b'-') => skin.bad,
            Some(b'+') => skin.strong,
            _ => skin.dim,
        };
        (clean(line), style)
    }));
    let wide = lines.iter().map(|(text, _)| width(text)).max().unwrap_or(0).clamp(20, room.max(20)).min(room);
    let mut text = Vec::new();
    for (line, style) in &lines {
        text.extend(wrap(line, wide).into_iter().map(|part| Line::styled(line[part].to_owned(), *style)));
    }
    // What cannot be shown is counted; the way to say yes always can.
    let fits = usize::from(area.height).saturating_sub(4).max(1);
    if text.len() > fits {
        let more = text.len() - fits + 1;
        text.truncate(fits - 1);
        text.push(Line::styled(format!("and {more} more lines"), skin.dim));
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
