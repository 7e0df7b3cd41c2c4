//! What a person sees on the screen: the title with its count, and the row that the cursor is on.

use vt100::Screen;

/// Something is drawn.
pub(crate) fn drawn(screen: &Screen) -> bool {
    !screen.contents().trim().is_empty()
}

/// The lines in reverse video from the top: the title, then the cursor's row.
fn reversed(screen: &Screen) -> impl Iterator<Item = String> + '_ {
    let (rows, columns) = screen.size();
    let marked = move |row: &u16| screen.cell(*row, 1).is_some_and(vt100::Cell::inverse);
    (0..rows).filter(marked).map(move |row| screen.contents_between(row, 0, row, columns))
}

/// The title of the table.
pub(crate) fn title(screen: &Screen) -> String {
    reversed(screen).next().unwrap_or_default()
}

/// The namespace and the name in the cursor's row.
pub(crate) fn cursor(screen: &Screen) -> String {
    let row = reversed(screen).nth(1).unwrap_or_default();
    let words = row.trim_start_matches(['~', '+', '*']).split_whitespace().take(2);
    words.collect::<Vec<_>>().join("/")
}

/// The title counts so many rows.
pub(crate) fn counts(screen: &Screen, rows: usize) -> bool {
    let (title, wanted) = (title(screen), rows.to_string());
    title.split(|c: char| !c.is_ascii_digit()).any(|number| number == wanted)
}
