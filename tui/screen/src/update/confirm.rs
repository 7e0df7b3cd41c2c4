//! The question before something changes: the very lines, what they take with them, and how sure one has to be.

use super::{begin, edit, open};
use crate::{
    input::Input,
    model::{Confirm, Foreseen, Model, Overlay},
    msg::{Effect, Generation},
};
use crossterm::event::{KeyCode, KeyEvent};
use shared_api::Key;
use tui_commands::{Action, Blast, Risk, Undo, grammar, risk};

/// More objects than this are confirmed by their number.
const MANY: usize = 10;

type About = Vec<(Key, Box<str>)>;

/// Asks before these lines run; what changes nothing runs at once.
pub(super) fn ask(model: &mut Model, lines: Vec<String>, about: About) -> Vec<Effect> {
    let parsed: Result<Vec<_>, _> =
        lines.into_iter().map(|line| grammar::parse_line(&line).map(|action| (line, action))).collect();
    let commands = match parsed {
        Ok(commands) => commands,
        Err(why) => {
            model.complain(why.to_string());
            return Vec::new();
        }
    };
    if commands.iter().all(|(_, action)| risk(action) == Risk::None) {
        let run = |(line, _): (String, Action)| super::palette::run(model, &line);
        let done: Vec<_> = commands.into_iter().map(run).collect();
        return done.into_iter().flat_map(|done| told(model, done)).collect();
    }
    if let Some((line, _)) = commands.first()
        && let Err(why) = begin::may(model, line)
    {
        model.complain(why);
        return Vec::new();
    }
    over(model, commands, about, None)
}

fn told(model: &mut Model, done: Result<Vec<Effect>, String>) -> Vec<Effect> {
    done.unwrap_or_else(|why| {
        model.complain(why);
        Vec::new()
    })
}

/// Asks before what was done is taken back.
pub(super) fn undo(model: &mut Model, line: &str, of: Generation, undo: Vec<Undo>) -> Vec<Effect> {
    if let Err(why) = begin::may(model, line) {
        model.complain(why);
        return Vec::new();
    }
    let about = undo.iter().map(|undo| (undo.about.0.clone(), undo.about.1.clone().into())).collect();
    let commands = undo.into_iter().map(|undo| (undo.line, undo.action)).collect();
    over(model, commands, about, Some(of))
}

fn over(
    model: &mut Model,
    commands: Vec<(String, Action)>,
    about: About,
    undoes: Option<Generation>,
) -> Vec<Effect> {
    let generation = model.ask();
    let actions = commands.iter().map(|(_, action)| action.clone()).collect();
    let typed = must_type(&commands, &about);
    let confirm = Confirm {
        commands,
        about,
        foreseen: Foreseen::Asked(generation),
        typed,
        undoes,
        diff: String::new(),
        top: 0,
    };
    model.overlay = Some(Overlay::Confirm(Box::new(confirm)));
    vec![Effect::Foresee { generation, actions, namespace: model.here().to_owned() }]
}

/// What has to be typed before anything is known of what goes with it.
fn must_type(commands: &[(String, Action)], about: &About) -> Option<(String, Input)> {
    let heavy = |key: &Key| {
        matches!(
            &*key.kind.kind,
            "Namespace" | "PersistentVolume" | "PersistentVolumeClaim" | "CustomResourceDefinition"
        )
    };
    let high = commands.iter().any(|(_, action)| risk(action) == Risk::High);
    let deletes = commands.iter().any(|(_, action)| matches!(action, Action::Delete(_)));
    (high && (about.len() > MANY || (deletes && about.iter().any(|(key, _)| heavy(key)))))
        .then(|| (name_of(about), Input::default()))
}

/// What stands for the objects: the name of the only one, or their number.
fn name_of(about: &About) -> String {
    match &about[..] {
        [(key, _)] => key.name.clone(),
        [] => "yes".into(),
        many => many.len().to_string(),
    }
}

/// What goes with it is known now, if it is still asked.
pub(super) fn foreseen(model: &mut Model, generation: Generation, blast: Result<Blast, String>) {
    let Some(Overlay::Confirm(confirm)) = &mut model.overlay else { return };
    if confirm.foreseen != Foreseen::Asked(generation) {
        return;
    }
    // What files and patches do is known only now.
    let high =
        |action: &Action| risk(action) == Risk::High || matches!(action, Action::Apply(_) | Action::Patch(_));
    let high = confirm.commands.iter().any(|(_, action)| high(action));
    match blast {
        Ok(mut blast) => {
            if confirm.diff.is_empty() {
                confirm.diff = std::mem::take(&mut blast.diff);
            }
            if high && blast.grave() && confirm.undoes.is_none() {
                confirm.typed.get_or_insert_with(|| (name_of(&confirm.about), Input::default()));
            }
            confirm.foreseen = Foreseen::Known(blast);
        }
        Err(why) => confirm.foreseen = Foreseen::Failed(crate::model::clean(&why)),
    }
}

/// A key while it is asked.
pub(super) fn press(model: &mut Model, mut confirm: Box<Confirm>, key: KeyEvent) -> Vec<Effect> {
    let stop = match confirm.foreseen {
        Foreseen::Asked(generation) => vec![Effect::Stop(generation)],
        _ => Vec::new(),
    };
    if let Some(top) = scrolled(&confirm, key, model) {
        confirm.top = top;
        model.overlay = Some(Overlay::Confirm(confirm));
        return Vec::new();
    }
    if let Some((wanted, input)) = &mut confirm.typed {
        match key.code {
            KeyCode::Esc => {
                edit::let_go(model, &confirm.commands);
                model.say("nothing was done");
                return stop;
            }
            KeyCode::Enter if input.text.trim() == wanted => {
                return stop.into_iter().chain(run(model, *confirm)).collect();
            }
            KeyCode::Enter => {}
            _ => {
                input.key(key);
            }
        }
        model.overlay = Some(Overlay::Confirm(confirm));
        return Vec::new();
    }
    match key.code {
        KeyCode::Char('y') => stop.into_iter().chain(run(model, *confirm)).collect(),
        KeyCode::Esc | KeyCode::Char('n' | 'q') => {
            edit::let_go(model, &confirm.commands);
            model.say("nothing was done");
            stop
        }
        // The line can be changed before it runs, when it is one.
        KeyCode::Char('e') if confirm.commands.len() == 1 && confirm.undoes.is_none() => {
            if let Some(editor) = edit::reopened(model, &confirm.commands) {
                return stop.into_iter().chain([editor]).collect();
            }
            let Confirm { mut commands, about, .. } = *confirm;
            let line = commands.pop().map(|(line, _)| line).unwrap_or_default();
            model.overlay = Some(Overlay::Line { input: Input::with(line), about });
            stop
        }
        _ => {
            model.overlay = Some(Overlay::Confirm(confirm));
            Vec::new()
        }
    }
}

/// Where a key scrolls it to, if it does.
fn scrolled(confirm: &Confirm, key: KeyEvent, model: &Model) -> Option<usize> {
    let page = usize::from(model.body().1.saturating_sub(6).max(1));
    let end = crate::draw::confirm_end(confirm, model);
    let top = confirm.top.min(end);
    if confirm.typed.is_some() && matches!(key.code, KeyCode::Char(_)) {
        return None;
    }
    let to = match key.code {
        KeyCode::Up | KeyCode::Char('k') => top.saturating_sub(1),
        KeyCode::Down | KeyCode::Char('j') => top + 1,
        KeyCode::PageUp => top.saturating_sub(page),
        KeyCode::PageDown | KeyCode::Char(' ') => top + page,
        KeyCode::Char('g') => 0,
        KeyCode::Char('G') => end,
        _ => return None,
    };
    Some(to.min(end))
}

fn run(model: &mut Model, confirm: Confirm) -> Vec<Effect> {
    let Confirm { commands, about, undoes, .. } = confirm;
    let known = |(key, _): &&(Key, Box<str>)| model.known.sheet(&key.kind).is_some();
    let same = |(key, uid): &&(Key, Box<str>)| model.known.row(key).is_some_and(|row| row.uid == *uid);
    if let Some((key, _)) = about.iter().filter(known).find(|about| !same(about)) {
        let why = format!("{key} is gone, or another one of that name; nothing was done");
        model.complain(why);
        return Vec::new();
    }
    if let Some(of) = undoes {
        for deed in model.deeds.iter_mut().filter(|deed| deed.generation == of) {
            deed.undone = true;
        }
    }
    let run = |(line, action)| open::perform_on(model, action, line, &about);
    commands.into_iter().flat_map(run).collect()
}
