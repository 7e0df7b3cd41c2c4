//! An object in the person's editor: read, edited, shown as what it changes, asked about, written.

use super::{begin, confirm};
use crate::{
    keys::Act,
    model::{Model, Overlay, clean, word},
    msg::{Effect, Generation},
};
use shared_api::Key;
use tui_commands::{Action, edit::Draft, grammar, shown};

/// What is being edited, and what was written but not taken.
#[derive(Debug, Default)]
pub(crate) struct Editing {
    /// Somebody waits for the object.
    asked: Option<Generation>,
    /// What was written in the editor, until the cluster has it.
    kept: Option<Draft>,
    /// The line that writes it.
    line: String,
}

/// Begins with an object, or goes on with what was written of it.
pub(super) fn edit(model: &mut Model, key: Key, uid: &str) -> Vec<Effect> {
    if let Err(why) = begin::may(model, &format!("edit {}", word(&key))) {
        model.complain(why);
        return Vec::new();
    }
    let kept = model.editing.kept.as_ref();
    if let Some(draft) = kept.filter(|draft| draft.key == key && (uid.is_empty() || draft.uid == uid)) {
        return vec![Effect::Editor(Box::new(draft.clone()))];
    }
    let generation = model.ask();
    model.editing.asked = Some(generation);
    vec![Effect::Draft(generation, key)]
}

/// The object is there, if it is still wanted.
pub(super) fn drafted(
    model: &mut Model,
    generation: Generation,
    draft: Result<Box<Draft>, String>,
) -> Vec<Effect> {
    if model.editing.asked.take_if(|asked| *asked == generation).is_none() {
        return Vec::new();
    }
    // What was written goes on with what the object has become.
    let draft = match (draft, &model.editing.kept) {
        (Ok(newer), Some(kept)) if kept.key == newer.key => {
            kept.on(&newer).map(Box::new).map_err(|why| clean(&why.to_string()))
        }
        (draft, _) => draft,
    };
    match draft {
        Ok(draft) => vec![Effect::Editor(draft)],
        Err(why) => {
            model.complain(format!("edit: {why}"));
            Vec::new()
        }
    }
}

/// The editor has ended.
pub(super) fn edited(model: &mut Model, mut draft: Draft, text: Result<String, String>) -> Vec<Effect> {
    let text = match text {
        Ok(text) => text,
        Err(why) => {
            model.complain(clean(&why));
            return Vec::new();
        }
    };
    let change = draft.change(&text);
    draft.text = text;
    let about = (draft.key.clone(), draft.uid.clone().into());
    model.editing.kept = Some(draft);
    match change {
        Ok(None) => {
            model.editing.kept = None;
            model.say("nothing was changed, nothing is written");
            Vec::new()
        }
        Ok(Some(change)) => {
            let action = grammar::parse_line(&change.line);
            model.editing.line = action.map_or_else(|_| String::new(), |action| shown(&action, &change.line));
            let effects = confirm::ask(model, vec![change.line], vec![about]);
            if let Some(Overlay::Confirm(confirm)) = &mut model.overlay {
                confirm.diff = change.diff;
            }
            effects
        }
        Err(why) => {
            let why = again(model, &clean(&format!("edit: {why}")));
            model.complain(why);
            Vec::new()
        }
    }
}

fn again(model: &Model, why: &str) -> String {
    let key = model.config.keymap.key(Act::Edit);
    format!("{why}; {key} opens the editor again on what you wrote")
}

/// Whether a line writes what was edited.
fn is_ours(model: &Model, line: &str) -> bool {
    model.editing.kept.is_some() && model.editing.line == line
}

/// The object is no longer the one that was edited: it is read again.
pub(super) fn overtaken(model: &mut Model, line: &str) -> Option<Vec<Effect>> {
    let key = model.editing.kept.as_ref().filter(|_| is_ours(model, line))?.key.clone();
    let generation = model.ask();
    model.editing.asked = Some(generation);
    model.say(format!("{} was changed meanwhile; it is read again", word(&key)));
    Some(vec![Effect::Draft(generation, key)])
}

/// The person does not want it written: what was written is let go of.
pub(super) fn let_go(model: &mut Model, commands: &[(String, Action)]) {
    if commands.iter().any(|(line, action)| is_ours(model, &shown(action, line))) {
        model.editing.kept = None;
    }
}

/// The editor again on what these lines write, when they come from it.
pub(super) fn reopened(model: &Model, commands: &[(String, Action)]) -> Option<Effect> {
    let ours = commands.iter().any(|(line, action)| is_ours(model, &shown(action, line)));
    model.editing.kept.clone().filter(|_| ours).map(|draft| Effect::Editor(Box::new(draft)))
}

/// A line was performed: what was written is done with, or kept for another try.
pub(super) fn written(model: &mut Model, line: &str, error: Option<String>) -> Option<String> {
    if !is_ours(model, line) {
        return error;
    }
    if error.is_none() {
        model.editing.kept = None;
    }
    error.map(|why| again(model, &why))
}
