//! What each key of the map does.

use super::{many, open, scroll};
use crate::{
    input::Input,
    keys::Act,
    model::{Item, Model, Overlay, Palette, Shows, Table, Then, View, Within},
    msg::Effect,
    rows::{Order, Row},
};
use shared_api::{GroupKind, apps::Deployment, core};
use std::sync::Arc;

pub(super) fn act(model: &mut Model, act: Act) -> Vec<Effect> {
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
            let at = items.iter().position(|i| Some(i) == model.namespace.as_ref()).unwrap_or(0);
            over(model, Overlay::Choose { title: "namespace".into(), items, at, then: Then::Namespace })
        }
        Act::AllNamespaces => {
            open::namespace(model, None);
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
            if let Some((pager, _)) = model.pager_mut() {
                pager.wrap = !pager.wrap;
            }
            Vec::new()
        }
        Act::Timestamps | Act::Previous | Act::Container | Act::Reload => reread(model, act),
        Act::StopForward => stop_forward(model),
        Act::LeaveShell => Vec::new(),
        Act::Enter
        | Act::Logs
        | Act::Shell
        | Act::Describe
        | Act::Yaml
        | Act::Forward
        | Act::Why
        | Act::Timeline
        | Act::Owner => {
            if let View::Pulse(pulse) = model.view() {
                let item = pulse.items(&model.sheets).into_iter().nth(pulse.at);
                return item.map_or_else(Vec::new, |item| of_pulse(model, item));
            }
            let Some((kind, row)) = chosen(model) else {
                model.say("there is nothing here to act on");
                return Vec::new();
            };
            on(model, act, &kind, &row)
        }
        Act::Delete | Act::Cordon | Act::Uncordon => many::act(model, act),
    }
}

/// Into a line of the pulse.
fn of_pulse(model: &mut Model, item: Item) -> Vec<Effect> {
    match item {
        Item::Kind(kind, health) => {
            let mut table = Table::of(kind, Within::Namespace);
            table.only_faults(health.waiting + health.bad > 0);
            // What it counts is everywhere.
            model.namespace = None;
            open::table(model, table)
        }
        Item::Rollout(row) => open::why(model, &row.key(&GroupKind::of::<Deployment>())),
        Item::Warning(row) => match crate::model::about(&row) {
            Some(key) => open::why(model, &key),
            None => open::describe(model, &row.key(&GroupKind::of::<core::Event>())),
        },
    }
}

/// The object of the cursor, and its kind.
fn chosen(model: &Model) -> Option<(GroupKind, Arc<Row>)> {
    let table = model.table()?;
    Some((table.kind.clone(), Arc::clone(table.chosen()?)))
}

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
        Act::Describe => open::describe(model, &key),
        Act::Yaml => open::yaml(model, &key),
        Act::Why => open::why(model, &key),
        Act::Timeline => open::timeline(model, &key),
        Act::Logs => open::logs_of(model, kind, row),
        Act::Shell => open::shell_of(model, kind, row),
        Act::Forward => open::port_of(model, kind, row),
        Act::Owner => owner(model, row),
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
    open::table(model, table)
}

/// What the objects of a kind are looked into for: what they make.
const MADE: &[(&str, &str)] =
    &[("Deployment", "replicasets"), ("CronJob", "jobs"), ("Service", "endpointslices.discovery.k8s.io")];

/// Into an object: to what it makes, to the pods it stands for, to a pod's log, else to everything about it.
fn enter(model: &mut Model, kind: &GroupKind, row: &Arc<Row>) -> Vec<Effect> {
    if *kind == GroupKind::of::<core::Pod>() {
        return open::logs_of(model, kind, row);
    }
    if *kind == GroupKind::of::<core::Namespace>() {
        open::namespace(model, Some(row.name.to_string()));
        return open::table(model, Table::of(GroupKind::of::<core::Pod>(), Within::Namespace));
    }
    let made =
        MADE.iter().find(|(maker, _)| *maker == kind.kind).and_then(|(_, made)| shared_api::find(made));
    if let Some(made) = made {
        return open::table(model, Table::of(made.group_kind(), Within::Owned { by: row.key(kind) }));
    }
    match crate::model::pods_within(kind, row) {
        Some(within) => open::table(model, Table::of(GroupKind::of::<core::Pod>(), within)),
        None => open::describe(model, &row.key(kind)),
    }
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
    let own = open::generation(model.view());
    if let Some(at) =
        model.running.iter().rposition(|(g, _, shows)| *shows == Shows::Message || Some(*g) == own)
    {
        let (generation, line, shows) = model.running.remove(at);
        if shows == Shows::Message {
            model.say(format!("stopped waiting for: {line}"));
            return vec![Effect::Stop(generation)];
        }
    }
    if model.views.len() < 2 {
        return Vec::new();
    }
    model.views.pop();
    model.stale = true;
    own.map(Effect::Stop).into_iter().collect()
}

fn reread(model: &mut Model, act: Act) -> Vec<Effect> {
    if let View::Text(text) = model.view() {
        let line = text.line.clone();
        return open::again(model, &line);
    }
    let View::Logs(logs) = model.view_mut() else { return Vec::new() };
    match act {
        Act::Timestamps => logs.options.timestamps = !logs.options.timestamps,
        Act::Previous => {
            logs.options.previous = !logs.options.previous;
            logs.options.follow = !logs.options.previous;
        }
        Act::Container => {
            let pod = logs.pod.clone();
            let items = open::containers(model, &pod);
            return over(
                model,
                Overlay::Choose { title: "container".into(), items, at: 0, then: Then::Logs(pod) },
            );
        }
        _ => {}
    }
    open::restart_logs(model)
}

fn stop_forward(model: &mut Model) -> Vec<Effect> {
    let View::Forwards(on) = model.view() else { return Vec::new() };
    let at = scroll::at(*on, &model.forwards);
    if at >= model.forwards.len() {
        return Vec::new();
    }
    let forward = model.forwards.remove(at);
    model.say(format!("stopped: port {} of {}", forward.remote, forward.pod));
    vec![Effect::Stop(forward.generation)]
}
