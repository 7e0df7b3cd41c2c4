//! `?`: every key, made from the key map.

use super::Skin;
use crate::{keys::Keymap, model::Model, pager::fit, update::WORDS};
use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
    widgets::{Clear, Paragraph},
};

fn lines(keymap: &Keymap, skin: &Skin) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for (title, keys) in keymap.sections() {
        lines.push(Line::styled(format!(" {title}"), skin.strong));
        for (keys, help) in keys {
            lines.push(Line::from(vec![
                Span::raw(format!("   {}", fit(&keys, 20))),
                Span::styled(help, skin.dim),
            ]));
        }
    }
    lines.push(Line::styled(" After :", skin.strong));
    for (word, rest, help) in WORDS {
        let word = format!("{word} {rest}");
        lines.push(Line::from(vec![
            Span::raw(format!("   {}", fit(&word, 20))),
            Span::styled(*help, skin.dim),
        ]));
    }
    lines
}

pub(super) fn draw(top: u16, model: &Model, frame: &mut Frame<'_>, area: Rect) {
    frame.render_widget(Clear, area);
    frame.render_widget(Paragraph::new(lines(&model.config.keymap, &model.skin)).scroll((top, 0)), area);
}

/// How far the help scrolls on a screen of this size.
pub(crate) fn end(model: &Model) -> u16 {
    // It lies over the body and the title.
    let shown = model.whole().height;
    u16::try_from(lines(&model.config.keymap, &model.skin).len()).unwrap_or(u16::MAX).saturating_sub(shown)
}
