//! The line after `:`: a kind to look at, a place to go, or any command of `--batch`.

use super::{link, open};
use crate::{
    input::Input,
    model::{Follow, Model, Namespaces, Overlay, Palette},
    msg::Effect,
    views::{Forwards, Look, Pulse, Table, Text, View, Within, pod_of},
};
use crossterm::event::{KeyCode, KeyEvent};
use shared_api::{GroupKind, Key, core};
use shared_client::LogOptions;
use tui_commands::{Action, grammar};

/// Words of the palette that are no commands of `--batch`.
const WORDS: &[&str] = &["pulse", "pf", "ns", "quit", "help", "follow"];

pub(super) fn press(model: &mut Model, mut palette: Palette, key: KeyEvent) -> Vec<Effect> {
    match key.code {
        KeyCode::Esc => return Vec::new(),
        KeyCode::Backspace if palette.input.text.is_empty() => return Vec::new(),
        KeyCode::Enter => {
            let line = palette.input.text.trim().to_owned();
            if line.is_empty() {
                return Vec::new();
            }
            model.history.retain(|l| *l != line);
            model.history.push(line.clone());
            model.message = None;
            return run(model, &line).unwrap_or_else(|why| {
                model.complain(why);
                Vec::new()
            });
        }
        KeyCode::Tab => complete(model, &mut palette),
        KeyCode::Up | KeyCode::Down => {
            let end = model.history.len();
            let up = key.code == KeyCode::Up;
            palette.back = if up { (palette.back + 1).min(end) } else { palette.back.saturating_sub(1) };
            let line = model.history.get(end.wrapping_sub(palette.back)).cloned();
            palette.input = Input::with(line.unwrap_or_default());
        }
        _ => {
            palette.input.key(key);
            palette.candidates.clear();
        }
    }
    model.overlay = Some(Overlay::Palette(palette));
    Vec::new()
}

fn complete(model: &Model, palette: &mut Palette) {
    let names = |word: &str| model.names(word);
    let before = palette.input.before().to_owned();
    let typing = before.rsplit(char::is_whitespace).next().unwrap_or_default();
    let mut found = if before.starts_with("ns ") {
        names("namespaces")
    } else if before.starts_with("follow ") {
        Follow::ALL.iter().map(|follow| follow.word().to_owned()).collect()
    } else {
        grammar::complete(&before, &names)
    };
    if !before.contains(char::is_whitespace) {
        found.extend(WORDS.iter().map(|w| (*w).to_owned()));
    }
    found.retain(|w| w.starts_with(typing));
    let common = found.iter().skip(1).fold(found.first().cloned().unwrap_or_default(), |common, word| {
        common.chars().zip(word.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
    });
    palette.input.insert(common.get(typing.len()..).unwrap_or_default());
    if found.len() == 1 && palette.input.before().len() == palette.input.text.len() {
        palette.input.insert(" ");
        found.clear();
    }
    palette.candidates = found;
}

fn run(model: &mut Model, line: &str) -> Result<Vec<Effect>, String> {
    let words = grammar::split(line).map_err(|e| e.to_string())?;
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        [] => return Ok(Vec::new()),
        ["q" | "quit" | "exit"] => {
            model.quit = true;
            return Ok(Vec::new());
        }
        ["help"] => {
            model.overlay = Some(Overlay::Help(0));
            return Ok(Vec::new());
        }
        ["pulse"] => return Ok(open::push(model, View::Pulse(Pulse::new()))),
        ["pf" | "forwards"] => return Ok(open::push(model, View::Forwards(Forwards::default()))),
        ["ns" | "namespace", name] => {
            let to = Namespaces::parse(name).ok_or("ns wants names, as in :ns a,b, or all")?;
            open::namespaces(model, to);
            return Ok(Vec::new());
        }
        ["follow", what] => {
            let known = || Follow::ALL.iter().map(|f| f.word()).collect::<Vec<_>>().join(", ");
            let follow =
                Follow::parse(what).ok_or_else(|| format!("{what:?} cannot be followed: {}", known()))?;
            return Ok(link::open(model, follow));
        }
        [kind, ref rest @ ..] => {
            if let Some(kind) = shared_api::find(kind) {
                return look(model, kind.group_kind(), rest);
            }
        }
    }
    let action = grammar::parse(&words).map_err(|e| e.to_string());
    match action {
        Ok(action) => ask(model, action, line),
        Err(why) if why.lines().count() > 2 => {
            let text = Text::saying(0, line.into(), &why);
            Ok(open::push(model, View::Text(text)))
        }
        Err(why) => Err(why),
    }
}

/// `KIND [NAMESPACE | -n NAME | -A] [-l LABELS] [/FILTER…]`; a filter goes to the end of the line.
fn look(model: &mut Model, kind: GroupKind, rest: &[&str]) -> Result<Vec<Effect>, String> {
    let mut table = Table::of(kind, Within::Namespace);
    let (mut words, mut namespaces, mut filter) = (rest.iter(), None, Vec::new());
    while let Some(word) = words.next() {
        let mut value = || words.next().map(|w| (*w).to_owned()).ok_or(format!("{word} wants a value"));
        match *word {
            "-A" => namespaces = Some(Namespaces::All),
            "-n" => namespaces = Namespaces::parse(&value()?),
            "-l" => filter.extend(["-l".to_owned(), value()?]),
            other => match other.strip_prefix('/') {
                Some(first) => filter.push(first.to_owned()),
                None if !filter.is_empty() => filter.push(other.to_owned()),
                None if namespaces.is_some() || other.starts_with('-') => {
                    return Err(format!("{other:?}: expected NAMESPACE, -n NAME, -A, -l LABELS or /FILTER"));
                }
                None => namespaces = Namespaces::parse(other),
            },
        }
    }
    table.filter_by(&filter.join(" "));
    if let Some(why) = table.trouble() {
        return Err(why.to_owned());
    }
    let namespaces = namespaces.unwrap_or_else(|| model.namespaces().clone());
    Ok(open::push_in(model, View::Table(table), namespaces))
}

/// What goes on for ever becomes a view; everything else is performed.
fn ask(model: &mut Model, action: Action, line: &str) -> Result<Vec<Effect>, String> {
    match action {
        Action::Logs(logs) => {
            let pod = pod(model, &logs.pod, logs.namespace.as_deref())?;
            let options = LogOptions {
                container: logs.container.unwrap_or_default(),
                follow: !logs.previous,
                previous: logs.previous,
                timestamps: logs.timestamps,
                tail_lines: Some(logs.tail.unwrap_or(open::TAIL)),
                since_seconds: logs.since.map(|d| i64::try_from(d.as_secs()).unwrap_or(i64::MAX)),
                ..LogOptions::default()
            };
            Ok(open::logs(model, pod, options))
        }
        Action::Exec(exec) => {
            let pod = pod(model, &exec.pod, exec.namespace.as_deref())?;
            Ok(open::shell(model, pod, exec.container.unwrap_or_default(), exec.command))
        }
        Action::PortForward(forward) => {
            let pod = pod(model, &forward.pod, forward.namespace.as_deref())?;
            let mut effects = Vec::new();
            for ports in &forward.ports {
                effects.extend(open::forward(model, pod.clone(), ports, &forward.address)?);
            }
            Ok(effects)
        }
        Action::Get(get) if get.watch => {
            Err("tables here are live: type only the kind, such as :pods".into())
        }
        Action::Events(events) if events.watch => Err("tables here are live: type :events".into()),
        other => Ok(open::perform(model, other, line.to_owned())),
    }
}

/// The pod that a word such as `web-1` or `deployment/web` means, as far as it is known here.
fn pod(model: &Model, word: &str, namespace: Option<&str>) -> Result<Key, String> {
    let namespace = namespace.unwrap_or(model.here());
    let (kind, name) = word.split_once('/').unwrap_or(("pods", word));
    let kind = shared_api::find(kind).ok_or_else(|| format!("there is no kind {kind:?}"))?;
    let key = Key { kind: kind.group_kind(), namespace: namespace.into(), name: name.into() };
    if key.kind == GroupKind::of::<core::Pod>() {
        return Ok(key);
    }
    let row = model.known.row(&key);
    let row = row.ok_or_else(|| format!("{key} is not known here; open :{} first", kind.plural))?;
    let pod = pod_of(&key.kind, row, &model.known);
    pod.map(|pod| pod.key(&GroupKind::of::<core::Pod>())).ok_or_else(|| format!("{key} has no pods"))
}
