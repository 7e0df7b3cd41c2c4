//! The tutorial's box, at the bottom on the right: what to do next.

use crate::{
    keys::Act,
    model::Model,
    pager::{width, wrap},
    tutorial::STEPS,
};
use ratatui::{
    Frame,
    layout::Rect,
    text::Line,
    widgets::{Block, Clear, Paragraph},
};

/// The widest it gets, and the least room it is shown in.
const WIDEST: u16 = 62;
const LEAST: (u16, u16) = (30, 12);

pub(super) fn draw(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let Some((at, step)) = model.tutorial.and_then(|at| Some((at, STEPS.get(at)?))) else { return };
    if area.width < LEAST.0 || area.height < LEAST.1 {
        return;
    }
    let wide = area.width.min(WIDEST);
    let text = step.said(&model.config.keymap);
    let lines = words(&text, usize::from(wide) - 4);
    let high = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX).min(area.height);
    let place = Rect { x: area.right() - wide, y: area.bottom() - high, width: wide, height: high };
    let key = model.config.keymap.key(Act::Tutorial);
    let block = Block::bordered()
        .border_style(model.skin.good)
        .title(format!(" {}/{} {} ", at + 1, STEPS.len(), step.title))
        .title_bottom(Line::raw(format!(" {key} closes it ")).right_aligned());
    let inner = block.inner(place);
    frame.render_widget(Clear, place);
    frame.render_widget(block, place);
    let lines: Vec<_> = lines.into_iter().map(|line| Line::raw(format!(" {line}"))).collect();
    frame.render_widget(Paragraph::new(lines), inner);
}

/// A text in lines of so many columns, cut between words.
fn words(text: &str, limit: usize) -> Vec<String> {
    let (mut lines, mut line) = (Vec::new(), String::new());
    for word in text.split(' ').flat_map(|word| wrap(word, limit).into_iter().map(move |part| &word[part])) {
        if !line.is_empty() && width(&line) + 1 + width(word) > limit {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}
