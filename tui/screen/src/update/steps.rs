//! Doing what a view asks for beyond itself.

use super::open;
use crate::{
    model::{Model, Pane, PaneId, Shows},
    msg::Effect,
    views::{Step, View},
};
use tui_commands::{Risk, grammar, risk};

/// What the view of the pane with the focus asked for.
pub(super) fn take(model: &mut Model, steps: Vec<Step>) -> Vec<Effect> {
    let pane = model.desk.tab().focus;
    of(model, pane, steps)
}

/// What the view of a pane of this tab asked for.
pub(super) fn of(model: &mut Model, pane: PaneId, steps: Vec<Step>) -> Vec<Effect> {
    let mut effects = Vec::new();
    for step in steps {
        match step {
            Step::Effect(Effect::Stop(ended)) => {
                effects.extend(open::forget(model, vec![Effect::Stop(ended)]));
            }
            Step::Effect(effect) => effects.push(effect),
            Step::Open(view, None) => effects.extend(open::push(model, *view)),
            Step::Open(view, Some(namespaces)) => effects.extend(open::push_in(model, *view, namespaces)),
            Step::Fill { generation, line } => match grammar::parse_line(&line) {
                // What changes something is not done again because it is looked at again.
                Ok(action) if risk(&action) > Risk::None => {
                    model.say(format!("{line} is not run again; : runs it"));
                }
                Ok(action) => effects.extend(open::ask(model, generation, action, line, Shows::Text)),
                Err(why) => model.complain(why.to_string()),
            },
            Step::Revive => effects.extend(revive(model, pane)),
            Step::Close => effects.extend(close(model, pane)),
            Step::Say(text) => model.say(text),
        }
    }
    effects
}

/// Asks the view of a pane for what fills it.
pub(super) fn revive(model: &mut Model, pane: PaneId) -> Vec<Effect> {
    let generation = model.ask();
    let Some(shown) = model.desk.tab_mut().pane_mut(pane) else { return Vec::new() };
    let steps = shown.view.look_mut().revive(generation);
    of(model, pane, steps)
}

/// Asks the view of a new pane, or one that was come back to, for what fills it, if that had ended.
pub(super) fn wake(model: &mut Model, pane: PaneId) -> Vec<Effect> {
    let shown = model.desk.tab().pane(pane);
    if shown.is_some_and(|shown| shown.view.look().broken_off()) { revive(model, pane) } else { Vec::new() }
}

/// Takes the view of a pane away; what is left in a pane that had no other is the pulse.
fn close(model: &mut Model, pane: PaneId) -> Vec<Effect> {
    let Some(shown) = model.desk.tab_mut().pane_mut(pane) else { return Vec::new() };
    let ended = shown.view.look().generation();
    if !shown.back() {
        shown.replace(View::Pulse(crate::views::Pulse::new()));
    }
    model.stale = true;
    ended.map(Effect::Stop).into_iter().collect()
}

/// The end of everything that goes on in a pane.
pub(super) fn stop(mut pane: Pane) -> Vec<Effect> {
    pane.generations().into_iter().map(Effect::Stop).collect()
}
