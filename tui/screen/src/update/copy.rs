//! Copying to the clipboard of the terminal that the person sits at.

use crate::{
    keys::Act,
    model::{Model, Overlay, Then, clean},
    msg::Effect,
};

/// What a clipboard is given at most; terminals refuse more.
const MOST: usize = 512 << 10;

pub(super) fn act(model: &mut Model, act: Act) -> Vec<Effect> {
    let (look, known) = (model.view().look(), &model.known);
    let (what, text) = match act {
        Act::CopyName => ("the name", look.object().map(|(_, row)| clean(&row.name))),
        Act::CopyRow => {
            let cells = look.cells(known);
            let row = cells.iter().map(|(_, cell)| cell.as_str()).collect::<Vec<_>>().join("\t");
            ("the row", Some(row).filter(|_| !cells.is_empty()))
        }
        Act::CopyCell => return choose(model),
        _ => ("all of it", look.text(known)),
    };
    if let Some(text) = text {
        return give(model, what, text);
    }
    model.say("there is nothing here to copy");
    Vec::new()
}

/// Asks for a cell of the row.
fn choose(model: &mut Model) -> Vec<Effect> {
    let cells = model.view().look().cells(&model.known);
    if cells.is_empty() {
        model.say("there is nothing here to copy");
        return Vec::new();
    }
    let (items, cells) = cells.into_iter().map(|(head, cell)| (format!("{head}: {cell}"), cell)).unzip();
    model.overlay = Some(Overlay::Choose { title: "copy".into(), items, at: 0, then: Then::Copy(cells) });
    Vec::new()
}

/// Gives the clipboard a text, cut when it is too long, and says so.
pub(super) fn give(model: &mut Model, what: &str, mut text: String) -> Vec<Effect> {
    let whole = text.len();
    if whole > MOST {
        let cut = (0..=MOST).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(cut);
        model.say(format!("copied the first {cut} of {whole} bytes"));
    } else {
        model.say(format!("copied {what}: {}", text.lines().next().unwrap_or_default()));
    }
    vec![Effect::Copy(text)]
}
