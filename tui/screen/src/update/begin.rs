//! The start, in a cluster: what is set for its context takes effect.

use super::palette;
use crate::{
    config::Config,
    draw::Skin,
    model::{Model, Overlay, Then},
    msg::Effect,
};
use std::fmt::Write;

/// Takes over what is set, and opens what is to be looked at first.
pub(crate) fn begin(model: &mut Model, config: Config) -> Vec<Effect> {
    model.config = config;
    let effects = settle_in(model);
    if let [first, rest @ ..] = &model.config.troubles[..] {
        let more = if rest.is_empty() { String::new() } else { format!(" (and {} more)", rest.len()) };
        let told = format!("{}: {first}{more}; :settings tells all", file(model));
        model.complain(told);
    }
    effects
}

/// What is set for the context counts from now on.
pub(super) fn settle_in(model: &mut Model) -> Vec<Effect> {
    let settings = model.config.settings(&model.known.context);
    let skin = settings.skin.as_deref().and_then(|name| model.config.skin(name));
    model.skin = skin.or_else(|| model.config.skin("default")).unwrap_or_default();
    model.read_only = match (model.given.read_only, settings.read_only) {
        (true, _) => Some("--read-only".into()),
        (false, Some(true)) => Some(format!("read-only in {}", file(model))),
        _ => None,
    };
    if let Some(namespaces) = settings.namespaces.filter(|_| !model.given.named) {
        model.pane_mut().namespaces = namespaces;
    }
    model.stale = true;
    let Some(line) = settings.start else { return Vec::new() };
    palette::look_only(model, &line).unwrap_or_else(|why| {
        let told = format!("start: {line}: {why}");
        model.config.troubles.push(told);
        Vec::new()
    })
}

fn file(model: &Model) -> String {
    let path = model.config.path.as_ref();
    path.map_or_else(|| "the configuration".into(), |path| path.display().to_string())
}

/// Everything looks like that from now on.
pub(super) fn skin(model: &mut Model, name: &str) -> Result<(), String> {
    let known = || model.config.skins().join(", ");
    let skin: Skin =
        model.config.skin(name).ok_or_else(|| format!("there is no skin {name:?}; there are {}", known()))?;
    model.skin = skin;
    model.say(format!("skin {name}; skin: {name} in {} keeps it", file(model)));
    Ok(())
}

/// Asks for a skin.
pub(super) fn skins(model: &mut Model) -> Vec<Effect> {
    let items = model.config.skins();
    model.overlay = Some(Overlay::Choose { title: "skin".into(), items, at: 0, then: Then::Skin });
    Vec::new()
}

/// What is set, as text.
pub(super) fn settings(model: &Model) -> String {
    let mut text = format!("file       {}\n", file(model));
    let here = model.config.settings(&model.known.context);
    let namespaces = here.namespaces.map_or_else(|| "(not set)".into(), |names| names.words());
    let or = |value: Option<String>| value.unwrap_or_else(|| "(not set)".into());
    let _ = write!(
        text,
        "context    {}\nnamespace  {namespaces}\nread-only  {}\nskin       {}\nstart      {}\nmouse      {}\nlayouts    {}\n",
        model.known.context,
        model.read_only.as_deref().map_or_else(|| "no".to_owned(), |why| format!("yes: {why}")),
        or(here.skin),
        or(here.start),
        if model.config.mouse { "yes" } else { "no" },
        or(Some(model.config.layouts.keys().cloned().collect::<Vec<_>>().join(", "))
            .filter(|all| !all.is_empty())),
    );
    if !model.config.troubles.is_empty() {
        text.push_str("\nnot understood\n");
        for trouble in &model.config.troubles {
            let _ = writeln!(text, "  {trouble}");
        }
    }
    text
}

/// Whether something that changes the cluster may be done; why not, when it may not.
pub(super) fn may(model: &Model, line: &str) -> Result<(), String> {
    if model.past.is_some() {
        return Err(format!("{line}: not done: this is the past; :now comes back"));
    }
    match &model.read_only {
        None => Ok(()),
        Some(why) => Err(format!("{line}: not done: this is read-only ({why})")),
    }
}

/// A choice of a skin was made.
pub(super) fn chosen(model: &mut Model, name: &str) -> Vec<Effect> {
    if let Err(why) = skin(model, name) {
        model.complain(why);
    }
    Vec::new()
}
