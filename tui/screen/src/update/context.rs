//! Going to another cluster. What is known of this one, and everything that goes on in front of it, ends when
//! the way to the other one is open.

use super::{begin, layout, open, palette};
use crate::{
    model::{Known, Model, Overlay, Running, Shows, Then},
    msg::{Arrived, Effect, Generation},
};

/// Finds the way to a context; a line can say what is looked at there.
pub(super) fn go(model: &mut Model, context: &str, then: Option<String>) -> Vec<Effect> {
    if !model.given.contexts.iter().any(|known| known == context) {
        let known = model.given.contexts.join(", ");
        model.complain(format!("there is no context {context:?}; there are {known}"));
        return Vec::new();
    }
    // Only one way is found at a time.
    let others = model.running.iter().filter(|running| running.line.starts_with("ctx "));
    let others = others.map(|running| Effect::Stop(running.generation)).collect();
    let mut effects = open::forget(model, others);
    let generation = model.ask();
    model.message = None;
    model.runs(generation, format!("ctx {context}"), Shows::Message);
    model.after = then.map(|line| (generation, line));
    effects.push(Effect::Connect(generation, context.to_owned()));
    effects
}

/// The way is open, or it is not; an answer that nobody waits for any more is nothing.
pub(super) fn arrived(
    model: &mut Model,
    generation: Generation,
    arrived: Result<Arrived, String>,
) -> Vec<Effect> {
    let Some(at) = model.running.iter().position(|running| running.generation == generation) else {
        return Vec::new();
    };
    let Running { line, .. } = model.running.remove(at);
    let Arrived { context, server, home } = match arrived {
        Ok(arrived) => arrived,
        Err(why) => {
            model.complain(format!("{line}: {why}"));
            return Vec::new();
        }
    };
    let ended = model.known.forwards.len();
    let (kept, at) = layout::all(model);
    let mut effects = vec![Effect::Enter(generation)];
    effects.extend(model.enter(Known::new(&context, &server, &home, model.known.now)));
    effects.extend(begin::settle_in(model));
    let closed = layout::again(model, kept, at, &mut effects);
    let after = model.after.take_if(|(asked, _)| *asked == generation);
    match after.map(|(_, line)| palette::run(model, &line)) {
        Some(Ok(more)) => effects.extend(more),
        Some(Err(why)) => model.complain(why),
        None => {
            let mut told = format!("context {context}");
            if closed > 0 {
                told.push_str(&format!("; {closed} views of one object each were left there"));
            }
            if ended > 0 {
                told.push_str(&format!("; {ended} port-forwards have ended"));
            }
            model.say(told);
        }
    }
    effects
}

/// Asks for a context.
pub(super) fn choose(model: &mut Model) -> Result<Vec<Effect>, String> {
    let items = model.given.contexts.clone();
    if items.is_empty() {
        return Err("there is no kubeconfig with other contexts here".into());
    }
    let at = items.iter().position(|item| *item == model.known.context).unwrap_or(0);
    model.overlay = Some(Overlay::Choose { title: "context".into(), items, at, then: Then::Context });
    Ok(Vec::new())
}
