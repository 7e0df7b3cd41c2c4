//! The line after `:`: a kind to look at, a place to go, or any command of `--batch`.

mod command;
mod complete;
mod run;
mod want;

pub(crate) use run::{WORDS, follow, look_only, run};

use crate::{
    input::Input,
    model::{Model, Overlay, Palette},
    msg::Effect,
};
use crossterm::event::{KeyCode, KeyEvent};

pub(super) fn press(model: &mut Model, mut palette: Palette, key: KeyEvent) -> Vec<Effect> {
    match key.code {
        KeyCode::Esc => return Vec::new(),
        KeyCode::Backspace if palette.input.text.is_empty() => return Vec::new(),
        KeyCode::Enter => {
            let line = palette.input.text.trim().to_owned();
            if line.is_empty() {
                return Vec::new();
            }
            let remembered = remember(model, &line);
            model.message = None;
            let done = run(model, &line).unwrap_or_else(|why| {
                model.complain(why);
                Vec::new()
            });
            return remembered.into_iter().chain(done).collect();
        }
        KeyCode::Tab => complete::complete(model, &mut palette),
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

/// Puts a line at the end of the history. What nobody should read over a shoulder is not kept.
fn remember(model: &mut Model, line: &str) -> Option<Effect> {
    let secret = tui_commands::grammar::parse_line(line).is_ok_and(|action| tui_commands::secret(&action));
    if secret {
        return None;
    }
    model.remember(line);
    let path = model.given.history.clone()?;
    Some(Effect::Keep { path, line: line.to_owned() })
}
