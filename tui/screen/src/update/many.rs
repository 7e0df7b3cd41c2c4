//! What is done to every object that is marked, or to the cursor's when none is.

use super::{begin, confirm, deeds, open};
use crate::{
    keys::Act,
    model::{Model, Pane, word},
    msg::Effect,
    rows::Row,
    views::{self, Logs, Of, View, Within},
};
use shared_api::{GroupKind, Key, core};
use shared_client::LogOptions;
use std::{collections::BTreeMap, fmt::Write, sync::Arc};
use tui_commands::grammar;

pub(super) fn act(model: &mut Model, act: Act) -> Vec<Effect> {
    let Some((kind, rows)) = deeds::meant(model) else {
        model.say("there is nothing here to act on");
        return Vec::new();
    };
    let lines = match act {
        Act::Delete => deletes(&kind, &rows),
        Act::Cordon => rows.iter().map(|row| format!("cordon {}", row.name)).collect(),
        _ => rows.iter().map(|row| format!("uncordon {}", row.name)).collect(),
    };
    if lines.is_empty() {
        model.say("there is nothing here to act on");
        return Vec::new();
    }
    let about: Vec<_> = rows.iter().map(|row| (row.key(&kind), row.uid.clone())).collect();
    if act == Act::Delete {
        return confirm::ask(model, lines, about);
    }
    if let Err(why) = begin::may(model, lines.first().map_or("", String::as_str)) {
        model.complain(why);
        return Vec::new();
    }
    let commands: Result<Vec<_>, _> =
        lines.into_iter().map(|line| grammar::parse_line(&line).map(|action| (line, action))).collect();
    match commands {
        Ok(commands) => {
            let run = |(line, action)| open::perform_on(model, action, line, &about);
            commands.into_iter().flat_map(run).collect()
        }
        Err(why) => {
            model.complain(why.to_string());
            Vec::new()
        }
    }
}

/// The logs of all that is marked, else of every pod that the object stands for.
pub(super) fn logs(model: &mut Model) -> Vec<Effect> {
    let Some((kind, rows)) = model.table().map(|table| (table.kind.clone(), table.meant())) else {
        return Vec::new();
    };
    let pods = GroupKind::of::<core::Pod>();
    let within = |row: &Arc<Row>| match views::pods_within(&kind, row) {
        Some(Within::Selected { by, namespace, labels }) => Some(Of { by, namespace, labels }),
        _ => None,
    };
    let mut keys = Vec::new();
    for row in &rows {
        if kind == pods {
            keys.push(row.key(&pods));
        } else if let Some(of) = within(row) {
            let there = model.known.sheet(&pods).into_iter().flat_map(|sheet| sheet.within(&of.namespace));
            keys.extend(there.filter(|pod| of.labels.matches(Some(&pod.labels))).map(|pod| pod.key(&pods)));
        }
    }
    // Of one workload those are read too that come later.
    let of = match &rows[..] {
        [one] if kind != pods => within(one),
        _ => None,
    };
    let tail_lines = Some(open::TAIL / 10);
    let options = LogOptions { follow: true, tail_lines, ..LogOptions::default() };
    if let Some(logs) = Logs::many(keys, of, options) {
        return open::push(model, View::Logs(logs));
    }
    model.say("there are no pods to read the logs of");
    Vec::new()
}

/// Pods that came to a workload whose logs are in sight are read too.
pub(super) fn join(model: &mut Model) -> Vec<Effect> {
    let seen = model.desk.tab().seen(model.whole());
    let Model { desk, known, .. } = model;
    let tab = desk.tab_mut();
    let mut effects = Vec::new();
    for (id, _) in seen {
        if let Some(Pane { view: View::Logs(logs), .. }) = tab.pane_mut(id) {
            effects.extend(logs.join(known));
        }
    }
    effects
}

/// A line for each namespace, that deletes what is there of them.
fn deletes(kind: &GroupKind, rows: &[Arc<Row>]) -> Vec<String> {
    let mut places: BTreeMap<&str, Vec<Key>> = BTreeMap::new();
    for row in rows {
        places.entry(&row.namespace).or_default().push(row.key(kind));
    }
    places
        .into_iter()
        .map(|(namespace, keys)| {
            let mut line = "delete".to_owned();
            for key in &keys {
                let _ = write!(line, " {}", word(key));
            }
            line.push_str(" --no-wait");
            if !namespace.is_empty() {
                let _ = write!(line, " -n {namespace}");
            }
            line
        })
        .collect()
}
