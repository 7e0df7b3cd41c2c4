//! Opening views, and starting what fills them.

use super::{act::SINCE, begin, context, deeds, layout, link, steps};
use crate::{
    input::Input,
    model::{DEEDS, Deed, Follow, Forwarded, Model, Namespaces, Overlay, Shows, Then, clean, word},
    msg::{Effect, Generation},
    rows::Row,
    views::{Logs, Of, Shell, View, pod_of},
};
use shared_api::{GroupKind, Key, core::Pod};
use shared_client::LogOptions;
use std::sync::Arc;
use tui_commands::{Action, At, Risk, forward::Carried, risk};

/// How many lines a log opens with.
pub(crate) const TAIL: i64 = 5000;

/// Opens a view on top of the one of the pane with the focus, and asks for what fills it.
pub(super) fn push(model: &mut Model, view: View) -> Vec<Effect> {
    model.stale = true;
    let kinds = view.look().kinds();
    let lost = model.pane_mut().open(view);
    let mut effects = forget(model, lost.into_iter().map(Effect::Stop).collect());
    effects.extend(kinds.iter().filter_map(|kind| model.known.watch(kind)));
    effects.extend(steps::wake(model, model.desk.tab().focus));
    effects
}

/// Opens a view that looks at other namespaces than the one before.
pub(super) fn push_in(model: &mut Model, view: View, namespaces: Namespaces) -> Vec<Effect> {
    let effects = push(model, view);
    model.pane_mut().namespaces = namespaces;
    effects
}

/// Nobody waits any longer for what is stopped.
pub(super) fn forget(model: &mut Model, stops: Vec<Effect>) -> Vec<Effect> {
    let ended = |generation| stops.contains(&Effect::Stop(generation));
    model.running.retain(|running| !ended(running.generation));
    stops
}

/// Back to where the pane was before; what fills the view that is left ends.
pub(super) fn back(model: &mut Model) -> Vec<Effect> {
    let own = model.view().look().generation();
    if !model.pane_mut().back() {
        return Vec::new();
    }
    model.stale = true;
    forget(model, own.map(Effect::Stop).into_iter().collect())
}

/// Forward again to what was left.
pub(super) fn forward_again(model: &mut Model) -> Vec<Effect> {
    if !model.pane_mut().forward() {
        model.say("there is nothing to go forward to");
        return Vec::new();
    }
    model.stale = true;
    steps::wake(model, model.desk.tab().focus)
}

/// The pane looks at other namespaces.
pub(super) fn namespaces(model: &mut Model, to: Namespaces) {
    model.say(match &to {
        Namespaces::All => "all namespaces".to_owned(),
        some @ Namespaces::Some(_) => format!("namespace {}", some.words()),
    });
    model.pane_mut().namespaces = to;
    model.stale = true;
}

/// Does what a line says; the answer goes to the message line, or to a text when it is long.
pub(super) fn perform(model: &mut Model, action: Action, line: String) -> Vec<Effect> {
    if action.speaks() {
        return speak(model, action, line);
    }
    // While it runs, the message line says so.
    model.message = None;
    let generation = model.ask();
    ask(model, generation, action, line, Shows::Message).into_iter().collect()
}

/// The same for these very objects.
pub(super) fn perform_on(
    model: &mut Model,
    action: Action,
    line: String,
    about: &[(Key, Box<str>)],
) -> Vec<Effect> {
    let mut effects = perform(model, action, line);
    for effect in &mut effects {
        if let Effect::Perform { about: meant, .. } | Effect::Speak { about: meant, .. } = effect {
            *meant = about.to_vec();
        }
    }
    effects
}

/// Asks outside for what a line says. Everything that changes the cluster comes through here, or is a shell.
pub(super) fn ask(
    model: &mut Model,
    generation: Generation,
    action: Action,
    line: String,
    shows: Shows,
) -> Option<Effect> {
    let (action, line) = then(model, action, line);
    if risk(&action) > Risk::None
        && let Err(why) = begin::may(model, &line)
    {
        model.complain(why);
        return None;
    }
    noted(model, generation, &action, &line);
    model.runs(generation, tui_commands::shown(&action, &line), shows);
    let namespace = model.here().to_owned();
    Some(Effect::Perform { generation, action: Box::new(action), namespace, about: Vec::new() })
}

/// Takes note of what changes something.
fn noted(model: &mut Model, generation: Generation, action: &Action, line: &str) {
    if risk(action) == Risk::None {
        return;
    }
    let shown = clean(&tui_commands::shown(action, line));
    let (at, outcome) = (model.known.now, "runs".into());
    model.deeds.push(Deed { generation, at, line: shown, outcome, undo: Vec::new(), undone: false });
    let extra = model.deeds.len().saturating_sub(DEEDS);
    model.deeds.drain(..extra);
}

/// What is asked of objects while the past is looked at, is asked of them as they were.
fn then(model: &Model, mut action: Action, line: String) -> (Action, String) {
    let Some(revision) = model.past.as_ref().and_then(|past| past.revision) else { return (action, line) };
    let when = match &mut action {
        Action::Get(get) => &mut get.when,
        Action::Describe(asked) => &mut asked.when,
        Action::Why(asked) | Action::Timeline(asked) => &mut asked.when,
        _ => return (action, line),
    };
    if when.at.is_some() {
        return (action, line);
    }
    when.at = Some(At::Revision(revision));
    (action, format!("{line} --at {revision}"))
}

pub(super) fn containers(model: &Model, pod: &Key) -> Vec<String> {
    model.known.row(pod).map(|row| row.leads.containers.clone()).unwrap_or_default()
}

fn pod_behind(model: &mut Model, kind: &GroupKind, row: &Arc<Row>) -> Option<Key> {
    let found = pod_of(kind, row, &model.known).map(|pod| pod.key(&GroupKind::of::<Pod>()));
    if found.is_none() {
        model.say(format!("{} stands for no pod; enter goes into it", word(&row.key(kind))));
    }
    found
}

pub(super) fn logs_of(model: &mut Model, kind: &GroupKind, row: &Arc<Row>) -> Vec<Effect> {
    let Some(pod) = pod_behind(model, kind, row) else { return Vec::new() };
    let items = containers(model, &pod);
    if items.len() > 1 {
        return choose(model, items, Then::Logs(pod));
    }
    chosen(model, Then::Logs(pod), items.into_iter().next().unwrap_or_default())
}

pub(super) fn shell_of(model: &mut Model, kind: &GroupKind, row: &Arc<Row>) -> Vec<Effect> {
    let Some(pod) = pod_behind(model, kind, row) else { return Vec::new() };
    let Key { namespace, name, .. } = &pod;
    let line = format!("exec -it {name} -n {namespace} -c {CONTAINER} -- sh");
    which(model, line, vec![(pod, row.uid.clone())])
}

/// What stands in a line for the container that is meant.
pub(super) const CONTAINER: &str = "{container}";

/// Asks which container a line is meant for, when its pod has several, and goes on with it.
pub(super) fn which(model: &mut Model, line: String, about: Vec<(Key, Box<str>)>) -> Vec<Effect> {
    let pod = about.first().map(|(key, _)| key);
    let items = pod.map(|pod| containers(model, pod)).unwrap_or_default();
    let then = Then::Container { line, about };
    if items.len() > 1 {
        return choose(model, items, then);
    }
    chosen(model, then, items.into_iter().next().unwrap_or_default())
}

fn choose(model: &mut Model, items: Vec<String>, then: Then) -> Vec<Effect> {
    let what = match &then {
        Then::Container { line, .. } => line.split_whitespace().next().unwrap_or_default(),
        _ => "logs",
    };
    let title = format!("{what}: which container?");
    model.overlay = Some(Overlay::Choose { title, items, at: 0, then });
    Vec::new()
}

/// A choice was made.
pub(super) fn chosen(model: &mut Model, then: Then, item: String) -> Vec<Effect> {
    match then {
        Then::Namespace => {
            namespaces(model, Namespaces::parse(&item).unwrap_or_default());
            Vec::new()
        }
        // Of these the place in the list counts: see `overlay`.
        Then::Sort | Then::Copy(_) => Vec::new(),
        Then::Do => deeds::chosen(model, &item),
        Then::Since => {
            let since = SINCE.iter().find(|(word, _)| *word == item).and_then(|(_, since)| *since);
            if let View::Logs(logs) = model.view_mut() {
                logs.options.since_seconds = since;
            }
            steps::revive(model, model.desk.tab().focus)
        }
        Then::Skin => begin::chosen(model, &item),
        Then::Layout => layout::chosen(model, &item),
        Then::Context => context::go(model, &item, None),
        Then::Follow => Follow::parse(&item).map_or_else(Vec::new, |follow| link::open(model, follow)),
        Then::Logs(pod) => {
            if let View::Logs(logs) = model.view_mut() {
                logs.options.container = item;
                return steps::revive(model, model.desk.tab().focus);
            }
            let options =
                LogOptions { container: item, follow: true, tail_lines: Some(TAIL), ..LogOptions::default() };
            logs(model, pod, options)
        }
        Then::Container { line, about } => {
            let line = if item.is_empty() {
                line.replace(&format!(" -c {CONTAINER}"), "")
            } else {
                line.replace(CONTAINER, &item)
            };
            deeds::go_on(model, line, about)
        }
    }
}

/// The logs of all pods that something selects; `None` when there are none.
pub(super) fn all_logs(model: &mut Model, of: Of, options: LogOptions) -> Option<Vec<Effect>> {
    let kind = GroupKind::of::<Pod>();
    let there = model.known.sheet(&kind).into_iter().flat_map(|sheet| sheet.within(&of.namespace));
    let pods = there.filter(|pod| of.labels.matches(Some(&pod.labels))).map(|pod| pod.key(&kind)).collect();
    let logs = Logs::many(pods, Some(of), options)?;
    Some(push(model, View::Logs(logs)))
}

pub(super) fn logs(model: &mut Model, pod: Key, options: LogOptions) -> Vec<Effect> {
    push(model, View::Logs(Logs::of(pod, options)))
}

/// Speaks with a process, in a view of its own.
fn speak(model: &mut Model, action: Action, line: String) -> Vec<Effect> {
    if let Err(why) = begin::may(model, &line) {
        model.complain(why);
        return Vec::new();
    }
    let (generation, size, namespace) = (model.ask(), model.body(), model.here().to_owned());
    noted(model, generation, &action, &line);
    let view = View::Shell(Shell::new(generation, line, size));
    let ask = Effect::Speak { generation, action: Box::new(action), namespace, about: Vec::new(), size };
    push(model, view).into_iter().chain([ask]).collect()
}

pub(super) fn port_of(model: &mut Model, kind: &GroupKind, row: &Arc<Row>) -> Vec<Effect> {
    let port = row.leads.port.or_else(|| pod_of(kind, row, &model.known).and_then(|pod| pod.leads.port));
    if *kind != GroupKind::of::<Pod>() && row.leads.selects.is_empty() {
        model.say(format!("{} stands for no pods; enter goes into it", word(&row.key(kind))));
        return Vec::new();
    }
    let input = Input::with(port.map(|p| p.to_string()).unwrap_or_default());
    model.overlay = Some(Overlay::Port { input, to: row.key(kind) });
    Vec::new()
}

/// Opens a forward from `[LOCAL:]REMOTE`, as the command has it.
pub(super) fn forward(model: &mut Model, to: Key, ports: &str, address: &str) -> Result<Vec<Effect>, String> {
    let (local, remote) = ports.trim().split_once(':').unwrap_or((ports.trim(), ports.trim()));
    let bad =
        || format!("port {ports:?}: expected REMOTE, LOCAL:REMOTE or :REMOTE, by number or a port's name");
    let named = remote.parse::<u16>().is_err();
    let word = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if remote.is_empty() || remote == "0" || !remote.chars().all(word) {
        return Err(bad());
    }
    if named && !remote.contains(|c: char| c.is_ascii_alphabetic()) {
        return Err(bad());
    }
    let local = match local {
        "" => 0,
        // A port that is only named gets any that is free here.
        same if named && same == remote => 0,
        local => local.parse().map_err(|_| bad())?,
    };
    let remote = remote.to_owned();
    let generation = model.ask();
    let (carried, trouble) = (Carried::default(), None);
    model.known.forwards.push(Forwarded {
        generation,
        to: to.clone(),
        remote: remote.clone(),
        local: None,
        carried,
        trouble,
    });
    Ok(vec![Effect::Forward { generation, to, remote, address: address.into(), local }])
}
