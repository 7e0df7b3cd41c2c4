//! The screen as cells. Pure: the same model gives the same picture.

mod columns;
mod confirm;
mod header;
mod help;
mod prompt;
mod skin;
mod title;
mod tutorial;
mod views;

pub(crate) use columns::lay;
pub(crate) use confirm::end as confirm_end;
pub(crate) use help::end as help_end;
pub(crate) use skin::Skin;
pub(crate) use title::tab_at;
pub(crate) use views::{counted, lines, pager, shell};

use crate::{
    model::{Model, Overlay, Way},
    views::Scene,
};
use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    style::Color,
    text::Line,
    widgets::Paragraph,
};

/// Draws all of it.
pub(crate) fn draw(model: &Model, frame: &mut Frame<'_>) {
    let said = prompt::height(model, frame.area().width);
    let tabs = model.tab_line();
    let rows = [2, tabs, 0, said, 1].map(|n| if n == 0 { Constraint::Min(0) } else { Constraint::Length(n) });
    let (header, tabs, whole, message, hints) = if tabs == 0 {
        let [header, whole, message, hints] =
            Layout::vertical([rows[0], rows[2], rows[3], rows[4]]).areas(frame.area());
        (header, Rect::ZERO, whole, message, hints)
    } else {
        let [header, tabs, whole, message, hints] = Layout::vertical(rows).areas(frame.area());
        (header, tabs, whole, message, hints)
    };
    header::draw(model, frame, header);
    title::tabs(model, frame, tabs);
    panes(model, frame, whole);
    tutorial::draw(model, frame, whole);
    prompt::draw(model, frame, message, hints);
    let body = Rect { y: whole.y + whole.height.min(1), height: whole.height.saturating_sub(1), ..whole };
    match &model.overlay {
        Some(Overlay::Help(top)) => help::draw(*top, model, frame, whole),
        Some(Overlay::Choose { title, items, at, .. }) => {
            prompt::choose(title, items, *at, &model.skin, frame, body);
        }
        Some(Overlay::Confirm(confirm)) => confirm::draw(confirm, &model.skin, frame, body),
        Some(Overlay::Columns(at)) => prompt::columns(model, *at, frame, body),
        _ => {}
    }
    if !model.config.coloured {
        colourless(frame);
    }
}

/// Takes every colour away, also what programs in shells show: what was said by it is said otherwise, too.
fn colourless(frame: &mut Frame<'_>) {
    for cell in &mut frame.buffer_mut().content {
        (cell.fg, cell.bg, cell.underline_color) = (Color::Reset, Color::Reset, Color::Reset);
    }
}

/// The panes of the tab, each under its title, and the lines between them.
fn panes(model: &Model, frame: &mut Frame<'_>, whole: Rect) {
    let tab = model.desk.tab();
    let alone = tab.alone(whole);
    let hidden = alone && tab.tree.panes().len() > 1;
    for (id, area) in tab.seen(whole) {
        let Some(pane) = tab.pane(id).filter(|_| !area.is_empty()) else { continue };
        let scene = Scene { model, pane, skin: &model.skin, focused: id == tab.focus };
        let [title, body] = Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(area);
        title::draw(&scene, hidden, frame, title);
        if !body.is_empty() {
            pane.view.look().draw(&scene, frame, body);
        }
    }
    if alone {
        return;
    }
    for seam in tab.tree.seams(whole).into_iter().filter(|seam| seam.way == Way::Beside) {
        let line = vec![Line::styled("│", model.skin.seam); usize::from(seam.line.height)];
        frame.render_widget(Paragraph::new(line), seam.line);
    }
}
