//! Layouts: a tab written down by name, and made again.

use super::{link, palette};
use crate::{
    config::Layout,
    model::{Desk, Model, Namespaces, Overlay, Pane, PaneId, Shows, Then, Tree},
    msg::Effect,
    views::{Look as _, Pulse, View},
};

/// Keeps this tab under a name.
pub(super) fn save(model: &mut Model, name: &str) -> Result<Vec<Effect>, String> {
    if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || "-_".contains(c)) {
        return Err(format!("{name:?}: a layout's name has letters, digits, - and _"));
    }
    if ["save", "drop"].contains(&name) {
        return Err(format!("{name} is a word of :layout; take another name"));
    }
    let tab = model.desk.tab();
    let layout = written(model, &tab.tree);
    model.config.layouts.insert(name.to_owned(), layout);
    name.clone_into(&mut model.desk.tab_mut().name);
    keep(model, format!("layout save {name}"))
}

pub(super) fn forget(model: &mut Model, name: &str) -> Result<Vec<Effect>, String> {
    model.config.layouts.remove(name).ok_or_else(|| unknown(model, name))?;
    keep(model, format!("layout drop {name}"))
}

fn unknown(model: &Model, name: &str) -> String {
    let known: Vec<_> = model.config.layouts.keys().map(String::as_str).collect();
    let known =
        if known.is_empty() { "none yet; :layout save NAME makes one".into() } else { known.join(", ") };
    format!("there is no layout {name:?}; there are {known}")
}

/// Writes all layouts into the configuration file.
fn keep(model: &mut Model, line: String) -> Result<Vec<Effect>, String> {
    let Some(path) = model.config.path.clone() else {
        return Err(format!("{line}: done until you leave; there is no configuration file to keep it in"));
    };
    let generation = model.ask();
    model.message = None;
    model.runs(generation, line, Shows::Message);
    Ok(vec![Effect::Layouts { generation, path, layouts: model.config.layouts.clone() }])
}

/// Part of a tab, as lines.
fn written(model: &Model, tree: &Tree) -> Layout {
    match tree {
        Tree::Pane(id) => Layout::Pane(line(model, *id)),
        Tree::Split { way, share, first, second } => Layout::Split {
            way: *way,
            share: *share,
            first: Box::new(written(model, first)),
            second: Box::new(written(model, second)),
        },
    }
}

fn line(model: &Model, id: PaneId) -> String {
    let Some(pane) = model.desk.tab().pane(id) else { return "pulse".into() };
    if let Some(link) = &pane.link {
        return format!("follow {}", link.follow.word());
    }
    pane.view.look().line(&pane.namespaces).unwrap_or_else(|| "pulse".into())
}

/// Opens a layout as a new tab.
pub(super) fn open(model: &mut Model, name: &str) -> Result<Vec<Effect>, String> {
    let layout = model.config.layouts.get(name).cloned().ok_or_else(|| unknown(model, name))?;
    if !model.desk.open(empty(model.namespaces())) {
        return Err(format!("there are at most {} tabs", Desk::most().1));
    }
    name.clone_into(&mut model.desk.tab_mut().name);
    let first = model.desk.tab().focus;
    let mut list = None;
    let effects = make(model, &layout, first, &mut list);
    model.desk.tab_mut().focus(first);
    model.stale = true;
    effects
}

/// Every tab as a layout, with its name, how many of its panes show one object only, and which tab is seen.
pub(super) fn all(model: &mut Model) -> (Vec<(String, Layout, usize)>, usize) {
    let (at, mut tabs) = (model.desk.at(), Vec::new());
    for n in 0..model.desk.tabs().len() {
        model.desk.show(n);
        let tab = model.desk.tab();
        let panes = tab.tree.panes();
        let own = panes.iter().filter(|id| tab.pane(**id).is_some_and(|pane| !travels(&pane.view))).count();
        tabs.push((tab.name.clone(), elsewhere(model, &tab.tree), own));
    }
    model.desk.show(at);
    (tabs, at)
}

/// Whether a view makes sense in front of another cluster: lists do, what is about one object does not.
fn travels(view: &View) -> bool {
    matches!(view, View::Pulse(_) | View::Table(_) | View::Deeds(_) | View::Forwards(_) | View::Capacity(_))
}

/// Part of a tab for another cluster: the kinds that are looked at, and what follows them.
fn elsewhere(model: &Model, tree: &Tree) -> Layout {
    let pane = |id: PaneId| {
        let pane = model.desk.tab().pane(id)?;
        if pane.link.is_some() {
            return Some(line(model, id));
        }
        match &pane.view {
            View::Table(table) => Some(table.crumb()),
            view if travels(view) => view.look().line(&pane.namespaces),
            _ => None,
        }
    };
    match tree {
        Tree::Pane(id) => Layout::Pane(pane(*id).unwrap_or_else(|| "pulse".into())),
        Tree::Split { way, share, first, second } => Layout::Split {
            way: *way,
            share: *share,
            first: Box::new(elsewhere(model, first)),
            second: Box::new(elsewhere(model, second)),
        },
    }
}

/// Opens tabs as they were in front of another cluster; tells how many views could not come along. A desk with
/// nothing but one pane begins anew.
pub(super) fn again(
    model: &mut Model,
    tabs: Vec<(String, Layout, usize)>,
    at: usize,
    effects: &mut Vec<Effect>,
) -> usize {
    if matches!(&tabs[..], [(_, Layout::Pane(_), _)]) {
        return 0;
    }
    let left = tabs.iter().map(|(_, _, left)| left).sum();
    for (n, (name, layout, _)) in tabs.into_iter().enumerate() {
        if n > 0 && !model.desk.open(empty(model.namespaces())) {
            break;
        }
        model.desk.tab_mut().name = name;
        let first = model.desk.tab().focus;
        // What is not known there is the pulse.
        effects.extend(make(model, &layout, first, &mut None).unwrap_or_default());
        model.desk.tab_mut().focus(first);
    }
    model.desk.show(at);
    model.stale = true;
    left
}

fn empty(namespaces: &Namespaces) -> Pane {
    Pane::new(View::Pulse(Pulse::new()), namespaces.clone())
}

/// Makes a part of a layout out of a pane; `list` is what is followed next.
fn make(
    model: &mut Model,
    layout: &Layout,
    at: PaneId,
    list: &mut Option<PaneId>,
) -> Result<Vec<Effect>, String> {
    model.desk.tab_mut().focus(at);
    match layout {
        Layout::Split { way, share, first, second } => {
            let pane = empty(model.namespaces());
            let new = model.desk.split(at, *way, *share, pane);
            let new = new.ok_or_else(|| format!("a tab has at most {} panes", Desk::most().0))?;
            let mut effects = make(model, first, at, list)?;
            effects.extend(make(model, second, new, list)?);
            Ok(effects)
        }
        Layout::Pane(line) => {
            if let (Some(what), Some(of)) = (line.strip_prefix("follow "), *list) {
                link::tie(model, at, of, palette::follow(what.trim())?);
                return Ok(Vec::new());
            }
            if line.starts_with("follow ") {
                return Err(format!("{line}: there is no list before it"));
            }
            let effects = palette::look_only(model, line)?;
            // The way back of a fresh pane begins here.
            model.pane_mut().forget_past();
            if model.view().look().kinds().len() == 1 {
                *list = Some(at);
            }
            Ok(effects)
        }
    }
}

/// Asks for a layout.
pub(super) fn choose(model: &mut Model) -> Result<Vec<Effect>, String> {
    let items: Vec<_> = model.config.layouts.keys().cloned().collect();
    if items.is_empty() {
        return Err("there are no layouts yet; :layout save NAME makes one of this tab".into());
    }
    model.overlay = Some(Overlay::Choose { title: "layout".into(), items, at: 0, then: Then::Layout });
    Ok(Vec::new())
}

/// A choice was made.
pub(super) fn chosen(model: &mut Model, name: &str) -> Vec<Effect> {
    open(model, name).unwrap_or_else(|why| {
        model.complain(why);
        // What could be made of it stays.
        Vec::new()
    })
}
