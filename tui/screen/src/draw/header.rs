//! Where this is, how the cluster is, and how far the picture can be believed.

use crate::{
    model::{Health, Model, clean},
    pager::{fit, width},
};
use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
    widgets::Paragraph,
};
use shared_api::{
    GroupKind, ago,
    core::{Node, Pod},
};

pub(super) fn draw(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let (skin, known) = (&model.skin, &model.known);
    let place = vec![
        Span::styled(format!(" {}", known.context), skin.strong),
        Span::styled(format!("  {}", known.server), skin.dim),
        Span::raw(format!("  {}", clean(&model.desk.tab().focused().namespaces.to_string()))),
        Span::styled(if model.read_only.is_some() { "  read-only" } else { "" }, skin.warn),
    ];
    let told = |kind: &GroupKind| known.watches.get(kind).is_some_and(|w| w.known);
    let mut numbers = Vec::new();
    for (kind, what) in [(GroupKind::of::<Node>(), " nodes"), (GroupKind::of::<Pod>(), "  pods")] {
        let Health { all, fine, waiting, bad } = Health::of(known.sheet(&kind));
        if !told(&kind) {
            numbers.push(Span::styled(format!("{what} not known yet"), skin.dim));
            continue;
        }
        numbers.push(Span::raw(format!("{what} {fine}/{all} well")));
        for (count, said, style) in [(waiting, "waiting", skin.warn), (bad, "failing", skin.bad)] {
            if count > 0 {
                numbers.push(Span::styled(format!(", {count} {said}"), style));
            }
        }
    }
    let revision = Span::styled(format!("rev {} ", known.revision), skin.dim);
    let room = usize::from(area.width);
    let lines = vec![
        both_ends(place, vec![believed(model, room.saturating_sub(20))], room),
        both_ends(numbers, vec![revision], room),
    ];
    frame.render_widget(Paragraph::new(lines), area);
}

/// The state of the watch behind the view; behind everything else, that of the pods.
fn believed(model: &Model, room: usize) -> Span<'static> {
    let (skin, known) = (&model.skin, &model.known);
    if let Some(past) = &model.past {
        return Span::styled(crate::update::past_said(past, known.now), skin.warn);
    }
    let kind = model.table().map_or(GroupKind::of::<Pod>(), |t| t.kind.clone());
    let Some(watch) = known.watches.get(&kind) else { return Span::raw("") };
    let age = watch.since.map_or(String::new(), |since| format!(" for {}", ago(since, known.now)));
    let why = watch.standing.trouble.as_ref().map_or(String::new(), |why| format!(": {why}"));
    let cut = |text: String| if width(&text) > room { fit(&text, room) } else { text };
    match (watch.standing.connected, watch.standing.synced) {
        (true, true) => Span::styled("● live ", skin.good),
        (true, false) => Span::styled("● reading ", skin.warn),
        (false, _) if watch.known => Span::styled(cut(format!("○ stale{age}{why}")) + " ", skin.bad),
        (false, _) if watch.standing.trouble.is_some() => {
            Span::styled(cut(format!("○ not connected{age}{why}")) + " ", skin.bad)
        }
        (false, _) => Span::styled(format!("○ connecting{age} "), skin.warn),
    }
}

/// Spans at the left and at the right; the left gives way.
pub(super) fn both_ends<'a>(left: Vec<Span<'a>>, right: Vec<Span<'a>>, room: usize) -> Line<'a> {
    let need: usize = right.iter().map(Span::width).sum();
    let mut rest = room.saturating_sub(need);
    let mut line = Vec::new();
    for span in left {
        let has = span.width();
        if has >= rest {
            // A gap stays between the two.
            line.push(Span::styled(fit(&span.content, rest.saturating_sub(1)), span.style));
            rest = rest.min(1);
            break;
        }
        rest -= has;
        line.push(span);
    }
    line.push(Span::raw(" ".repeat(rest)));
    line.extend(right);
    Line::from(line)
}
