//! Rows of cells, each column as wide as it needs and the place allows.

use crate::{
    pager::{fit, width},
    views::Scene,
};
use ratatui::text::{Line, Span};

/// Headings and rows as lines.
pub(crate) fn lay(
    heads: &[String],
    rows: &[Vec<String>],
    marks: &[Span<'static>],
    room: u16,
    at: Option<usize>,
    scene: &Scene<'_>,
) -> Vec<Line<'static>> {
    let all = || std::iter::once(heads).chain(rows.iter().map(Vec::as_slice));
    let widest = |i: usize| all().filter_map(|row| row.get(i)).map(|c| width(c)).max().unwrap_or(0);
    let widths = shrink((0..heads.len()).map(widest).collect(), usize::from(room).saturating_sub(1));
    let line = |row: &[String]| -> Vec<String> { row.iter().zip(&widths).map(|(c, w)| fit(c, *w)).collect() };
    let mut lines = vec![Line::styled(format!(" {}", line(heads).join("  ")), scene.skin.strong)];
    for (i, row) in rows.iter().enumerate() {
        let mark = marks.get(i).cloned().unwrap_or_else(|| Span::raw(" "));
        if Some(i) == at {
            let text = fit(&format!("{}{}", mark.content, line(row).join("  ")), usize::from(room));
            lines.push(Line::styled(text, scene.cursor()));
            continue;
        }
        let mut spans = vec![mark];
        for (cell, shown) in row.iter().zip(line(row)) {
            spans.push(Span::styled(shown, scene.skin.word(cell)));
            spans.push(Span::raw("  "));
        }
        lines.push(Line::from(spans));
    }
    lines
}

/// Takes from the widest columns until all of them fit, two columns apart.
fn shrink(mut widths: Vec<usize>, room: usize) -> Vec<usize> {
    let gaps = 2 * widths.len().saturating_sub(1);
    while widths.iter().sum::<usize>() + gaps > room {
        let Some(widest) = widths.iter_mut().max().filter(|w| **w > 4) else { break };
        *widest -= 1;
    }
    widths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_give_way_from_the_widest() {
        assert_eq!(shrink(vec![3, 10, 5], 30), [3, 10, 5]);
        assert_eq!(shrink(vec![3, 10, 5], 18), [3, 6, 5]);
        assert_eq!(shrink(vec![9, 9], 4), [4, 4]);
    }
}
