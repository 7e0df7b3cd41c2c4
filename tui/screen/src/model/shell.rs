//! A terminal in the terminal.

use crate::msg::Generation;
use shared_api::Key;
use tui_term::vt100::{Callbacks, Parser, Screen};

/// A command in a container, and its screen.
pub(crate) struct Shell {
    pub(crate) generation: Generation,
    pub(crate) pod: Key,
    pub(crate) container: String,
    pub(crate) ended: Option<String>,
    parser: Parser<Answers>,
}

/// What a program asked its terminal, answered as a terminal does.
#[derive(Default)]
struct Answers(Vec<u8>);

impl Callbacks for Answers {
    fn unhandled_csi(
        &mut self,
        screen: &mut Screen,
        first: Option<u8>,
        _: Option<u8>,
        parameters: &[&[u16]],
        command: char,
    ) {
        let number = parameters.first().and_then(|p| p.first()).copied().unwrap_or(0);
        match (first, command, number) {
            // Where is the cursor? Line editors of small shells wait for it.
            (None, 'n', 6) => {
                let (row, column) = screen.cursor_position();
                self.0.extend(format!("\x1b[{};{}R", row + 1, column + 1).bytes());
            }
            (None, 'n', 5) => self.0.extend(b"\x1b[0n"),
            // What are you? A VT102.
            (None, 'c', 0) => self.0.extend(b"\x1b[?6c"),
            _ => {}
        }
    }
}

impl Shell {
    pub(crate) fn new(generation: Generation, pod: Key, container: String, size: (u16, u16)) -> Self {
        let parser = Parser::new_with_callbacks(size.1.max(2), size.0.max(2), 0, Answers::default());
        Self { generation, pod, container, ended: None, parser }
    }

    pub(crate) fn screen(&self) -> &Screen {
        self.parser.screen()
    }

    /// Shows bytes; returns what the program is to be answered.
    pub(crate) fn show(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.parser.process(bytes);
        std::mem::take(&mut self.parser.callbacks_mut().0)
    }

    pub(crate) fn resize(&mut self, size: (u16, u16)) {
        self.parser.screen_mut().set_size(size.1.max(2), size.0.max(2));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared_api::core::Pod;

    #[test]
    fn questions_of_a_program_are_answered() {
        let mut shell = Shell::new(1, Key::of::<Pod>("n", "a"), String::new(), (20, 5));
        assert_eq!(shell.show(b"hi \x1b[6n"), b"\x1b[1;4R");
        assert_eq!(shell.show(b"\x1b[c"), b"\x1b[?6c");
        assert_eq!(shell.screen().contents().trim(), "hi");
        for size in [(1, 1), (200, 60), (0, 0)] {
            shell.resize(size);
            shell.show("宽\r\n\x1b[99;99Hx\x1b[2J".as_bytes());
        }
    }
}
