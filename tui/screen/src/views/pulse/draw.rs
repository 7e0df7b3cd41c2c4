//! How everything is, in one look.

use super::{Item, Measure, Pulse};
use crate::{
    model::{Sample, clean, word},
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
    let room = usize::from(area.width);
    if pulse.items.is_empty() {
        let line = Line::styled(" waiting for the cluster", scene.skin.dim);
        frame.render_widget(Paragraph::new(line), area);
        return;
    }
    let all = pulse.lines();
    // The cursor's line is seen, with its title where there is room.
    let first = pulse.first(usize::from(area.height));
    let columns = pulse.columns();
    let mut lines: Vec<Line<'static>> = Vec::new();
    for (n, shown) in all.iter().enumerate().skip(first).take(usize::from(area.height)) {
        let Some(item) = shown.and_then(|at| pulse.items.get(at)) else {
            let under = all.get(n + 1).copied().flatten().and_then(|at| pulse.items.get(at));
            let title = under.map_or_else(String::new, |item| format!(" {}", item.title()));
            lines.push(Line::styled(title, scene.skin.strong));
            continue;
        };
        let line = line(item, &columns, scene, room);
        if *shown == Some(pulse.at) {
            let text: String = line.spans.iter().map(|span| span.content.as_ref()).collect();
            lines.push(Line::styled(fit(&text, room), scene.cursor()));
        } else {
            lines.push(line);
        }
    }
    frame.render_widget(Paragraph::new(lines), area);
}

fn line(item: &Item, columns: &[usize], scene: &Scene<'_>, room: usize) -> Line<'static> {
    let skin = scene.skin;
    match item {
        Item::Kind(kind, health) => {
            let name = info(kind).map_or("", |kind| kind.plural);
            let mut spans = vec![Span::raw(format!(" {name:<26} {:>6}/{:<6}", health.fine, health.all))];
            let others = [(health.waiting, "waiting", skin.warn), (health.bad, "failing", skin.bad)];
            for (count, what, style) in others.into_iter().filter(|(count, ..)| *count > 0) {
                spans.push(Span::styled(format!("  {count} {what}"), style));
            }
            Line::from(spans)
        }
        Item::Used(measure) => used(*measure, scene, room),
        Item::Rollout(row) => {
            let key = row.key(&GroupKind::of::<Deployment>());
            let (place, name, ready) = (clean(&row.namespace), clean(&word(&key)), row.cell(0));
            Line::styled(format!(" {place}  {name}  {ready} ready"), skin.warn)
        }
        Item::Warning(row) => {
            let cells: Vec<_> = row.cells().collect();
            let told = columns.iter().filter_map(|at| cells.get(*at));
            let told = told.map(|cell| clean(&aged(cell, scene.model.known.now)));
            let told: Vec<_> = told.filter(|cell| cell != "Warning").collect();
            let (when, rest) = (told.first().map_or("", String::as_str), told.get(1..).unwrap_or_default());
            Line::raw(format!(" {when:<8} {}  {}", clean(&row.namespace), rest.join("  ")))
        }
    }
}

/// How much all nodes use together, and how much that was before.
fn used(measure: Measure, scene: &Scene<'_>, room: usize) -> Line<'static> {
    let used = &scene.model.known.used;
    let Some(now) = used.now() else { return Line::default() };
    let (what, amount, value): (_, _, fn(&Sample) -> i64) = match measure {
        Measure::Cpu => {
            ("cpu", format!("{}.{:02} cores", now.cpu / 1000, now.cpu % 1000 / 10), |sample| sample.cpu)
        }
        Measure::Memory => ("memory", format!("{} MiB", now.memory >> 20), |sample| sample.memory),
    };
    let head = format!(" {what:<26} {amount:>13}  ");
    let columns = used.columns(value, room.saturating_sub(head.len()));
    Line::from(vec![Span::raw(head), Span::styled(columns, scene.skin.dim)])
}
