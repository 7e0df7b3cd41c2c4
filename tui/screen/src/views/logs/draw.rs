use super::{Logs, short};
use crate::{
    pager::{fit, wrap},
    views::Scene,
};
use ratatui::{
    Frame,
    layout::Rect,
    style::{Color, Modifier, Style},
    text::{Line, Span},
    widgets::Paragraph,
};

/// Pods are told apart by these; their names stand beside the colour.
const COLOURS: [Color; 6] =
    [Color::Cyan, Color::Green, Color::Yellow, Color::Magenta, Color::Blue, Color::Red];

pub(super) fn draw(logs: &Logs, scene: &Scene<'_>, frame: &mut Frame<'_>, area: Rect) {
    let (margin, height) = (logs.margin(), usize::from(area.height));
    let width = usize::from(area.width).saturating_sub(margin).max(1);
    let rows = |line: &crate::logs::Kept| if logs.wrap { wrap(&logs.line(line), width).len() } else { 1 };
    let (seen, above) = logs.place.window(&logs.merge, height, &rows);
    let names: Vec<&str> = logs.pods().map(|pod| short(&pod.name)).collect();
    let mut lines = Vec::new();
    for line in seen.into_iter().filter_map(|at| logs.merge.get(at)) {
        let text = logs.line(line);
        let pieces = if logs.wrap { wrap(&text, width) } else { std::iter::once(0..text.len()).collect() };
        for (n, piece) in pieces.into_iter().enumerate() {
            let mut spans = Vec::new();
            if margin > 0 {
                let name = if n == 0 {
                    names.get(usize::from(line.source)).copied().unwrap_or_default()
                } else {
                    ""
                };
                let colour = COLOURS[usize::from(line.source) % COLOURS.len()];
                spans.push(Span::styled(fit(name, margin), Style::default().fg(colour)));
            }
            spans.extend(marked(&text[piece], &logs.search));
            lines.push(Line::from(spans));
        }
    }
    let above = above.min(lines.len());
    lines.drain(..above);
    lines.truncate(height);
    if lines.is_empty() {
        let why = if logs.ended.iter().all(Option::is_some) { " nothing was written" } else { "" };
        lines.push(Line::styled(why, scene.skin.dim));
    }
    frame.render_widget(Paragraph::new(lines), area);
}

/// A text with what is searched marked in it.
fn marked(text: &str, search: &str) -> Vec<Span<'static>> {
    let plain = |part: &str| Span::raw(part.to_owned());
    if search.is_empty() || !text.is_ascii() {
        return vec![plain(text)];
    }
    let (lower, wanted) = (text.to_ascii_lowercase(), search.to_ascii_lowercase());
    let (mut spans, mut from) = (Vec::new(), 0);
    for (at, found) in lower.match_indices(&wanted) {
        spans.push(plain(&text[from..at]));
        let style = Style::default().add_modifier(Modifier::REVERSED);
        spans.push(Span::styled(text[at..at + found.len()].to_owned(), style));
        from = at + found.len();
    }
    spans.push(plain(&text[from..]));
    spans
}
