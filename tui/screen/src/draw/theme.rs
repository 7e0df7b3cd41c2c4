//! Few colours, of the sixteen every terminal has; meaning never hangs on colour alone.

use crate::rows::{Fault, fault_of};
use ratatui::style::{Color, Modifier, Style};

pub(super) const PLAIN: Style = Style::new();
pub(super) const DIM: Style = Style::new().add_modifier(Modifier::DIM);
pub(super) const STRONG: Style = Style::new().add_modifier(Modifier::BOLD);
pub(super) const GOOD: Style = Style::new().fg(Color::Green);
pub(super) const WARN: Style = Style::new().fg(Color::Yellow);
pub(super) const BAD: Style = Style::new().fg(Color::Red);
pub(super) const CURSOR: Style = Style::new().add_modifier(Modifier::REVERSED);

/// How a cell of a table looks, by what it says.
pub(super) fn word(cell: &str) -> Style {
    match fault_of(cell) {
        Fault::Bad => BAD,
        Fault::Waits => WARN,
        Fault::Over => DIM,
        Fault::Fine if cell == "<none>" => DIM,
        Fault::Fine => PLAIN,
    }
}
