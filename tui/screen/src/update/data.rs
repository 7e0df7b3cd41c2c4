//! What comes from outside: objects, lines, bytes, answers. What nobody waits for any more is dropped.

use crate::{
    model::{Message, Model, Shows, Text, View},
    msg::{Effect, Generation, Msg, Outcome},
    pager::Pager,
};
use shared_api::GroupKind;
use shared_client::Standing;

pub(super) fn take(model: &mut Model, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Tick(now) => {
            model.now = now;
        }
        Msg::Rows(kind, deltas, revision) => {
            let sheet = model.sheets.entry(kind).or_default();
            for delta in deltas {
                sheet.take(delta);
            }
            model.revision = model.revision.max(revision);
            model.stale = true;
        }
        Msg::Standing(kind, standing) => stand(model, &kind, standing),
        Msg::Performed(generation, outcome) => performed(model, generation, outcome),
        Msg::Lines(generation, lines) => {
            for view in &mut model.views {
                if let View::Logs(logs) = view
                    && logs.generation == generation
                {
                    logs.pager.push(lines);
                    break;
                }
            }
        }
        Msg::Screen(generation, bytes) => {
            for view in &mut model.views {
                if let View::Shell(shell) = view
                    && shell.generation == generation
                {
                    let answer = shell.show(&bytes);
                    return if answer.is_empty() {
                        Vec::new()
                    } else {
                        vec![Effect::Type(generation, answer)]
                    };
                }
            }
        }
        Msg::Ended(generation, why) => ended(model, generation, why.as_deref()),
        Msg::Forwarding(generation, Ok(local)) => {
            if let Some(forward) = model.forwards.iter_mut().find(|f| f.generation == generation) {
                forward.local = Some(local);
                let text = format!("forwarding {local} to {} port {}", forward.pod, forward.remote);
                model.say(format!("{text}; :pf lists, x there stops"));
            }
        }
        Msg::Forwarding(generation, Err(why)) => {
            let known = model.forwards.len();
            model.forwards.retain(|f| f.generation != generation);
            if model.forwards.len() < known {
                model.complain(format!("port-forward: {why}"));
            }
        }
        Msg::Carried(generation, connections) => {
            if let Some(forward) = model.forwards.iter_mut().find(|f| f.generation == generation) {
                forward.connections = connections;
            }
        }
        Msg::ForwardTrouble(generation, why) => {
            if let Some(forward) = model.forwards.iter_mut().find(|f| f.generation == generation) {
                forward.trouble = Some(crate::model::clean(&why));
            }
        }
        Msg::Key(_) | Msg::Paste(_) | Msg::Resize(..) | Msg::Frame => {}
    }
    Vec::new()
}

fn stand(model: &mut Model, kind: &GroupKind, standing: Standing) {
    let now = model.now;
    let watch = model.watches.entry(kind.clone()).or_default();
    watch.since = if standing.connected { None } else { watch.since.or(Some(now)) };
    watch.known |= standing.synced;
    watch.standing = Standing { trouble: standing.trouble.as_deref().map(crate::model::clean), ..standing };
    model.stale = true;
}

fn performed(model: &mut Model, generation: Generation, outcome: Outcome) {
    let Some(at) = model.running.iter().position(|(g, ..)| *g == generation) else { return };
    let (_, line, shows) = model.running.remove(at);
    let Outcome { text, notes, dropped, error } = outcome;
    let mut whole = text;
    for note in &notes {
        whole.push_str(note);
        whole.push('\n');
    }
    if dropped > 0 {
        whole.push_str(&format!("({dropped} more bytes were not kept; use dhow --batch {line})\n"));
    }
    model.message = None;
    if shows == Shows::Text {
        let asked = model.views.iter_mut().find_map(|view| match view {
            View::Text(text) if text.generation == generation => Some(text),
            _ => None,
        });
        if let Some(asked) = asked {
            if let Some(why) = &error {
                whole.push_str(&format!("{why}\n"));
            }
            let top = asked.pager.top;
            let Pager { wrap, filter, .. } = std::mem::take(&mut asked.pager);
            asked.pager = Pager { top, wrap, filter, ..Pager::of(&whole) };
            asked.loading = false;
        }
        return;
    }
    if let Some(why) = &error
        && whole.trim().is_empty()
        && why.lines().count() < 3
    {
        model.complain(format!("{line}: {why}"));
        return;
    }
    if let Some(why) = &error {
        whole.push_str(&format!("{why}\n"));
    }
    let short = whole.lines().count() <= 1;
    if short {
        let said = if whole.trim().is_empty() { "done" } else { whole.trim() };
        let text = crate::model::clean(&format!("{line}: {said}"));
        model.message = Some(Message { text, bad: error.is_some() });
        return;
    }
    let pager = Pager::of(&whole);
    model.views.push(View::Text(Text { generation, line, pager, loading: false }));
}

fn ended(model: &mut Model, generation: Generation, why: Option<&str>) {
    let said = crate::model::clean(why.unwrap_or("it ended"));
    for view in &mut model.views {
        match view {
            View::Logs(logs) if logs.generation == generation => logs.ended = Some(said.clone()),
            View::Shell(shell) if shell.generation == generation => shell.ended = Some(said.clone()),
            _ => {}
        }
    }
    if let View::Logs(logs) = model.view()
        && logs.generation == generation
        && let Some(why) = why
    {
        // The title may have no room for it.
        model.say(format!("the log ended: {why}"));
    }
    // A shell left with `exit` has nothing more to show.
    if why.is_none() && model.views.len() > 1 {
        let before = model.views.len();
        model.views.retain(|v| !matches!(v, View::Shell(shell) if shell.generation == generation));
        model.stale |= model.views.len() < before;
    }
}
