//! What is done to every object that is marked, or to the cursor's when none is.

use super::{begin, open};
use crate::{
    keys::Act,
    model::{Confirm, Model, Overlay, word},
    msg::Effect,
    rows::Row,
};
use shared_api::{GroupKind, Key};
use std::{collections::BTreeMap, fmt::Write, sync::Arc};
use tui_commands::{Action, grammar};

pub(super) fn act(model: &mut Model, act: Act) -> Vec<Effect> {
    let Some((kind, rows)) = model.table().map(|table| (table.kind.clone(), table.meant())) else {
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
    if let Err(why) = begin::may(model, lines.first().map_or("", String::as_str)) {
        model.complain(why);
        return Vec::new();
    }
    let commands: Result<Vec<_>, _> =
        lines.into_iter().map(|line| grammar::parse_line(&line).map(|action| (line, action))).collect();
    match commands {
        Ok(commands) if act == Act::Delete => {
            let about = rows.iter().map(|row| (row.key(&kind), row.uid.clone())).collect();
            model.overlay = Some(Overlay::Confirm(Box::new(Confirm { commands, about })));
            Vec::new()
        }
        Ok(commands) => perform(model, commands),
        Err(why) => {
            model.complain(why.to_string());
            Vec::new()
        }
    }
}

/// Does all of them.
pub(super) fn perform(model: &mut Model, commands: Vec<(String, Action)>) -> Vec<Effect> {
    commands.into_iter().flat_map(|(line, action)| open::perform(model, action, line)).collect()
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
