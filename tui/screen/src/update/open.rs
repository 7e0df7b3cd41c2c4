//! Opening views, and starting what fills them.

use crate::{
    input::Input,
    model::{Forwarded, Logs, Model, Overlay, Shell, Shows, Table, Text, Then, View, pod_of, word},
    msg::{Effect, Generation},
    pager::Pager,
    rows::Row,
};
use shared_api::{GroupKind, Key, core::Pod};
use shared_client::LogOptions;
use std::sync::Arc;
use tui_commands::{Action, grammar};

/// How many lines a log opens with.
pub(crate) const TAIL: i64 = 5000;

/// How deep views may lie on each other.
const DEPTH: usize = 20;

pub(super) fn push(model: &mut Model, view: View) -> Option<Effect> {
    model.views.push(view);
    model.stale = true;
    if model.views.len() <= DEPTH {
        return None;
    }
    generation(&model.views.remove(0)).map(Effect::Stop)
}

/// What a view waits for answers to.
pub(super) fn generation(view: &View) -> Option<Generation> {
    match view {
        View::Logs(logs) => Some(logs.generation),
        View::Shell(shell) => Some(shell.generation),
        View::Text(text) => Some(text.generation),
        View::Table(_) | View::Forwards(_) | View::Pulse(_) => None,
    }
}

pub(super) fn table(model: &mut Model, table: Table) -> Vec<Effect> {
    let watch = model.watch(&table.kind);
    push(model, View::Table(table)).into_iter().chain(watch).collect()
}

pub(super) fn namespace(model: &mut Model, name: Option<String>) {
    match &name {
        Some(name) => model.say(format!("namespace {name}")),
        None => model.say("all namespaces"),
    }
    model.namespace = name;
    model.stale = true;
}

fn within(key: &Key) -> String {
    if key.namespace.is_empty() { String::new() } else { format!(" -n {}", key.namespace) }
}

pub(super) fn describe(model: &mut Model, key: &Key) -> Vec<Effect> {
    text(model, &format!("describe {}{}", word(key), within(key)))
}

pub(super) fn why(model: &mut Model, key: &Key) -> Vec<Effect> {
    text(model, &format!("why {}{}", word(key), within(key)))
}

pub(super) fn timeline(model: &mut Model, key: &Key) -> Vec<Effect> {
    text(model, &format!("timeline {}{}", word(key), within(key)))
}

pub(super) fn yaml(model: &mut Model, key: &Key) -> Vec<Effect> {
    text(model, &format!("get {}{} -o yaml", word(key), within(key)))
}

/// A text view that a command line fills.
fn text(model: &mut Model, line: &str) -> Vec<Effect> {
    let (pager, generation) = (Pager::of(""), 0);
    let mut effects: Vec<_> =
        push(model, View::Text(Text { generation, line: line.into(), pager, loading: true }))
            .into_iter()
            .collect();
    effects.extend(again(model, line));
    effects
}

/// Fills the text view on top again.
pub(super) fn again(model: &mut Model, line: &str) -> Vec<Effect> {
    match grammar::parse_line(line) {
        Ok(action) => {
            let effects = start(model, action, line.to_owned(), Shows::Text);
            let asked = model.running.last().map_or(0, |(g, ..)| *g);
            if let View::Text(text) = model.view_mut() {
                (text.generation, text.loading) = (asked, true);
            }
            effects
        }
        Err(error) => {
            model.complain(error.to_string());
            Vec::new()
        }
    }
}

/// Does what a line says; the answer goes to the message line, or to a text when it is long.
pub(super) fn perform(model: &mut Model, action: Action, line: String) -> Vec<Effect> {
    // While it runs, the message line says so.
    model.message = None;
    start(model, action, line, Shows::Message)
}

fn start(model: &mut Model, action: Action, line: String, shows: Shows) -> Vec<Effect> {
    let generation = model.ask();
    model.running.push((generation, line, shows));
    let namespace = model.here().to_owned();
    vec![Effect::Perform { generation, action: Box::new(action), namespace }]
}

pub(super) fn containers(model: &Model, pod: &Key) -> Vec<String> {
    model.row(pod).map(|row| row.leads.containers.clone()).unwrap_or_default()
}

fn pod_behind(model: &mut Model, kind: &GroupKind, row: &Arc<Row>) -> Option<Key> {
    let found = pod_of(kind, row, &model.sheets).map(|pod| pod.key(&GroupKind::of::<Pod>()));
    if found.is_none() {
        model.say(format!("{} stands for no pod; enter goes into it", word(&row.key(kind))));
    }
    found
}

pub(super) fn logs_of(model: &mut Model, kind: &GroupKind, row: &Arc<Row>) -> Vec<Effect> {
    let Some(pod) = pod_behind(model, kind, row) else { return Vec::new() };
    choose(model, pod, "logs of", Then::Logs)
}

pub(super) fn shell_of(model: &mut Model, kind: &GroupKind, row: &Arc<Row>) -> Vec<Effect> {
    let Some(pod) = pod_behind(model, kind, row) else { return Vec::new() };
    choose(model, pod, "shell in", Then::Shell)
}

fn choose(model: &mut Model, pod: Key, what: &str, then: fn(Key) -> Then) -> Vec<Effect> {
    let items = containers(model, &pod);
    if items.len() > 1 {
        let title = format!("{what} {}: which container?", pod.name);
        model.overlay = Some(Overlay::Choose { title, items, at: 0, then: then(pod) });
        return Vec::new();
    }
    chosen(model, then(pod), items.into_iter().next().unwrap_or_default())
}

/// A choice was made.
pub(super) fn chosen(model: &mut Model, then: Then, item: String) -> Vec<Effect> {
    match then {
        Then::Namespace => {
            namespace(model, Some(item));
            Vec::new()
        }
        Then::Sort => Vec::new(),
        Then::Logs(pod) => {
            if let View::Logs(logs) = model.view_mut() {
                logs.options.container = item;
                return restart_logs(model);
            }
            let options =
                LogOptions { container: item, follow: true, tail_lines: Some(TAIL), ..LogOptions::default() };
            logs(model, pod, options)
        }
        Then::Shell(pod) => shell(model, pod, item, vec!["sh".into()]),
    }
}

pub(super) fn logs(model: &mut Model, pod: Key, options: LogOptions) -> Vec<Effect> {
    let generation = model.ask();
    let view =
        Logs { generation, pod: pod.clone(), options: options.clone(), pager: Pager::default(), ended: None };
    let stop = push(model, View::Logs(view));
    stop.into_iter().chain([Effect::Logs { generation, pod, options }]).collect()
}

pub(super) fn restart_logs(model: &mut Model) -> Vec<Effect> {
    let generation = model.ask();
    let View::Logs(logs) = model.view_mut() else { return Vec::new() };
    let stop = Effect::Stop(logs.generation);
    logs.generation = generation;
    logs.ended = None;
    logs.pager.clear();
    vec![stop, Effect::Logs { generation, pod: logs.pod.clone(), options: logs.options.clone() }]
}

pub(super) fn shell(model: &mut Model, pod: Key, container: String, command: Vec<String>) -> Vec<Effect> {
    let (generation, size) = (model.ask(), model.body());
    let view = Shell::new(generation, pod.clone(), container.clone(), size);
    let stop = push(model, View::Shell(Box::new(view)));
    stop.into_iter().chain([Effect::Shell { generation, pod, container, command, size }]).collect()
}

pub(super) fn port_of(model: &mut Model, kind: &GroupKind, row: &Arc<Row>) -> Vec<Effect> {
    let Some(pod) = pod_behind(model, kind, row) else { return Vec::new() };
    let port = model.row(&pod).and_then(|row| row.leads.port);
    let input = Input::with(port.map(|p| p.to_string()).unwrap_or_default());
    model.overlay = Some(Overlay::Port { input, pod });
    Vec::new()
}

/// Opens a forward from `[LOCAL:]REMOTE`, as the command has it.
pub(super) fn forward(
    model: &mut Model,
    pod: Key,
    ports: &str,
    address: &str,
) -> Result<Vec<Effect>, String> {
    let (local, remote) = ports.trim().split_once(':').unwrap_or((ports.trim(), ports.trim()));
    let bad = || format!("port {ports:?}: expected REMOTE, LOCAL:REMOTE or :REMOTE");
    let local = if local.is_empty() { 0 } else { local.parse().map_err(|_| bad())? };
    let remote = remote.parse().ok().filter(|p| *p > 0).ok_or_else(bad)?;
    let generation = model.ask();
    let (connections, trouble) = (0, None);
    model.forwards.push(Forwarded {
        generation,
        pod: pod.clone(),
        remote,
        local: None,
        connections,
        trouble,
    });
    Ok(vec![Effect::Forward { generation, pod, remote, address: address.into(), local }])
}
