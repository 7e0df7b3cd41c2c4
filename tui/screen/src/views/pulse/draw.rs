//! How everything is, in one look.

use super::{Item, Pulse};
use crate::{
    model::{clean, word},
    msg::info,
    pager::fit,
    views::Scene,
};
use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
    widgets::Paragraph,
};
use shared_api::{GroupKind, ages::aged, apps::Deployment};

pub(super) fn draw(pulse: &Pulse, scene: &Scene<'_>, frame: &mut Frame<'_>, area: Rect) {
    let (items, skin) = (&pulse.items, scene.skin);
    let columns = pulse.columns();
    let mut lines: Vec<Line<'static>> = Vec::new();
    let mut cursor = 0;
    let mut title = "";
    let room = usize::from(area.width);
    for (n, item) in items.iter().enumerate() {
        let (under, mut line) = match item {
            Item::Kind(kind, health) => {
                let name = info(kind).map_or("", |kind| kind.plural);
                let mut spans = vec![Span::raw(format!(" {name:<26} {:>6}/{:<6}", health.fine, health.all))];
                for (count, what, style) in
                    [(health.waiting, "waiting", skin.warn), (health.bad, "failing", skin.bad)]
                {
                    if count > 0 {
                        spans.push(Span::styled(format!("  {count} {what}"), style));
                    }
                }
                ("WELL", Line::from(spans))
            }
            Item::Rollout(row) => {
                let key = row.key(&GroupKind::of::<Deployment>());
                let cells: Vec<_> = row.cells().take(3).collect();
                let text = format!(
                    " {}  {}  {} ready",
                    clean(&row.namespace),
                    clean(&word(&key)),
                    cells.first().unwrap_or(&"")
                );
                ("IN FLIGHT", Line::styled(text, skin.warn))
            }
            Item::Warning(row) => {
                let cells: Vec<_> = row.cells().collect();
                let told = columns
                    .iter()
                    .filter_map(|at| cells.get(*at))
                    .map(|cell| clean(&aged(cell, scene.model.known.now)));
                let told: Vec<_> = told.filter(|cell| cell != "Warning").collect();
                let place = clean(&row.namespace);
                let text = format!(
                    " {:<8} {place}  {}",
                    told.first().map_or("", String::as_str),
                    told.get(1..).unwrap_or_default().join("  ")
                );
                ("LATEST WARNINGS", Line::raw(text))
            }
        };
        if under != title {
            if !title.is_empty() {
                lines.push(Line::raw(""));
            }
            title = under;
            lines.push(Line::styled(format!(" {title}"), skin.strong));
        }
        if n == pulse.at {
            cursor = lines.len();
            let text: String = line.spans.iter().map(|span| span.content.as_ref()).collect();
            line = Line::styled(fit(&text, room), scene.cursor());
        }
        lines.push(line);
    }
    if items.is_empty() {
        lines.push(Line::styled(" waiting for the cluster", skin.dim));
    }
    // The cursor's line is seen, with its title where there is room.
    let height = usize::from(area.height);
    let first = if cursor < height { 0 } else { cursor + 1 - height };
    frame.render_widget(Paragraph::new(lines.split_off(first)), area);
}
