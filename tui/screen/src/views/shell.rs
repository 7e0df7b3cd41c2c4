//! A terminal in the terminal.

use super::{Look, Scene, Step};
use crate::{
    draw,
    keys::{Act, Place},
    model::clean,
    msg::{Effect, Generation, Msg, Over},
};
use ratatui::{Frame, layout::Rect};
use tui_term::vt100::{Callbacks, MouseProtocolMode, Parser, Screen};

/// A process that is spoken with, and its screen.
pub(crate) struct Shell {
    pub(crate) generation: Generation,
    /// The command line.
    line: String,
    /// Something was typed.
    pub(crate) used: bool,
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
    pub(crate) fn new(generation: Generation, line: String, size: (u16, u16)) -> Self {
        let parser = Parser::new_with_callbacks(size.1.max(2), size.0.max(2), 0, Answers::default());
        Self { generation, line, used: false, ended: None, parser: Box::new(parser) }
    }

    pub(crate) fn screen(&self) -> &Screen {
        self.parser.screen()
    }

    /// Whether its program wants to hear of the mouse.
    pub(crate) fn wants_mouse(&self) -> bool {
        self.ended.is_none() && self.screen().mouse_protocol_mode() != MouseProtocolMode::None
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
        self.line.split_whitespace().next().unwrap_or("shell").into()
    }

    fn title(&self, scene: &Scene<'_>) -> (String, String) {
        let (line, leave) = (clean(&self.line), scene.model.config.keymap.key(Act::LeaveShell));
        match &self.ended {
            Some(why) => (format!("{why}: {line}"), "any key leaves".into()),
            None => (line, format!("{leave} leaves")),
        }
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
            Msg::Over(_, over) => {
                let said = match &over {
                    Over::Done | Over::Left => "it ended".to_owned(),
                    Over::Code(code) => format!("it ended with exit code {code}"),
                    Over::Failed(why) => clean(why),
                };
                // Left with `exit`, it has nothing more to show; who only looks on has not read it yet.
                let close = (self.used && !matches!(over, Over::Failed(_))) || over == Over::Left;
                let told = (close && over != Over::Done).then(|| Step::Say(said.clone()));
                self.ended = Some(said);
                told.into_iter().chain(close.then_some(Step::Close)).collect()
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

    #[test]
    fn questions_of_a_program_are_answered() {
        let mut shell = Shell::new(1, String::new(), (20, 5));
        assert_eq!(shell.show(b"hi \x1b[6n"), b"\x1b[1;4R");
        assert_eq!(shell.show(b"\x1b[c"), b"\x1b[?6c");
        assert_eq!(shell.screen().contents().trim(), "hi");
        for size in [(1, 1), (200, 60), (0, 0)] {
            shell.resize(size);
            shell.show("宽\r\n\x1b[99;99Hx\x1b[2J".as_bytes());
        }
    }
}
