//! What each key of the map does.

use super::{open, scroll};
use crate::{
    input::Input,
    keys::Act,
    model::{Confirm, Model, Order, Overlay, Palette, Shows, Table, Then, View, Within, word},
    msg::Effect,
};
use shared_api::{GroupKind, Object, core};
use tui_commands::{Action, Delete, NodeName, Scope};

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
        Act::Filter => match model.filter_mut() {
            Some(filter) => {
                let input = Input::with(filter.clone());
                over(model, Overlay::Filter(input))
            }
            None => Vec::new(),
        },
        Act::Back => back(model),
        Act::Namespace => {
            let mut items = vec!["all namespaces".to_owned()];
            items.extend(
                model.world.of_kind(&GroupKind::of::<core::Namespace>()).map(|o| o.name().to_owned()),
            );
            let at = items.iter().position(|i| Some(i) == model.namespace.as_ref()).unwrap_or(0);
            over(model, Overlay::Choose { title: "namespace".into(), items, at, then: Then::Namespace })
        }
        Act::AllNamespaces => {
            open::namespace(model, None);
            Vec::new()
        }
        Act::Wide | Act::Order => {
            if let View::Table(table) = model.view_mut() {
                match (act, table.order) {
                    (Act::Wide, _) => table.wide = !table.wide,
                    (_, Order::Name) => table.order = Order::Changed,
                    (_, Order::Changed) => table.order = Order::Name,
                }
            }
            model.stale = true;
            Vec::new()
        }
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
        | Act::Delete
        | Act::Cordon
        | Act::Uncordon => {
            let Some(object) = model.chosen().cloned() else {
                model.say("there is nothing here to act on");
                return Vec::new();
            };
            on(model, act, &object)
        }
    }
}

fn over(model: &mut Model, overlay: Overlay) -> Vec<Effect> {
    model.overlay = Some(overlay);
    Vec::new()
}

fn on(model: &mut Model, act: Act, object: &Object) -> Vec<Effect> {
    let key = object.key();
    match act {
        Act::Describe => open::describe(model, &key),
        Act::Yaml => open::yaml(model, &key),
        Act::Logs => open::logs_of(model, object),
        Act::Shell => open::shell_of(model, object),
        Act::Forward => open::port_of(model, object),
        Act::Cordon | Act::Uncordon => {
            let node = NodeName { node: key.name.clone() };
            let action = if act == Act::Cordon { Action::Cordon(node) } else { Action::Uncordon(node) };
            let verb = if act == Act::Cordon { "cordon" } else { "uncordon" };
            open::perform(model, action, format!("{verb} {}", key.name))
        }
        Act::Delete => {
            let mut line = format!("delete {} --no-wait", word(&key));
            let mut scope = Scope::default();
            if !key.namespace.is_empty() {
                line.push_str(&format!(" -n {}", key.namespace));
                scope.namespace = Some(key.namespace.clone());
            }
            let ask = Delete { words: vec![word(&key)], scope, no_wait: true, ..Delete::default() };
            let (action, uid) = (Action::Delete(ask), object.uid().to_owned());
            over(model, Overlay::Confirm(Confirm { line, action, key, uid }))
        }
        _ => enter(model, object),
    }
}

/// Into an object: to the pods it stands for, to a pod's log, else to everything about it.
fn enter(model: &mut Model, object: &Object) -> Vec<Effect> {
    let kind = object.group_kind();
    if kind == GroupKind::of::<core::Pod>() {
        return open::logs_of(model, object);
    }
    if kind == GroupKind::of::<core::Namespace>() {
        open::namespace(model, Some(object.name().to_owned()));
        return open::table(model, Table::of(GroupKind::of::<core::Pod>(), Within::Namespace));
    }
    match crate::model::pods_within(object) {
        Some(within) => open::table(model, Table::of(GroupKind::of::<core::Pod>(), within)),
        None => open::describe(model, &object.key()),
    }
}

/// Clears the filter, else stops what runs, else goes back.
fn back(model: &mut Model) -> Vec<Effect> {
    if let Some(filter) = model.filter_mut()
        && !filter.is_empty()
    {
        filter.clear();
        model.stale = true;
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
