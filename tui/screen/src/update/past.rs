//! Looking at how things were: the views show a moment of the cluster's history, read only, until one comes back.
//! What happens meanwhile is taken note of, and stands there again then.

use crate::{
    model::{Model, Past},
    msg::{Effect, Generation, Picture},
    rows::{Delta, Sheet},
};
use shared_api::{GroupKind, Timestamp, ago};
use std::{collections::BTreeSet, time::Duration};
use tui_commands::At;

/// How far one key goes.
const STEP: Duration = Duration::from_secs(15);

/// To a moment. What is newer than everything is now.
pub(super) fn go(model: &mut Model, to: At) -> Vec<Effect> {
    let now = model.known.now;
    let moment = match to {
        At::Ago(ago) => now - ago,
        At::Moment(moment) => moment,
        At::Revision(_) => now,
    };
    if moment >= now && !matches!(to, At::Revision(_)) {
        return leave(model);
    }
    let generation = model.ask();
    let before = model.past.take();
    let stop = before.as_ref().filter(|past| past.asked).map(|past| Effect::Stop(past.generation));
    let revision = before.and_then(|past| past.revision);
    model.past = Some(Past { generation, at: to, moment, revision, asked: true, kinds: BTreeSet::new() });
    let kinds = in_sight(model);
    stop.into_iter().chain(ask(model, kinds)).collect()
}

/// A step back, or forth.
pub(super) fn step(model: &mut Model, back: bool) -> Vec<Effect> {
    let from = match &model.past {
        Some(past) => past.moment,
        None if back => model.known.now,
        None => {
            model.say("this is now; < goes back in time");
            return Vec::new();
        }
    };
    let to = if back { from - STEP } else { from + STEP };
    go(model, At::Moment(to))
}

/// Back to now.
pub(super) fn leave(model: &mut Model) -> Vec<Effect> {
    let Some(past) = model.past.take() else {
        model.say("this is now");
        return Vec::new();
    };
    for (kind, sheet) in std::mem::take(&mut model.known.present) {
        let rows = sheet.iter().map(|row| Delta::Is(Box::new((**row).clone())));
        let deltas: Vec<_> = std::iter::once(Delta::Begin).chain(rows).chain([Delta::Complete]).collect();
        let shown = model.known.sheets.entry(kind).or_default();
        for delta in deltas {
            shown.take(delta);
        }
    }
    model.stale = true;
    model.say("now again");
    past.asked.then_some(Effect::Stop(past.generation)).into_iter().collect()
}

/// The kinds that views in sight show.
fn in_sight(model: &Model) -> Vec<GroupKind> {
    let tab = model.desk.tab();
    let seen = tab.seen(model.whole());
    let panes = seen.into_iter().filter_map(|(id, _)| tab.pane(id));
    let kinds: BTreeSet<_> = panes.flat_map(|pane| pane.view.look().kinds()).collect();
    kinds.into_iter().collect()
}

fn ask(model: &mut Model, kinds: Vec<GroupKind>) -> Option<Effect> {
    let past = model.past.as_mut()?;
    past.kinds.extend(kinds.iter().cloned());
    let at = past.revision.filter(|_| !past.asked).map_or(past.at, At::Revision);
    past.asked = true;
    Some(Effect::Past { generation: past.generation, at, kinds })
}

/// What came into sight since is asked for, too.
pub(super) fn look(model: &mut Model) -> Option<Effect> {
    let past = model.past.as_ref().filter(|past| !past.asked)?;
    let new: Vec<_> = in_sight(model).into_iter().filter(|kind| !past.kinds.contains(kind)).collect();
    if new.is_empty() { None } else { ask(model, new) }
}

/// How things were is known, or why not.
pub(super) fn take(model: &mut Model, generation: Generation, told: Result<Picture, String>) -> Vec<Effect> {
    let Some(past) = model.past.as_mut().filter(|past| past.generation == generation) else {
        return Vec::new();
    };
    past.asked = false;
    match told {
        Ok(Picture { revision, sheets }) => {
            past.revision = Some(revision);
            let known = &mut model.known;
            for (kind, deltas) in sheets {
                let shown = known.sheets.entry(kind.clone()).or_default();
                known.present.entry(kind).or_insert_with(|| shown.clone());
                for delta in deltas {
                    shown.take(delta);
                }
            }
            model.stale = true;
            Vec::new()
        }
        Err(why) => {
            // What is shown stays what it was said to be.
            let effects = leave(model);
            model.complain(why);
            effects
        }
    }
}

/// Where what happens now is taken note of.
pub(super) fn present<'a>(model: &'a mut Model, kind: &GroupKind) -> &'a mut Sheet {
    let known = &mut model.known;
    if model.past.is_some() && known.present.contains_key(kind) {
        return known.present.entry(kind.clone()).or_default();
    }
    known.sheets.entry(kind.clone()).or_default()
}

/// How the header says it.
pub(crate) fn said(past: &Past, now: Timestamp) -> String {
    let revision = past.revision.map_or(String::new(), |revision| format!(", rev {revision}"));
    let when = if matches!(past.at, At::Revision(_)) {
        "then".to_owned()
    } else {
        format!("{} ago", ago(past.moment, now))
    };
    format!("◷ {when}{}{revision} ", if past.asked { " …" } else { "" })
}
