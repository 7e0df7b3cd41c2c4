//! What comes from outside: objects, lines, bytes, answers. What nobody waits for any more is dropped.

use super::{confirm, context, edit, link, open, past, steps};
use crate::{
    model::{Message, Model, Pane, PaneId, Running, Shows, word},
    msg::{Effect, Generation, Msg, Outcome, Over},
    views::{Step, Text, View},
};

pub(super) fn take(model: &mut Model, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Tick(now) => {
            model.known.tick(now);
            return refresh(model);
        }
        Msg::Rows(kind, deltas, revision) => {
            let sheet = past::present(model, &kind);
            for delta in deltas {
                sheet.take(delta);
            }
            model.known.revision = model.known.revision.max(revision);
            model.stale = true;
        }
        Msg::Standing(kind, standing) => {
            model.known.stand(kind, standing);
            model.stale = true;
        }
        Msg::Progress(generation, told) => {
            if let Some(running) = model.running.iter_mut().find(|r| r.generation == generation) {
                running.told = crate::model::clean(&told);
            }
        }
        Msg::Performed(generation, outcome) => return performed(model, generation, outcome),
        Msg::Foreseen(generation, blast) => confirm::foreseen(model, generation, blast),
        Msg::Past(generation, told) => return past::take(model, generation, told),
        Msg::Saved(Ok(text)) => model.say(text),
        Msg::Saved(Err(why)) => model.complain(why),
        Msg::Lines(generation, _)
        | Msg::Told { generation, .. }
        | Msg::SourceEnded(generation, ..)
        | Msg::Screen(generation, _)
        | Msg::Ended(generation, _)
        | Msg::Over(generation, _)
        | Msg::Uses(generation, _) => {
            return hear(model, generation, msg);
        }
        Msg::Arrived(generation, arrived) => return context::arrived(model, generation, arrived),
        Msg::Rested(generation) => return link::rested(model, generation),
        Msg::Drafted(generation, draft) => return edit::drafted(model, generation, draft),
        Msg::Edited(draft, text) => return edit::edited(model, *draft, text),
        Msg::Forwarding(generation, Ok(local)) => {
            if let Some(forward) = model.known.forwards.iter_mut().find(|f| f.generation == generation) {
                forward.local = Some(local);
                let text = format!("forwarding {local} to {} port {}", word(&forward.to), forward.remote);
                model.say(format!("{text}; :pf lists, x there stops"));
            }
        }
        Msg::Forwarding(generation, Err(why)) => {
            let known = model.known.forwards.len();
            model.known.forwards.retain(|f| f.generation != generation);
            if model.known.forwards.len() < known {
                model.complain(format!("port-forward: {why}"));
            }
        }
        Msg::Carried(generation, carried) => {
            if let Some(forward) = model.known.forwards.iter_mut().find(|f| f.generation == generation) {
                forward.carried = carried;
            }
        }
        Msg::ForwardTrouble(generation, why) => {
            if let Some(forward) = model.known.forwards.iter_mut().find(|f| f.generation == generation) {
                forward.trouble = Some(crate::model::clean(&why));
            }
        }
        Msg::Key(_) | Msg::Touch(_) | Msg::Paste(_) | Msg::Resize(..) | Msg::Frame => {}
    }
    Vec::new()
}

/// Asks again for what is in sight and moves by itself.
fn refresh(model: &mut Model) -> Vec<Effect> {
    if model.past.is_some() {
        return Vec::new();
    }
    let seen = model.desk.tab().seen(model.whole());
    let Model { desk, known, .. } = model;
    let tab = desk.tab_mut();
    let mut due = Vec::new();
    for (id, _) in seen {
        due.extend(tab.pane_mut(id).is_some_and(|pane| pane.view.look_mut().due(known)).then_some(id));
    }
    due.into_iter().flat_map(|id| steps::revive(model, id)).collect()
}

/// An answer goes to the view that asked for it, wherever that lies.
fn hear(model: &mut Model, generation: Generation, msg: Msg) -> Vec<Effect> {
    if let Msg::Over(_, over) = &msg {
        let outcome = match over {
            Over::Done | Over::Left => "ended".into(),
            Over::Code(code) => format!("exit code {code}"),
            Over::Failed(why) => crate::model::clean(why),
        };
        model.deeds.iter_mut().filter(|deed| deed.generation == generation).for_each(|deed| {
            deed.outcome.clone_from(&outcome);
        });
    }
    let focused = model.view().look().generation() == Some(generation);
    let mut views = model.desk.views_mut();
    let Some(view) = views.find(|view| view.look().generation() == Some(generation)) else {
        return Vec::new();
    };
    let said = view.look_mut().hear(msg);
    drop(views);
    if focused {
        return steps::take(model, said);
    }
    // What is not looked at says nothing, and is taken away where it lies.
    let mut effects = Vec::new();
    for step in said {
        match step {
            Step::Effect(effect) => effects.push(effect),
            Step::Close => {
                let gone = |view: &View| view.look().generation() == Some(generation);
                model.stale |= model.desk.panes_mut().any(|pane| pane.drop_view(gone));
            }
            _ => {}
        }
    }
    effects
}

fn performed(model: &mut Model, generation: Generation, outcome: Outcome) -> Vec<Effect> {
    let Outcome { text, notes, dropped, error, conflict, undo } = outcome;
    if let Some(deed) = model.deeds.iter_mut().find(|deed| deed.generation == generation) {
        deed.outcome = error.as_ref().map_or_else(|| "done".into(), |why| crate::model::clean(why));
        deed.undo = undo;
    }
    let Some(at) = model.running.iter().position(|r| r.generation == generation) else { return Vec::new() };
    let Running { line, shows, pane, .. } = model.running.remove(at);
    if conflict && let Some(effects) = edit::overtaken(model, &line) {
        return effects;
    }
    let error = edit::written(model, &line, error);
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
        let asked = model.desk.views_mut().find_map(|view| match view {
            View::Text(text) if text.generation == generation => Some(text),
            _ => None,
        });
        if let Some(asked) = asked {
            if let Some(why) = &error {
                whole.push_str(&format!("{why}\n"));
            }
            asked.fill(&whole);
        }
        return Vec::new();
    }
    if let Some(why) = &error
        && whole.trim().is_empty()
        && why.lines().count() < 3
    {
        model.complain(format!("{line}: {why}"));
        return Vec::new();
    }
    if let Some(why) = &error {
        whole.push_str(&format!("{why}\n"));
    }
    let short = whole.lines().count() <= 1;
    if short {
        let said = if whole.trim().is_empty() { "done" } else { whole.trim() };
        let text = crate::model::clean(&format!("{line}: {said}"));
        model.message = Some(Message { text, bad: error.is_some() });
        return Vec::new();
    }
    tell(model, pane, Text::saying(0, line, &whole))
}

/// A long answer is shown in the pane that asked, if it is in sight and no shell that is being typed into; else in a
/// tab of its own.
fn tell(model: &mut Model, pane: PaneId, text: Text) -> Vec<Effect> {
    let there = model.desk.tab().pane(pane);
    if there.is_none_or(|there| matches!(there.view, View::Shell(_))) {
        let told = format!("{}: {} lines, in a tab of their own", text.line, text.pager.len());
        let (at, namespaces) = (model.desk.at(), model.namespaces().clone());
        if model.desk.open(Pane::new(View::Text(text), namespaces)) {
            model.desk.show(at);
            model.say(told);
        } else {
            model.complain("there is no room for an answer: close a tab");
        }
        return Vec::new();
    }
    let focus = model.desk.tab().focus;
    model.desk.tab_mut().focus(pane);
    let effects = open::push(model, View::Text(text));
    model.desk.tab_mut().focus(focus);
    effects
}
