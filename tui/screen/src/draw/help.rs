//! `?`: every key, made from the key map.

use super::theme::{DIM, STRONG};
use crate::{keys::sections, pager::fit};
use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
    widgets::{Clear, Paragraph},
};

fn lines() -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for (title, keys) in sections() {
        lines.push(Line::styled(format!(" {title}"), STRONG));
        for (keys, help) in keys {
            lines
                .push(Line::from(vec![Span::raw(format!("   {}", fit(&keys, 20))), Span::styled(help, DIM)]));
        }
    }
    lines
}

pub(super) fn draw(top: u16, frame: &mut Frame<'_>, area: Rect) {
    frame.render_widget(Clear, area);
    frame.render_widget(Paragraph::new(lines()).scroll((top, 0)), area);
}

/// How far the help scrolls on a screen of this size.
pub(crate) fn end(size: (u16, u16)) -> u16 {
    // It lies over the body and the title.
    let shown = size.1.saturating_sub(4);
    u16::try_from(lines().len()).unwrap_or(u16::MAX).saturating_sub(shown)
}
