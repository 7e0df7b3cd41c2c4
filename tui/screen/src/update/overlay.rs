//! Keys while a question, a prompt or the help lies over the view.

use super::{confirm, copy, deeds, open, palette};
use crate::{
    model::{Model, Namespaces, Overlay, Then},
    msg::Effect,
    rows::{By, Order},
    views::View,
};
use crossterm::event::{KeyCode, KeyEvent};

pub(super) fn press(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    match model.overlay.take() {
        Some(Overlay::Filter(mut input)) => {
            match key.code {
                KeyCode::Enter => return Vec::new(),
                KeyCode::Esc => {
                    filter(model, "");
                    return Vec::new();
                }
                _ => input.key(key),
            };
            filter(model, &input.text);
            model.overlay = Some(Overlay::Filter(input));
            Vec::new()
        }
        Some(Overlay::Find(mut input)) => match key.code {
            KeyCode::Esc => Vec::new(),
            KeyCode::Enter => {
                let mut said = None;
                if let View::Logs(logs) = model.view_mut() {
                    logs.search.clone_from(&input.text);
                    let found = input.text.is_empty() || logs.seek(true);
                    said = (!found).then(|| format!("{} stands nowhere here", input.text));
                }
                if let Some(said) = said {
                    model.say(said);
                }
                Vec::new()
            }
            _ => {
                input.key(key);
                model.overlay = Some(Overlay::Find(input));
                Vec::new()
            }
        },
        Some(Overlay::Palette(palette)) => palette::press(model, palette, key),
        Some(Overlay::Port { mut input, to }) => match key.code {
            KeyCode::Esc => Vec::new(),
            KeyCode::Enter => match open::forward(model, to.clone(), &input.text, "127.0.0.1") {
                Ok(effects) => effects,
                Err(why) => {
                    model.complain(why);
                    model.overlay = Some(Overlay::Port { input, to });
                    Vec::new()
                }
            },
            _ => {
                input.key(key);
                model.overlay = Some(Overlay::Port { input, to });
                Vec::new()
            }
        },
        Some(Overlay::Line { mut input, about }) => match key.code {
            KeyCode::Esc => Vec::new(),
            KeyCode::Enter => deeds::typed(model, &input.text, about),
            _ => {
                input.key(key);
                model.overlay = Some(Overlay::Line { input, about });
                Vec::new()
            }
        },
        Some(Overlay::Choose { title, items, mut at, then }) => {
            let last = items.len().saturating_sub(1);
            match key.code {
                KeyCode::Esc | KeyCode::Char('q') => return Vec::new(),
                KeyCode::Enter => {
                    return match (items.into_iter().nth(at), then) {
                        (Some(_), Then::Namespace) if at == 0 => {
                            open::namespaces(model, Namespaces::All);
                            Vec::new()
                        }
                        (Some(_), Then::Sort) => {
                            let by = at.checked_sub(2).map_or([By::Name, By::Changed][at.min(1)], By::Column);
                            if let View::Table(table) = model.view_mut() {
                                table.listing.sort(Order { by, down: by == By::Changed });
                            }
                            model.stale = true;
                            Vec::new()
                        }
                        (Some(_), Then::Copy(mut cells)) => {
                            copy::give(model, "the cell", cells.swap_remove(at.min(cells.len() - 1)))
                        }
                        (Some(item), then) => open::chosen(model, then, item),
                        (None, _) => Vec::new(),
                    };
                }
                KeyCode::Up | KeyCode::Char('k') => at = at.saturating_sub(1),
                KeyCode::Down | KeyCode::Char('j') => at = (at + 1).min(last),
                KeyCode::Home | KeyCode::Char('g') => at = 0,
                KeyCode::End | KeyCode::Char('G') => at = last,
                _ => {}
            }
            model.overlay = Some(Overlay::Choose { title, items, at, then });
            Vec::new()
        }
        Some(Overlay::Confirm(confirm)) => confirm::press(model, confirm, key),
        Some(Overlay::Columns(at)) => {
            columns(model, at, key);
            Vec::new()
        }
        Some(Overlay::Help(top)) => {
            let page = model.body().1;
            let to = match key.code {
                KeyCode::Up | KeyCode::Char('k') => top.saturating_sub(1),
                KeyCode::Down | KeyCode::Char('j') => top + 1,
                KeyCode::PageUp => top.saturating_sub(page),
                KeyCode::PageDown | KeyCode::Char(' ') => top + page,
                KeyCode::Home | KeyCode::Char('g') => 0,
                _ => return Vec::new(),
            };
            model.overlay = Some(Overlay::Help(to.min(crate::draw::help_end(model))));
            Vec::new()
        }
        None => Vec::new(),
    }
}

/// The list of columns: each can be shown or not.
fn columns(model: &mut Model, mut at: usize, key: KeyEvent) {
    let View::Table(table) = model.view_mut() else { return };
    let last = table.headings().len().saturating_sub(1);
    match key.code {
        KeyCode::Up | KeyCode::Char('k') => at = at.saturating_sub(1),
        KeyCode::Down | KeyCode::Char('j') => at = (at + 1).min(last),
        KeyCode::Char(' ') | KeyCode::Enter => table.show_column(at),
        _ => return,
    }
    model.overlay = Some(Overlay::Columns(at));
}

fn filter(model: &mut Model, text: &str) {
    model.filter_by(text);
}

pub(super) fn paste(model: &mut Model, text: &str) {
    let first = text.lines().next().unwrap_or_default();
    let mut filtered = None;
    match &mut model.overlay {
        Some(Overlay::Filter(input)) => {
            input.insert(first);
            filtered = Some(input.text.clone());
        }
        Some(Overlay::Palette(palette)) => palette.input.insert(first),
        Some(Overlay::Find(input) | Overlay::Port { input, .. } | Overlay::Line { input, .. }) => {
            input.insert(first);
        }
        _ => {}
    }
    if let Some(text) = filtered {
        filter(model, &text);
    }
}
