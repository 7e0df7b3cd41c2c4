//! How things look. Few colours; meaning never hangs on colour alone.

use crate::rows::{Fault, fault_of};
use ratatui::style::{Color, Modifier, Style};

/// A look for everything there is to see.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Skin {
    pub(crate) plain: Style,
    pub(crate) dim: Style,
    pub(crate) strong: Style,
    pub(crate) good: Style,
    pub(crate) warn: Style,
    pub(crate) bad: Style,
    /// The line of the cursor where keys go, and where they do not.
    pub(crate) cursor: Style,
    pub(crate) idle: Style,
    /// The title of the pane with the focus, and of the others.
    pub(crate) title: Style,
    pub(crate) aside: Style,
    /// Lines between panes, and boxes.
    pub(crate) seam: Style,
}

impl Default for Skin {
    /// The sixteen colours that every terminal has.
    fn default() -> Self {
        let (plain, mark) = (Style::new(), |modifier| Style::new().add_modifier(modifier));
        Self {
            plain,
            dim: mark(Modifier::DIM),
            strong: mark(Modifier::BOLD),
            good: plain.fg(Color::Green),
            warn: plain.fg(Color::Yellow),
            bad: plain.fg(Color::Red),
            cursor: mark(Modifier::REVERSED),
            idle: mark(Modifier::UNDERLINED),
            title: mark(Modifier::REVERSED | Modifier::BOLD),
            aside: mark(Modifier::BOLD | Modifier::UNDERLINED),
            seam: mark(Modifier::DIM),
        }
    }
}

impl Skin {
    /// How a cell of a table looks, by what it says.
    pub(crate) fn word(&self, cell: &str) -> Style {
        match fault_of(cell) {
            Fault::Bad => self.bad,
            Fault::Waits => self.warn,
            Fault::Over => self.dim,
            Fault::Fine if cell == "<none>" => self.dim,
            Fault::Fine => self.plain,
        }
    }
}
