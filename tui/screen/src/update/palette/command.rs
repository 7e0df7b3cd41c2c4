//! Commands of `--batch` after `:`. What goes on for ever becomes a view; everything else is performed.

use crate::{
    model::Model,
    msg::Effect,
    update::{confirm, edit, open},
    views::{Of, Text, View, Within, pod_of, pods_within},
};
use shared_api::{GroupKind, Key, LabelSelector, core};
use shared_client::LogOptions;
use tui_commands::{Action, Attach, ExecIn, Logs as AskedLogs, Risk, Rollout, grammar, risk};

/// Does what the words say, if the grammar knows them.
pub(super) fn run(model: &mut Model, words: &[&str], line: &str) -> Result<Vec<Effect>, String> {
    match grammar::parse(words).map_err(|e| e.to_string()) {
        Ok(action) => ask(model, action, line),
        Err(why) if why.lines().count() > 2 => {
            let text = Text::saying(0, line.into(), &why);
            Ok(open::push(model, View::Text(text)))
        }
        Err(why) => Err(why),
    }
}

fn ask(model: &mut Model, action: Action, line: &str) -> Result<Vec<Effect>, String> {
    let speaks = action.speaks();
    match action {
        Action::Logs(logs) => read(model, logs),
        Action::PortForward(forward) => {
            let to = named(model, &forward.pod, forward.namespace.as_deref())?;
            let mut effects = Vec::new();
            for ports in &forward.ports {
                effects.extend(open::forward(model, to.clone(), ports, &forward.address)?);
            }
            Ok(effects)
        }
        Action::Edit(asked) if !asked.scope.all_namespaces && asked.scope.selector.is_none() => {
            let word = match &asked.target.words[..] {
                [word] if word.contains('/') => word.clone(),
                [kind, name] if !kind.contains('/') => format!("{kind}/{name}"),
                _ => return Err("edit: name one object, such as deployment/web".into()),
            };
            let key = named(model, &word, asked.scope.namespace.as_deref())?;
            let uid = model.known.row(&key).map(|row| row.uid.to_string()).unwrap_or_default();
            Ok(edit::edit(model, key, &uid))
        }
        Action::Get(get) if get.watch => {
            Err("tables here are live: type only the kind, such as :pods".into())
        }
        Action::Events(events) if events.watch => Err("tables here are live: type :events".into()),
        // What is looked at stays to be looked at.
        Action::Path(_)
        | Action::ControlPlane
        | Action::Capacity(_)
        | Action::Diff(_)
        | Action::Decode(_)
        | Action::Preview(_)
        | Action::Rollout(Rollout::Show { .. }) => Ok(open::push(model, View::Text(Text::of(line)))),
        Action::Exec(ExecIn { pod: word, place, .. }) | Action::Attach(Attach { pod: word, place, .. })
            if speaks && place.container.is_none() =>
        {
            // Whose containers are not known here, the first is meant.
            let pod = pod(model, &word, place.namespace.as_deref()).ok();
            let uid = |pod: &Key| model.known.row(pod).map_or_else(Box::default, |row| row.uid.clone());
            let about: Vec<_> = pod.map(|pod| (pod.clone(), uid(&pod))).into_iter().collect();
            let (verb, rest) = line.trim().split_once(' ').unwrap_or((line, ""));
            Ok(open::which(model, format!("{verb} -c {} {rest}", open::CONTAINER), about))
        }
        other if risk(&other) == Risk::High || writes_files(&other) => {
            Ok(confirm::ask(model, vec![line.to_owned()], Vec::new()))
        }
        other => Ok(open::perform(model, other, line.to_owned())),
    }
}

/// Opens the log of a container, or those of many pods.
fn read(model: &mut Model, asked: AskedLogs) -> Result<Vec<Effect>, String> {
    let AskedLogs { pod: word, selector, all_pods, place, previous, timestamps, tail, since, .. } = asked;
    let many = selector.is_some() || all_pods;
    let usual = if many { open::TAIL / 10 } else { open::TAIL };
    let options = LogOptions {
        container: place.container.unwrap_or_default(),
        follow: !previous,
        previous,
        timestamps,
        tail_lines: Some(tail.unwrap_or(usual)).filter(|lines| *lines >= 0),
        since_seconds: since.map(|d| i64::try_from(d.as_secs()).unwrap_or(i64::MAX)),
        ..LogOptions::default()
    };
    let namespace = place.namespace.as_deref();
    let (Some(word), false) = (&word, many) else {
        let of = match (&word, selector) {
            (_, Some(labels)) => Of {
                by: format!("-l {labels}"),
                namespace: namespace.unwrap_or(model.here()).to_owned(),
                labels: LabelSelector::parse(&labels).map_err(|why| why.to_string())?,
            },
            (Some(word), None) => of_all(model, word, namespace)?,
            (None, None) => return Err("logs: name a pod, or select pods with -l".into()),
        };
        return open::all_logs(model, of, options)
            .ok_or_else(|| "there are no pods to read the logs of".into());
    };
    let pod = pod(model, word, namespace)?;
    Ok(open::logs(model, pod, options))
}

/// What selects the pods of `deployment/web`.
fn of_all(model: &Model, word: &str, namespace: Option<&str>) -> Result<Of, String> {
    let key = named(model, word, namespace)?;
    let row = model.known.row(&key).ok_or_else(|| format!("{key} is not known here"))?;
    match pods_within(&key.kind, row) {
        Some(Within::Selected { by, namespace, labels }) => Ok(Of { by, namespace, labels }),
        _ => Err(format!("{word} selects no pods")),
    }
}

/// Whether it writes what files say, which nobody sees in the line.
fn writes_files(action: &Action) -> bool {
    match action {
        Action::Apply(_) | Action::Replace(_) => risk(action) > Risk::None,
        Action::Create(create) => risk(action) > Risk::None && !create.files.is_empty(),
        _ => false,
    }
}

/// The object that `KIND/NAME [-n NAMESPACE]` names.
pub(super) fn object(model: &Model, word: &str, rest: &[&str]) -> Result<Key, String> {
    let namespace = match rest {
        [] => None,
        ["-n", namespace] => Some(*namespace),
        _ => return Err(format!("{word}: expected -n NAMESPACE or nothing after it")),
    };
    let mut key = named(model, word, namespace)?;
    if crate::msg::info(&key.kind).is_some_and(|kind| !kind.namespaced) {
        key.namespace.clear();
    }
    Ok(key)
}

/// What a word such as `web-1` or `svc/web` names.
fn named(model: &Model, word: &str, namespace: Option<&str>) -> Result<Key, String> {
    let namespace = namespace.unwrap_or(model.here());
    let (kind, name) = word.split_once('/').unwrap_or(("pods", word));
    let kind = shared_api::find(kind).ok_or_else(|| format!("there is no kind {kind:?}"))?;
    Ok(Key { kind: kind.group_kind(), namespace: namespace.into(), name: name.into() })
}

/// The pod that a word such as `web-1` or `deployment/web` means, as far as it is known here.
fn pod(model: &Model, word: &str, namespace: Option<&str>) -> Result<Key, String> {
    let key = named(model, word, namespace)?;
    if key.kind == GroupKind::of::<core::Pod>() {
        return Ok(key);
    }
    let row = model.known.row(&key);
    let row =
        row.ok_or_else(|| format!("{key} is not known here; open :{} first", key.kind.kind.to_lowercase()))?;
    let pod = pod_of(&key.kind, row, &model.known);
    pod.map(|pod| pod.key(&GroupKind::of::<core::Pod>())).ok_or_else(|| format!("{key} has no pods"))
}
