//! A terminal in the terminal.

use super::{Look, Scene, Step};
use crate::{
    draw,
    keys::{Act, Place},
    model::clean,
    msg::{Effect, Generation, Msg},
};
use ratatui::{Frame, layout::Rect};
use shared_api::Key;
use tui_term::vt100::{Callbacks, Parser, Screen};

/// A command in a container, and its screen.
pub(crate) struct Shell {
    pub(crate) generation: Generation,
    pub(crate) pod: Key,
    pub(crate) container: String,
    pub(crate) ended: Option<String>,
    parser: Box<Parser<Answers>>,
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
        Self { generation, pod, container, ended: None, parser: Box::new(parser) }
    }

    pub(crate) fn screen(&self) -> &Screen {
        self.parser.screen()
    }

    /// Shows bytes; returns what the program is to be answered.
    pub(crate) fn show(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.parser.process(bytes);
        std::mem::take(&mut self.parser.callbacks_mut().0)
    }

    fn resize(&mut self, size: (u16, u16)) {
        self.parser.screen_mut().set_size(size.1.max(2), size.0.max(2));
    }
}

impl Look for Shell {
    fn places(&self) -> &'static [Place] {
        &[Place::Shell]
    }

    fn crumb(&self) -> String {
        format!("shell {}", self.pod.name)
    }

    fn title(&self, scene: &Scene<'_>) -> (String, String) {
        let container =
            if self.container.is_empty() { String::new() } else { format!(" [{}]", self.container) };
        let state = match &self.ended {
            Some(why) => format!(" ended: {why} (any key leaves)"),
            None => String::new(),
        };
        let leave = scene.model.config.keymap.key(Act::LeaveShell);
        (format!("shell {}{container}{state}", self.pod), format!("{leave} leaves"))
    }

    fn draw(&self, scene: &Scene<'_>, frame: &mut Frame<'_>, area: Rect) {
        draw::shell(self, scene, frame, area);
    }

    fn generation(&self) -> Option<Generation> {
        Some(self.generation)
    }

    fn hear(&mut self, msg: Msg) -> Vec<Step> {
        match msg {
            Msg::Screen(generation, bytes) => {
                let answer = self.show(&bytes);
                let answer = (!answer.is_empty()).then_some(Step::Effect(Effect::Type(generation, answer)));
                answer.into_iter().collect()
            }
            Msg::Ended(_, why) => {
                // Left with `exit`, it has nothing more to show.
                let close = why.is_none().then_some(Step::Close);
                self.ended = Some(clean(why.as_deref().unwrap_or("it ended")));
                close.into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    fn lasting(&self) -> bool {
        false
    }

    fn reshape(&mut self, size: (u16, u16)) -> Option<Effect> {
        let (rows, columns) = self.screen().size();
        if (columns, rows) == (size.0.max(2), size.1.max(2)) {
            return None;
        }
        self.resize(size);
        Some(Effect::Reshape(self.generation, size))
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
