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
    touched: &dyn Fn(usize, usize) -> bool,
    scene: &Scene<'_>,
) -> Vec<Line<'static>> {
    let all = || std::iter::once(heads).chain(rows.iter().map(Vec::as_slice));
    let widest = |i: usize| all().filter_map(|row| row.get(i)).map(|c| width(c)).max().unwrap_or(0);
    let widths: Vec<_> = (0..heads.len()).map(widest).collect();
    let room = usize::from(room);
    let kept = kept(heads, &widths, room.saturating_sub(1));
    // Columns that have no room are missed, not forgotten.
    let more = if kept < heads.len() { "  …" } else { "" };
    let widths = shrink(widths[..kept].to_vec(), room.saturating_sub(1 + width(more)));
    let line = |row: &[String]| -> Vec<String> { row.iter().zip(&widths).map(|(c, w)| fit(c, *w)).collect() };
    let mut lines = vec![Line::styled(format!(" {}{more}", line(heads).join("  ")), scene.skin.strong)];
    for (i, row) in rows.iter().enumerate() {
        let mark = marks.get(i).cloned().unwrap_or_else(|| Span::raw(" "));
        if Some(i) == at {
            let text = fit(&format!("{}{}", mark.content, line(row).join("  ")), room);
            lines.push(Line::styled(text, scene.cursor()));
            continue;
        }
        let mut spans = vec![mark];
        for (n, (cell, shown)) in row.iter().zip(line(row)).enumerate() {
            let style = scene.skin.word(cell);
            let style = if touched(i, n) { style.patch(scene.skin.fresh) } else { style };
            spans.push(Span::styled(shown, style));
            spans.push(Span::raw("  "));
        }
        lines.push(Line::from(spans));
    }
    lines
}

/// How many columns there is room for: names want to be read, others can be cut short, and the last go first.
fn kept(heads: &[String], widths: &[usize], room: usize) -> usize {
    let named = |head: &String| matches!(head.as_str(), "NAME" | "OBJECT" | "POD");
    let least = |(head, width): (&String, &usize)| (*width).min(if named(head) { 18 } else { 6 }) + 2;
    let needs: Vec<_> = heads.iter().zip(widths).map(least).collect();
    (2..=heads.len())
        .rev()
        .find(|kept| needs[..*kept].iter().sum::<usize>() <= room + 2)
        .unwrap_or(heads.len().min(2))
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

    #[test]
    fn names_are_read_before_ages() {
        let heads = ["NAMESPACE", "NAME", "READY", "AGE"].map(String::from);
        for (room, wanted) in [(80, 4), (40, 4), (34, 3), (30, 2), (1, 2)] {
            assert_eq!(kept(&heads, &[9, 30, 5, 3], room), wanted, "{room}");
        }
    }
}
