//! Where this is, how the cluster is, and how far the picture can be believed.

use super::theme::{BAD, DIM, GOOD, STRONG, WARN};
use crate::{
    model::{Health, Model, Table, View, Within, clean},
    msg::info,
    pager::{Pager, fit, width},
    rows::By,
};
use ratatui::{
    Frame,
    layout::Rect,
    style::{Modifier, Style},
    text::{Line, Span},
    widgets::Paragraph,
};
use shared_api::{
    GroupKind, ago,
    core::{Node, Pod},
};

pub(super) fn draw(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let namespace = model.namespace.as_deref().map_or("all namespaces".into(), |n| format!("ns {n}"));
    let place = vec![
        Span::styled(format!(" {}", model.context), STRONG),
        Span::styled(format!("  {}", model.server), DIM),
        Span::raw(format!("  {namespace}")),
    ];
    let known = |kind: &GroupKind| model.watches.get(kind).is_some_and(|w| w.known);
    let mut numbers = Vec::new();
    for (kind, what) in [(GroupKind::of::<Node>(), " nodes"), (GroupKind::of::<Pod>(), "  pods")] {
        let Health { all, fine, waiting, bad } = Health::of(model.sheet(&kind));
        if !known(&kind) {
            numbers.push(Span::styled(format!("{what} not known yet"), DIM));
            continue;
        }
        numbers.push(Span::raw(format!("{what} {fine}/{all} well")));
        for (count, said, style) in [(waiting, "waiting", WARN), (bad, "failing", BAD)] {
            if count > 0 {
                numbers.push(Span::styled(format!(", {count} {said}"), style));
            }
        }
    }
    let revision = Span::styled(format!("rev {} ", model.revision), DIM);
    let room = usize::from(area.width);
    let lines = vec![
        both_ends(place, vec![believed(model, room.saturating_sub(20))], room),
        both_ends(numbers, vec![revision], room),
    ];
    frame.render_widget(Paragraph::new(lines), area);
}

/// The state of the watch behind the view; behind everything else, that of the pods.
fn believed(model: &Model, room: usize) -> Span<'static> {
    let kind = model.table().map_or(GroupKind::of::<Pod>(), |t| t.kind.clone());
    let Some(watch) = model.watches.get(&kind) else { return Span::raw("") };
    let age = watch.since.map_or(String::new(), |since| format!(" for {}", ago(since, model.now)));
    let why = watch.standing.trouble.as_ref().map_or(String::new(), |why| format!(": {why}"));
    let cut = |text: String| if width(&text) > room { fit(&text, room) } else { text };
    match (watch.standing.connected, watch.standing.synced) {
        (true, true) => Span::styled("● live ", GOOD),
        (true, false) => Span::styled("● reading ", WARN),
        (false, _) if watch.known => Span::styled(cut(format!("○ stale{age}{why}")) + " ", BAD),
        (false, _) if watch.standing.trouble.is_some() => {
            Span::styled(cut(format!("○ not connected{age}{why}")) + " ", BAD)
        }
        (false, _) => Span::styled(format!("○ connecting{age} "), WARN),
    }
}

/// Spans at the left and at the right; the left gives way.
fn both_ends<'a>(left: Vec<Span<'a>>, right: Vec<Span<'a>>, room: usize) -> Line<'a> {
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

/// What the view is, and how much of it is shown.
pub(super) fn title(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let (left, right) = match model.view() {
        View::Table(table) => of_table(model, table),
        View::Logs(logs) => {
            let options = &logs.options;
            let container = if options.container.is_empty() {
                String::new()
            } else {
                format!(" [{}]", options.container)
            };
            let previous = if options.previous { " (previous)" } else { "" };
            let state = match (&logs.ended, logs.pager.top) {
                (Some(_), _) => "ended",
                (None, None) => "following",
                (None, Some(_)) => "held, G follows",
            };
            let dropped = logs.pager.dropped;
            let lost = if dropped > 0 { format!(", {dropped} older dropped") } else { String::new() };
            let count = lines(&logs.pager);
            let tail = options.tail_lines.map_or(String::new(), |n| format!(" from last {n}"));
            let why = logs.ended.as_ref().map_or(String::new(), |why| format!(": {why}"));
            (format!("logs {}{container}{previous}{why}", logs.pod), format!("{state}, {count}{tail}{lost}"))
        }
        View::Text(text) => {
            let count = lines(&text.pager);
            let state = if text.loading { " …" } else { "" };
            (format!("{}{state}", text.line), count)
        }
        View::Shell(shell) => {
            let container =
                if shell.container.is_empty() { String::new() } else { format!(" [{}]", shell.container) };
            let state = match &shell.ended {
                Some(why) => format!(" ended: {why} (any key leaves)"),
                None => String::new(),
            };
            (format!("shell {}{container}{state}", shell.pod), "ctrl-] leaves".into())
        }
        View::Pulse(_) => ("pulse".into(), String::new()),
        View::Forwards(_) => ("port-forwards".into(), format!("{} open", model.forwards.len())),
    };
    let left = vec![Span::raw(format!(" {}", clean(&left)))];
    let line = both_ends(left, vec![Span::raw(format!(" {right} "))], usize::from(area.width));
    let style = Style::new().add_modifier(Modifier::REVERSED | Modifier::BOLD);
    frame.render_widget(Paragraph::new(line).style(style), area);
}

fn of_table(model: &Model, table: &Table) -> (String, String) {
    let kind = info(&table.kind).map_or("objects", |k| k.plural);
    let within = match &table.within {
        Within::Namespace => String::new(),
        Within::Node(node) => format!(" on {node}"),
        Within::Selected { by, namespace, .. } => format!(" of {by} in {namespace}"),
        Within::Owned { by } => format!(" of {} in {}", crate::model::word(by), by.namespace),
    };
    let path: Vec<_> = model.views[..model.views.len() - 1].iter().map(crumb).collect();
    let before = if path.is_empty() { String::new() } else { format!("{} › ", path.join(" › ")) };
    let mut notes = String::new();
    let order = table.listing.order();
    match order.by {
        By::Name => {}
        By::Changed => notes.push_str(if order.down { " last changed first" } else { " last changed last" }),
        By::Column(at) => {
            let name = table.headings().get(at).map_or(String::new(), |h| h.name.to_lowercase());
            notes.push_str(&format!(" by {name}{}", if order.down { " down" } else { "" }));
        }
    }
    if table.faults {
        notes.push_str(" faults only");
    }
    if !table.marks.is_empty() {
        notes.push_str(&format!(" {} marked", table.marks.len()));
    }
    let filter = table.filter().text();
    let count = if table.faults && filter.is_empty() {
        format!("{}", table.listing.len())
    } else {
        counted(table.listing.len(), table.listing.total(), filter)
    };
    (format!("{before}{kind}{within}"), format!("{count}{notes}"))
}

fn crumb(view: &View) -> String {
    match view {
        View::Table(table) => info(&table.kind).map_or("objects", |k| k.plural).into(),
        View::Logs(logs) => format!("logs {}", logs.pod.name),
        View::Shell(shell) => format!("shell {}", shell.pod.name),
        View::Text(text) => text.line.split_whitespace().next().unwrap_or("text").into(),
        View::Forwards(_) => "port-forwards".into(),
        View::Pulse(_) => "pulse".into(),
    }
}

fn lines(pager: &Pager) -> String {
    let count = counted(pager.shown_len(), pager.len(), &pager.filter);
    format!("{count} {}", if pager.len() == 1 { "line" } else { "lines" })
}

fn counted(shown: usize, all: usize, filter: &str) -> String {
    if filter.is_empty() { all.to_string() } else { format!("/{filter} {shown} of {all}") }
}
