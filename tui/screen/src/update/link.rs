//! Panes that show what is under the cursor of another one. They follow when the cursor rests, so that running
//! through a list asks for nothing.

use super::{open, steps};
use crate::{
    model::{Desk, Follow, Link, Model, Pane, PaneId, Target, Turn, Way, word},
    msg::{Effect, Generation},
    rows::Row,
    views::{Logs, Table, Text, View, Within, pod_of},
};
use shared_api::{GroupKind, core};
use shared_client::LogOptions;
use std::sync::Arc;

/// Of a hundred, what the list keeps.
const LIST: u16 = 45;

/// Another pane beside the one with the focus, that follows its cursor. The focus stays.
pub(super) fn open(model: &mut Model, follow: Follow) -> Vec<Effect> {
    model.stale = true;
    let focus = model.desk.tab().focus;
    let pane = Pane::new(View::Text(Text::saying(0, String::new(), "")), model.namespaces().clone());
    match model.desk.split(focus, Way::Beside, LIST, pane) {
        Some(new) => tie(model, new, focus, follow),
        None => model.complain(format!("a tab has at most {} panes", Desk::most().0)),
    }
    Vec::new()
}

/// Ties a pane of this tab to the cursor of another.
pub(super) fn tie(model: &mut Model, pane: PaneId, of: PaneId, follow: Follow) {
    if let Some(pane) = model.desk.tab_mut().pane_mut(pane) {
        let title = format!("{} of the cursor", follow.word());
        let _ = pane.replace(View::Text(Text::saying(0, title, "")));
        pane.link = Some(Link::new(follow, of));
    }
}

/// Looks where the cursors are that panes in sight follow.
pub(super) fn look(model: &mut Model) -> Vec<Effect> {
    let seen = model.desk.tab().seen(model.whole());
    let mut effects = Vec::new();
    for (id, _) in seen {
        let tab = model.desk.tab();
        let Some((follow, of)) = tab.pane(id).and_then(|p| p.link.as_ref()).map(|l| (l.follow, l.of)) else {
            continue;
        };
        // Something was opened in it: it goes on when one has come back from there.
        if tab.pane(id).is_some_and(|pane| pane.path().len() > 1) {
            continue;
        }
        let Some(source) = tab.pane(of) else {
            effects.extend(untie(model, id));
            continue;
        };
        let Some((kind, row)) = source.view.look().object() else { continue };
        let (kind, row) = subject(model, follow, &kind, &row);
        let fresh = model.ask();
        let Some(link) = model.desk.tab_mut().pane_mut(id).and_then(|pane| pane.link.as_mut()) else {
            continue;
        };
        match link.look(Target::of(&kind, &row), fresh) {
            Turn::Stay => {}
            Turn::Return(wait) => effects.push(Effect::Stop(wait)),
            Turn::Wait(before) => {
                effects.extend(before.map(Effect::Stop));
                effects.push(Effect::Rest(fresh));
            }
        }
    }
    effects
}

/// What is shown of an object: itself, but the log of the pod it stands for.
fn subject(model: &Model, follow: Follow, kind: &GroupKind, row: &Arc<Row>) -> (GroupKind, Arc<Row>) {
    let pod = (follow == Follow::Logs).then(|| pod_of(kind, row, &model.known)).flatten();
    pod.map_or_else(|| (kind.clone(), Arc::clone(row)), |pod| (GroupKind::of::<core::Pod>(), pod))
}

/// A pane that follows nothing any longer keeps what it shows.
fn untie(model: &mut Model, id: PaneId) -> Option<Effect> {
    let link = model.desk.tab_mut().pane_mut(id)?.link.take()?;
    link.wait().map(Effect::Stop)
}

/// A cursor has rested: the pane that follows it shows what it is on, and what it showed before ends.
pub(super) fn rested(model: &mut Model, wait: Generation) -> Vec<Effect> {
    let panes = model.desk.tab().panes();
    let mut waiting =
        panes.filter(|(_, pane)| pane.link.as_ref().is_some_and(|link| link.wait() == Some(wait)));
    let Some(id) = waiting.next().map(|(id, _)| id) else { return Vec::new() };
    drop(waiting);
    let Some(pane) = model.desk.tab_mut().pane_mut(id) else { return Vec::new() };
    let Some(link) = &mut pane.link else { return Vec::new() };
    let follow = link.follow;
    let Some((target, same)) = link.rested(wait) else { return Vec::new() };
    if same {
        return steps::revive(model, id);
    }
    let mut view = view(follow, &target, &model.known);
    if let (Some(before), Some(now)) = (pane.view.look_mut().pager_mut(), view.look_mut().pager_mut()) {
        (now.wrap, now.filter) = (before.wrap, before.filter.clone());
    }
    if let (View::Logs(before), View::Logs(now)) = (&pane.view, &mut view) {
        now.as_before(before);
    }
    let kinds = view.look().kinds();
    let ended = pane.replace(view);
    model.stale = true;
    let mut effects = open::forget(model, ended.map(Effect::Stop).into_iter().collect());
    effects.extend(kinds.iter().filter_map(|kind| model.known.watch(kind)));
    effects.extend(steps::wake(model, id));
    effects
}

fn view(follow: Follow, target: &Target, known: &crate::model::Known) -> View {
    let key = &target.key;
    match follow {
        Follow::Logs if key.kind != GroupKind::of::<core::Pod>() => {
            let text = format!("{} stands for no pod that is known here", word(key));
            View::Text(Text::saying(0, "logs".into(), &text))
        }
        Follow::Logs => {
            let containers = known.row(key).map(|row| &row.leads.containers);
            let container = containers.and_then(|all| all.first()).cloned().unwrap_or_default();
            let tail_lines = Some(open::TAIL);
            let options = LogOptions { container, follow: true, tail_lines, ..LogOptions::default() };
            View::Logs(Logs::of(key.clone(), options))
        }
        Follow::Events => {
            View::Table(Table::of(GroupKind::of::<core::Event>(), Within::About { of: key.clone() }))
        }
        Follow::Yaml => View::Text(Text::yaml(key)),
        Follow::Describe | Follow::Why | Follow::Timeline => View::Text(Text::about(follow.word(), key)),
    }
}
