//! What a line after `:` does.

use super::{command, want};
use crate::{
    keys::Act,
    model::{Follow, Model, Namespaces, Overlay},
    msg::Effect,
    update::{act, begin, context, layout, link, open, past},
    views::{Capacity, Deeds, Forwards, Look as _, Pulse, Table, Text, Used, View, Within},
};
use shared_api::{GroupKind, Key};
use tui_commands::{At, Risk, grammar, risk};

/// Words of the palette that are no commands of `--batch`, and what follows each.
pub(crate) const WORDS: &[(&str, &str, &str)] = &[
    ("pulse", "", "how everything is, in one look"),
    ("pf", "", "the port-forwards"),
    ("at", "MOMENT", "how things were: -5m, 2026-01-01T00:00:00Z or a revision; now comes back"),
    ("now", "", "back from the past"),
    (
        "capacity",
        "",
        "how full the nodes are; capacity --drain NODE or --more KIND/NAME=COUNT says what would be",
    ),
    ("used-by", "KIND/NAME", "who refers to an object"),
    ("owned-by", "KIND/NAME KINDS", "what an object controls, as in owned-by deployment/web replicasets"),
    ("events-of", "KIND/NAME", "what happened to an object"),
    ("commands", "", "what was changed from here, and what can be undone"),
    ("ns", "NAMES", "look at these namespaces, as in a,b, or all"),
    ("ctx", "[NAME]", "go to another context of the kubeconfig"),
    ("follow", "WHAT", "a pane beside this one: logs, describe, yaml, events, why or timeline of the cursor"),
    ("layout", "NAME", "open a layout; save NAME keeps this tab as one, drop NAME forgets it"),
    ("layouts", "", "choose a layout"),
    ("skin", "[NAME]", "how things look: default, light, high-contrast, plain, or your own"),
    ("settings", "", "what is set, and what of it was not understood"),
    ("help", "", "every key"),
    ("quit", "", "leave"),
];

/// Does what a line says that may only look: from a configuration, not from a hand.
pub(crate) fn look_only(model: &mut Model, line: &str) -> Result<Vec<Effect>, String> {
    let changes = grammar::parse_line(line).is_ok_and(|action| risk(&action) > Risk::None);
    if changes || matches!(line.trim(), "q" | "quit" | "exit") {
        return Err(format!("{line}: it does more than look"));
    }
    run(model, line)
}

/// Does what a line says.
pub(crate) fn run(model: &mut Model, line: &str) -> Result<Vec<Effect>, String> {
    let words = grammar::split(line).map_err(|e| e.to_string())?;
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    Ok(match words[..] {
        [] => Vec::new(),
        ["q" | "quit" | "exit"] => {
            model.quit = true;
            Vec::new()
        }
        ["help"] => {
            model.overlay = Some(Overlay::Help(0));
            Vec::new()
        }
        ["pulse"] => open::push(model, View::Pulse(Pulse::new())),
        ["at", moment] => past::go(model, At::parse(moment)?),
        ["now"] => past::leave(model),
        ["capacity"] => open::push(model, View::Capacity(Capacity::default())),
        ["used-by", word, ref rest @ ..] => {
            let key = command::object(model, word, rest)?;
            open::push(model, View::Used(Used::by(key, model.known.now)))
        }
        ["owned-by", word, kind, ref rest @ ..] => {
            let by = command::object(model, word, rest)?;
            of_object(model, kind, Within::Owned { by: by.clone() }, &by)?
        }
        ["events-of", word, ref rest @ ..] => {
            let of = command::object(model, word, rest)?;
            of_object(model, "events", Within::About { of: of.clone() }, &of)?
        }
        ["commands"] => open::push(model, View::Deeds(Deeds::default())),
        ["pf" | "forwards"] => open::push(model, View::Forwards(Forwards::default())),
        ["ctx" | "contexts"] => context::choose(model)?,
        ["ctx", name] => context::go(model, name, None),
        ["ns" | "namespace", name] => {
            let to = Namespaces::parse(name).ok_or("ns wants names, as in :ns a,b, or all")?;
            open::namespaces(model, to);
            Vec::new()
        }
        ["follow", what] => link::open(model, follow(what)?),
        ["layout", "save", name] => layout::save(model, name)?,
        ["layout", "drop", name] => layout::forget(model, name)?,
        ["layout", name] => layout::open(model, name)?,
        ["layouts" | "layout"] => layout::choose(model)?,
        ["skin"] => begin::skins(model),
        ["skin", name] => {
            begin::skin(model, name)?;
            Vec::new()
        }
        ["settings"] => open::push(model, View::Text(Text::saying(0, line.into(), &begin::settings(model)))),
        [word]
            if shared_api::find(word).is_none()
                && !grammar::verbs().iter().any(|v| v == word)
                && Act::named(word).is_some() =>
        {
            Act::named(word).map_or_else(Vec::new, |meant| act::act(model, meant))
        }
        [kind, ref rest @ ..] => match shared_api::find(kind) {
            Some(kind) => table(model, kind.group_kind(), rest)?,
            None => command::run(model, &words, line)?,
        },
    })
}

/// A table of what has to do with an object, in its namespace.
fn of_object(model: &mut Model, kind: &str, within: Within, of: &Key) -> Result<Vec<Effect>, String> {
    let kind = shared_api::find(kind).ok_or_else(|| format!("there is no kind {kind:?}"))?;
    let table = View::Table(Table::of(kind.group_kind(), within));
    Ok(match &*of.namespace {
        "" => open::push(model, table),
        namespace => open::push_in(model, table, Namespaces::one(namespace.to_owned())),
    })
}

pub(crate) fn follow(what: &str) -> Result<Follow, String> {
    let known = || Follow::ALL.iter().map(|follow| follow.word()).collect::<Vec<_>>().join(", ");
    Follow::parse(what).ok_or_else(|| format!("{what:?} cannot be followed; there are {}", known()))
}

/// A table of a kind, as the rest of the line wants it.
fn table(model: &mut Model, kind: GroupKind, rest: &[&str]) -> Result<Vec<Effect>, String> {
    let want = want::read(rest)?;
    if let Some(context) = want.context.filter(|context| *context != model.known.context) {
        let rest: Vec<_> = rest.iter().filter(|word| **word != format!("@{context}")).copied().collect();
        let word = crate::msg::info(&kind).map_or("", |kind| kind.plural);
        return Ok(context::go(model, &context, Some(format!("{word} {}", rest.join(" ")))));
    }
    let mut table = Table::of(kind, Within::Namespace);
    table.filter_by(&want.filter);
    let namespaces = want.namespaces.unwrap_or_else(|| model.namespaces().clone());
    Ok(open::push_in(model, View::Table(table), namespaces))
}
