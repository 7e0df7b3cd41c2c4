//! What each key of the map does.

use super::{copy, deeds, edit, many, open, past, scroll, steps, window};
use crate::{
    input::Input,
    keys::Act,
    model::{Follow, Model, Namespaces, Overlay, Palette, Running, Shows, Then, word},
    msg::Effect,
    rows::{Order, Row, Sheet},
    views::{Look, Table, Text, Used, View, Within},
};
use shared_api::{GroupKind, core};
use std::sync::Arc;

pub(super) fn act(model: &mut Model, act: Act) -> Vec<Effect> {
    let Model { desk, known, .. } = model;
    if let Some(steps) = desk.tab_mut().focused_mut().view.look_mut().act(act, known) {
        model.stale = true;
        return steps::take(model, steps);
    }
    match act {
        Act::Up | Act::Down | Act::PageUp | Act::PageDown | Act::Top | Act::Bottom => {
            scroll::scroll(model, act);
            Vec::new()
        }
        Act::Quit => {
            model.quit = true;
            Vec::new()
        }
        Act::Help => over(model, Overlay::Help(0)),
        Act::Palette => over(model, Overlay::Palette(Palette::default())),
        Act::Filter => match model.filter().map(str::to_owned) {
            Some(filter) => over(model, Overlay::Filter(Input::with(filter))),
            None => Vec::new(),
        },
        Act::Back => back(model),
        Act::Namespace => {
            let mut items = vec!["all namespaces".to_owned()];
            items.extend(model.names("namespaces"));
            let at = items.iter().position(|i| Some(i.as_str()) == model.namespaces().only()).unwrap_or(0);
            over(model, Overlay::Choose { title: "namespace".into(), items, at, then: Then::Namespace })
        }
        Act::AllNamespaces => {
            open::namespaces(model, Namespaces::All);
            Vec::new()
        }
        Act::Wide | Act::Faults | Act::Reverse | Act::Mark | Act::MarkTo => {
            if let View::Table(table) = model.view_mut() {
                table_act(table, act);
            }
            model.stale = true;
            Vec::new()
        }
        Act::Sort => sort(model),
        Act::Columns => over(model, Overlay::Columns(0)),
        Act::Wrap => {
            if let Some(pager) = model.view_mut().look_mut().pager_mut() {
                pager.wrap = !pager.wrap;
            }
            Vec::new()
        }
        Act::Container => container(model),
        // What can does it for itself.
        Act::Timestamps
        | Act::Previous
        | Act::Reload
        | Act::Grep
        | Act::Fold
        | Act::NextMatch
        | Act::PreviousMatch
        | Act::Save => Vec::new(),
        Act::Earlier | Act::LeaveShell => open::back(model),
        Act::Later => open::forward_again(model),
        Act::StopForward => stop_forward(model),
        Act::Enter
        | Act::Logs
        | Act::Shell
        | Act::Describe
        | Act::Yaml
        | Act::Forward
        | Act::Edit
        | Act::Why
        | Act::Timeline
        | Act::Owner
        | Act::UsedBy => {
            let Some((kind, row)) = model.view().look().object() else {
                model.say("there is nothing here to act on");
                return Vec::new();
            };
            on(model, act, &kind, &row)
        }
        Act::Delete | Act::Cordon | Act::Uncordon => many::act(model, act),
        Act::AllLogs => many::logs(model),
        Act::Find => over(model, Overlay::Find(Input::default())),
        Act::Since => {
            let items = SINCE.iter().map(|(word, _)| (*word).to_owned()).collect();
            over(model, Overlay::Choose { title: "written since".into(), items, at: 0, then: Then::Since })
        }
        Act::BackInTime => past::step(model, true),
        Act::ForthInTime => past::step(model, false),
        Act::Actions => deeds::choose(model),
        Act::Scale | Act::Restart | Act::Rollout | Act::Image | Act::Path | Act::Drain | Act::Diff => {
            deeds::act(model, act)
        }
        Act::Undo => deeds::undo(model),
        Act::SplitRight
        | Act::SplitBelow
        | Act::ClosePane
        | Act::NextPane
        | Act::PreviousPane
        | Act::FocusLeft
        | Act::FocusRight
        | Act::FocusAbove
        | Act::FocusBelow
        | Act::Zoom
        | Act::Wider
        | Act::Narrower
        | Act::Taller
        | Act::Shorter
        | Act::NewTab
        | Act::NextTab
        | Act::PreviousTab
        | Act::CloseTab => window::act(model, act),
        Act::Tutorial => {
            if !model.given.demo {
                model.say("the tutorial is for dhow --demo; ? shows every key");
            }
            model.tutorial = if model.tutorial.is_some() || !model.given.demo { None } else { Some(0) };
            Vec::new()
        }
        Act::CopyName | Act::CopyRow | Act::CopyCell | Act::CopyText => copy::act(model, act),
        Act::Follow => {
            let items = Follow::ALL.iter().map(|follow| follow.word().to_owned()).collect();
            let title = "beside it, of the cursor".into();
            over(model, Overlay::Choose { title, items, at: 0, then: Then::Follow })
        }
    }
}

/// How far back a log is read.
pub(super) const SINCE: &[(&str, Option<i64>)] = &[
    ("everything that is kept", None),
    ("1 minute", Some(60)),
    ("5 minutes", Some(300)),
    ("15 minutes", Some(900)),
    ("1 hour", Some(3600)),
    ("6 hours", Some(21_600)),
];

fn table_act(table: &mut Table, act: Act) {
    match act {
        Act::Wide => table.wide = !table.wide,
        Act::Faults => table.only_faults(!table.faults),
        Act::Reverse => {
            let Order { by, down } = table.listing.order();
            table.listing.sort(Order { by, down: !down });
        }
        Act::MarkTo => table.mark_to(),
        _ => table.mark(),
    }
}

/// Asks what to sort by; the first is the name, the second the last change.
fn sort(model: &mut Model) -> Vec<Effect> {
    let Some(table) = model.table() else { return Vec::new() };
    let columns = table.headings().into_iter().map(|heading| heading.name.to_lowercase());
    let items: Vec<_> = ["name".to_owned(), "last change".into()].into_iter().chain(columns).collect();
    over(model, Overlay::Choose { title: "sort by".into(), items, at: 0, then: Then::Sort })
}

fn over(model: &mut Model, overlay: Overlay) -> Vec<Effect> {
    model.overlay = Some(overlay);
    Vec::new()
}

fn on(model: &mut Model, act: Act, kind: &GroupKind, row: &Arc<Row>) -> Vec<Effect> {
    let key = row.key(kind);
    match act {
        Act::Describe => open::push(model, View::Text(Text::about("describe", &key))),
        Act::Yaml => open::push(model, View::Text(Text::yaml(&key))),
        Act::Why => open::push(model, View::Text(Text::about("why", &key))),
        Act::Timeline => open::push(model, View::Text(Text::about("timeline", &key))),
        Act::Logs => open::logs_of(model, kind, row),
        Act::Shell if *kind == GroupKind::of::<core::Node>() => deeds::act(model, act),
        Act::Shell => open::shell_of(model, kind, row),
        Act::Forward => open::port_of(model, kind, row),
        Act::Edit => edit::edit(model, key, &row.uid),
        Act::Owner => owner(model, row),
        Act::UsedBy => open::push(model, View::Used(Used::by(key, model.known.now))),
        _ => enter(model, kind, row),
    }
}

/// To the table of what controls an object, the cursor on it.
fn owner(model: &mut Model, row: &Row) -> Vec<Effect> {
    let Some((kind, name)) = row.leads.owner.clone() else {
        model.say(format!("nothing controls {}", row.name));
        return Vec::new();
    };
    let mut table = Table::of(kind, Within::Namespace);
    table.filter_by(&format!("name:^{name}$"));
    open::push(model, View::Table(table))
}

/// Into an object: to what it makes, to the pods it stands for, to a pod's log, else to everything about it.
fn enter(model: &mut Model, kind: &GroupKind, row: &Arc<Row>) -> Vec<Effect> {
    if *kind == GroupKind::of::<core::Pod>() {
        return open::logs_of(model, kind, row);
    }
    if *kind == GroupKind::of::<core::Namespace>() {
        let pods = Table::of(GroupKind::of::<core::Pod>(), Within::Namespace);
        return open::push_in(model, View::Table(pods), Namespaces::one(&*row.name));
    }
    let within = crate::views::pods_within(kind, row);
    if let (Some(made), false) = (made(model, kind, row), matches!(within, Some(Within::Node(_)))) {
        let made = Table::of(made, Within::Owned { by: row.key(kind) });
        return open::push(model, View::Table(made));
    }
    match within {
        Some(within) => open::push(model, View::Table(Table::of(GroupKind::of::<core::Pod>(), within))),
        None => open::push(model, View::Text(Text::about("describe", &row.key(kind)))),
    }
}

/// The kind of what an object controls, as far as it is known: what stands between it and its pods comes first.
fn made(model: &Model, kind: &GroupKind, row: &Row) -> Option<GroupKind> {
    let is = |owner: &Option<(GroupKind, String)>| {
        owner.as_ref().is_some_and(|(of, name)| of == kind && **name == *row.name)
    };
    let pods = GroupKind::of::<core::Pod>();
    let owning = |sheet: &Sheet| {
        if row.namespace.is_empty() {
            sheet.iter().any(|other| is(&other.leads.owner))
        } else {
            sheet.within(&row.namespace).any(|other| is(&other.leads.owner))
        }
    };
    // Only what is always heard of: where one gets must not hang on what was looked at before.
    let others = Model::kinds().into_iter().filter(|kind| *kind != pods);
    others.into_iter().find(|kind| model.known.sheet(kind).is_some_and(owning))
}

/// Clears the filter, else the marks, else stops what runs, else goes back.
fn back(model: &mut Model) -> Vec<Effect> {
    if model.filter().is_some_and(|filter| !filter.is_empty()) {
        model.filter_by("");
        return Vec::new();
    }
    if let View::Table(table) = model.view_mut()
        && !table.marks.is_empty()
    {
        table.marks.clear();
        return Vec::new();
    }
    let own = model.view().look().generation();
    if let Some(at) =
        model.running.iter().rposition(|r| r.shows == Shows::Message || Some(r.generation) == own)
    {
        let Running { generation, line, shows, .. } = model.running.remove(at);
        if shows == Shows::Message {
            model.say(format!("stopped waiting for: {line}"));
            return vec![Effect::Stop(generation)];
        }
    }
    open::back(model)
}

/// Asks for another container of the log's pod.
fn container(model: &mut Model) -> Vec<Effect> {
    let View::Logs(logs) = model.view() else { return Vec::new() };
    let pod = logs.pod.clone();
    let items = open::containers(model, &pod);
    over(model, Overlay::Choose { title: "container".into(), items, at: 0, then: Then::Logs(pod) })
}

fn stop_forward(model: &mut Model) -> Vec<Effect> {
    let View::Forwards(view) = model.view() else { return Vec::new() };
    let chosen = view.chosen(&model.known.forwards);
    let Some(at) = model.known.forwards.iter().position(|f| Some(f.generation) == chosen) else {
        return Vec::new();
    };
    let forward = model.known.forwards.remove(at);
    model.say(format!("stopped: port {} of {}", forward.remote, word(&forward.to)));
    vec![Effect::Stop(forward.generation)]
}
