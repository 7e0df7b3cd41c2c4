//! What can be done with objects: each is a command line, shown before it runs and to be changed before that.

use super::{begin, confirm, open};
use crate::{
    input::Input,
    keys::Act,
    model::{Deed, Model, Overlay, Then, word},
    msg::{Effect, info},
    rows::Row,
};
use shared_api::{GroupKind, Key, KindInfo};
use std::{collections::BTreeMap, fmt::Write, sync::Arc};
use tui_commands::{Action, grammar};

/// One thing that can be done.
struct Way {
    /// The key's action, if it has a key of its own.
    act: Option<Act>,
    what: &'static str,
    fits: fn(&KindInfo) -> bool,
    line: Line,
}

/// How the line is written.
enum Line {
    /// For all objects of a namespace at once: `{}` is where their words stand.
    All(&'static str),
    /// For each by itself: `{}` is its word, `{name}` its name, `{now}` the time of day, `{container}` its first.
    Each(&'static str),
}

const fn all(what: &'static str, act: Option<Act>, fits: fn(&KindInfo) -> bool, line: &'static str) -> Way {
    Way { act, what, fits, line: Line::All(line) }
}

const fn each(what: &'static str, act: Option<Act>, fits: fn(&KindInfo) -> bool, line: &'static str) -> Way {
    Way { act, what, fits, line: Line::Each(line) }
}

fn any(_: &KindInfo) -> bool {
    true
}

fn scales(kind: &KindInfo) -> bool {
    kind.subresources.contains(&"scale")
}

fn rolls(kind: &KindInfo) -> bool {
    matches!(kind.kind, "Deployment" | "DaemonSet" | "StatefulSet")
}

fn pauses(kind: &KindInfo) -> bool {
    kind.kind == "Deployment"
}

fn templated(kind: &KindInfo) -> bool {
    rolls(kind) || matches!(kind.kind, "ReplicaSet" | "ReplicationController" | "CronJob")
}

fn node(kind: &KindInfo) -> bool {
    kind.kind == "Node"
}

fn pod(kind: &KindInfo) -> bool {
    kind.kind == "Pod"
}

fn cron(kind: &KindInfo) -> bool {
    kind.kind == "CronJob"
}

fn job(kind: &KindInfo) -> bool {
    kind.kind == "Job"
}

fn secret(kind: &KindInfo) -> bool {
    kind.kind == "Secret"
}

fn service(kind: &KindInfo) -> bool {
    kind.kind == "Service"
}

/// What can be done, in the order of the list. A line that ends in `=`, `:` or a space asks for the rest.
const WAYS: &[Way] = &[
    all("scale", Some(Act::Scale), scales, "scale {} --replicas="),
    all("restart the rollout", Some(Act::Restart), rolls, "rollout restart {}"),
    each("show the rollout", Some(Act::Rollout), rolls, "rollout show {}"),
    all("undo the rollout", None, rolls, "rollout undo {}"),
    all("pause the rollout", None, pauses, "rollout pause {}"),
    all("resume the rollout", None, pauses, "rollout resume {}"),
    each("set an image", Some(Act::Image), templated, "set image {} {container}="),
    each("run now", None, cron, "create job {name}-{now} --from=cronjob/{name}"),
    all("suspend", None, cron, r#"patch {} --type=merge -p '{"spec":{"suspend":true}}'"#),
    all("resume", None, cron, r#"patch {} --type=merge -p '{"spec":{"suspend":false}}'"#),
    each("run again", None, job, "rerun {}"),
    each("show what it says", None, secret, "decode {}"),
    each("show its way through the kernels", Some(Act::Path), service, "path {}"),
    each("cordon", None, node, "cordon {name}"),
    each("uncordon", None, node, "uncordon {name}"),
    each("drain", Some(Act::Drain), node, "drain {name} --ignore-daemonsets --delete-emptydir-data"),
    each("what a drain would do", None, node, "capacity --drain {name}"),
    all("taint", None, node, "taint {} "),
    each("a shell that sees all of the node", Some(Act::Shell), node, "debug -it node/{name} -- sh"),
    each("what ten more would do", None, scales, "capacity --more {}=10"),
    each("a guest with a shell in it", None, pod, "debug -it {} --target={container} -- sh"),
    each("attach", None, pod, "attach -it {} -c {container}"),
    each("copy from it", None, pod, "cp {name}:"),
    each("what has changed", Some(Act::Diff), any, "diff {} --at={at}"),
    all("label", None, any, "label --overwrite {} "),
    all("annotate", None, any, "annotate --overwrite {} "),
    all("delete", None, any, "delete --no-wait {}"),
    all("delete at once", None, any, "delete --no-wait --force {}"),
    all("delete, keep what it owns", None, any, "delete --no-wait --cascade=orphan {}"),
];

/// What is meant: the marked rows, else that of the cursor.
pub(super) fn meant(model: &Model) -> Option<(GroupKind, Vec<Arc<Row>>)> {
    if let Some(table) = model.table() {
        let rows = table.meant();
        return (!rows.is_empty()).then(|| (table.kind.clone(), rows));
    }
    model.view().look().object().map(|(kind, row)| (kind, vec![row]))
}

/// Does what a key of its own means.
pub(super) fn act(model: &mut Model, act: Act) -> Vec<Effect> {
    let Some((kind, rows)) = meant(model) else {
        model.say("there is nothing here to act on");
        return Vec::new();
    };
    let Some(way) = WAYS.iter().find(|way| way.act == Some(act)) else { return Vec::new() };
    let Some(info) = info(&kind).filter(|info| (way.fits)(info)) else {
        let what = way.what;
        model.say(format!("{}: there is no {what:?}", word(&rows[0].key(&kind))));
        return Vec::new();
    };
    let lines = lines(way, info, &rows, model);
    propose(model, lines, &kind, &rows)
}

/// Asks which of all that can be done.
pub(super) fn choose(model: &mut Model) -> Vec<Effect> {
    let Some((kind, rows)) = meant(model) else {
        model.say("there is nothing here to act on");
        return Vec::new();
    };
    let Some(info) = info(&kind) else { return Vec::new() };
    let items = WAYS.iter().filter(|way| (way.fits)(info)).map(|way| way.what.to_owned()).collect();
    let title = match &rows[..] {
        [one] => word(&one.key(&kind)),
        many => format!("{} {}", many.len(), info.plural),
    };
    model.overlay = Some(Overlay::Choose { title, items, at: 0, then: Then::Do });
    Vec::new()
}

/// One of them was chosen.
pub(super) fn chosen(model: &mut Model, what: &str) -> Vec<Effect> {
    let Some((kind, rows)) = meant(model) else { return Vec::new() };
    let Some(info) = info(&kind) else { return Vec::new() };
    let Some(way) = WAYS.iter().find(|way| way.what == what && (way.fits)(info)) else { return Vec::new() };
    let lines = lines(way, info, &rows, model);
    propose(model, lines, &kind, &rows)
}

/// Shows lines before they run: what lacks something is to be completed first.
fn propose(model: &mut Model, lines: Vec<String>, kind: &GroupKind, rows: &[Arc<Row>]) -> Vec<Effect> {
    let about: Vec<_> = rows.iter().map(|row| (row.key(kind), row.uid.clone())).collect();
    match &lines[..] {
        [one] if one.contains(open::CONTAINER) => open::which(model, one.clone(), about),
        [one] => propose_line(model, one.clone(), about),
        [one, ..] if one.ends_with(['=', ' ', ':']) => {
            model.say("this is done to one at a time: take the marks away");
            Vec::new()
        }
        _ => confirm::ask(model, lines, about),
    }
}

fn propose_line(model: &mut Model, line: String, about: Vec<(Key, Box<str>)>) -> Vec<Effect> {
    if !line.ends_with(['=', ' ', ':']) {
        return confirm::ask(model, vec![line], about);
    }
    if let Err(why) = begin::may(model, line.trim_end()) {
        model.complain(why);
        return Vec::new();
    }
    // A name that is to be given stands where the cursor is.
    model.overlay = Some(Overlay::Line { input: Input::with(line), about });
    Vec::new()
}

/// Goes on with a line that lacked its container.
pub(super) fn go_on(model: &mut Model, line: String, about: Vec<(Key, Box<str>)>) -> Vec<Effect> {
    match grammar::parse_line(&line) {
        // It is shown above what is said in it.
        Ok(action @ (Action::Exec(_) | Action::Attach(_))) => open::perform_on(model, action, line, &about),
        _ => propose_line(model, line, about),
    }
}

fn lines(way: &Way, info: &KindInfo, rows: &[Arc<Row>], model: &Model) -> Vec<String> {
    let now = model.known.now;
    let past = model.past.as_ref().and_then(|past| past.revision);
    let at = past.map_or_else(|| "-5m".to_owned(), |revision| revision.to_string());
    let kind = info.group_kind();
    let within = |namespace: &str| match namespace {
        "" => String::new(),
        namespace => format!(" -n {namespace}"),
    };
    match way.line {
        Line::Each(line) => {
            let of = |row: &Arc<Row>| {
                // Of one that has several it is asked.
                let container = match (&row.leads.containers[..], rows.len()) {
                    ([_, _, ..], 1) => Some(open::CONTAINER.to_owned()),
                    (all, _) => all.first().cloned(),
                };
                let text = line
                    .replace("{}", &word(&row.key(&kind)))
                    .replace("{name}", &row.name)
                    .replace("{at}", &at)
                    .replace("{now}", &now.strftime("%H%M%S").to_string())
                    .replace("{container}", &container.unwrap_or_else(|| "*".into()));
                named(&text, &within(&row.namespace))
            };
            rows.iter().map(of).collect()
        }
        Line::All(line) => {
            let mut places = BTreeMap::<&str, String>::new();
            for row in rows {
                let _ = write!(places.entry(&row.namespace).or_default(), " {}", word(&row.key(&kind)));
            }
            let of = |(namespace, words): (&&str, &String)| {
                named(&line.replace("{}", words.trim_start()), &within(namespace))
            };
            places.iter().map(of).collect()
        }
    }
}

/// The line with its namespace: right after the verb, where nothing that is still to be typed stands.
fn named(line: &str, namespace: &str) -> String {
    if namespace.is_empty() {
        return line.to_owned();
    }
    let verbs = if line.starts_with("rollout ") || line.starts_with("set ") || line.starts_with("create ") {
        2
    } else {
        1
    };
    let at = line.match_indices(' ').nth(verbs - 1).map_or(line.len(), |(at, _)| at);
    format!("{}{namespace}{}", &line[..at], &line[at..])
}

/// The line that was shown is to be run as it stands now.
pub(super) fn typed(model: &mut Model, line: &str, about: Vec<(Key, Box<str>)>) -> Vec<Effect> {
    confirm::ask(model, vec![line.trim().to_owned()], about)
}

/// Takes back what was done last and can be taken back: asks with the lines that do it.
pub(super) fn undo(model: &mut Model) -> Vec<Effect> {
    let Some(deed) = model.deeds.iter_mut().rev().find(|deed| !deed.undo.is_empty() && !deed.undone) else {
        model.say("nothing was done here that can be taken back");
        return Vec::new();
    };
    let Deed { undo, line, generation, .. } = deed;
    let (undo, line, generation) = (undo.clone(), line.clone(), *generation);
    confirm::undo(model, &line, generation, undo)
}
