//! The line over a pane: the way to its view, what it is, and how much of it is shown. And the line of tabs.

use super::header::both_ends;
use crate::{
    model::{Model, Tab, clean},
    pager::{fit, width},
    views::Scene,
};
use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
    widgets::Paragraph,
};

pub(super) fn draw(scene: &Scene<'_>, zoomed: bool, frame: &mut Frame<'_>, area: Rect) {
    let (end, count) = scene.pane.view.look().title(scene);
    let mut path = scene.pane.path();
    path.pop();
    path.push(end);
    let room = usize::from(area.width);
    let tied = if scene.pane.link.is_some() { " »" } else { "" };
    // What it is comes before how much there is of it.
    let need = width(path.last().map_or("", String::as_str)) + tied.len() + 2;
    let right = if zoomed { format!(" {count} zoomed") } else { format!(" {count}") };
    let rest = room.saturating_sub(need.min(room * 2 / 3));
    let right = if width(&right) + 1 > rest { fit(&right, rest.saturating_sub(1)) } else { right };
    let left = tied.to_owned() + &way(&path, room.saturating_sub(width(&right) + tied.len() + 2));
    let line = both_ends(vec![Span::raw(clean(&left))], vec![Span::raw(clean(&right) + " ")], room);
    let style = if scene.focused { scene.skin.title } else { scene.skin.aside };
    frame.render_widget(Paragraph::new(line).style(style), area);
}

/// `a › b › c` in so many columns: the oldest are left out first.
fn way(path: &[String], room: usize) -> String {
    let whole = format!(" {}", path.join(" › "));
    let shorter = (1..path.len()).map(|from| format!(" … › {}", path[from..].join(" › ")));
    let found = std::iter::once(whole).chain(shorter).find(|text| width(text) <= room);
    found.unwrap_or_else(|| format!(" {}", path.last().map_or("", String::as_str)))
}

/// The tabs, the one that is seen marked.
pub(super) fn tabs(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let style = |n| if n == model.desk.at() { model.skin.strong } else { model.skin.dim };
    let spans: Vec<_> =
        labels(model).into_iter().enumerate().map(|(n, text)| Span::styled(text, style(n))).collect();
    frame.render_widget(Paragraph::new(Line::from(spans)), area);
}

/// Which tab's label is in that column.
pub(crate) fn tab_at(model: &Model, column: u16) -> Option<usize> {
    let mut end = 0;
    labels(model).iter().position(|label| {
        end += width(label);
        usize::from(column) < end
    })
}

fn labels(model: &Model) -> Vec<String> {
    let label = |(n, tab): (usize, &Tab)| {
        let crumb = tab.focused().view.look().crumb();
        let name = if tab.name.is_empty() { crumb } else { tab.name.clone() };
        let panes = match tab.tree.panes().len() {
            1 => String::new(),
            many => format!(" ▥{many}"),
        };
        let (open, close) = if n == model.desk.at() { ('[', ']') } else { (' ', ' ') };
        clean(&format!(" {open}{}{}{panes}{close}", n + 1, blank(&name)))
            + if close == ' ' { "  " } else { " " }
    };
    model.desk.tabs().iter().enumerate().map(label).collect()
}

fn blank(name: &str) -> String {
    if name.is_empty() { String::new() } else { format!(" {name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_of_the_way_is_left_out_first() {
        let path = ["nodes", "pods on n1", "logs web"].map(str::to_owned);
        for (room, wanted) in [
            (40, " nodes › pods on n1 › logs web"),
            (26, " … › pods on n1 › logs web"),
            (15, " … › logs web"),
            (3, " logs web"),
        ] {
            assert_eq!(way(&path, room), wanted);
        }
    }
}
