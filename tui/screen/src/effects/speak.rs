//! A command that speaks with a process far away, in a terminal of ours. It is the command of `--batch`, with a view
//! where that has the person's terminal.

use super::Answers;
use crate::msg::{Generation, Msg, Outcome, Over};
use futures::future::BoxFuture;
use std::{io, path::Path};
use tokio::{
    io::{AsyncRead, AsyncWriteExt, DuplexStream},
    sync::{mpsc, watch},
};
use tui_commands::{Action, Doors, Error, Exit, Sink, Terminal};

/// How much may be typed ahead.
const TYPED_AHEAD: usize = 64 << 10;
/// Sizes that nobody asked for yet.
const SIZES: usize = 64;

/// What goes to the process.
#[derive(Debug)]
pub(super) enum Typed {
    Bytes(Vec<u8>),
    Size((u16, u16)),
}

pub(super) async fn run(
    doors: Doors,
    generation: Generation,
    action: Box<Action>,
    size: (u16, u16),
    typed: mpsc::UnboundedReceiver<Typed>,
    answers: Answers,
) {
    let (writer, input) = tokio::io::duplex(TYPED_AHEAD);
    let (send, sizes) = mpsc::channel(SIZES);
    let (begun, begins) = watch::channel(None);
    let _ = send.try_send(size);
    let mut view = View {
        generation,
        answers: answers.clone(),
        waiting: Vec::new(),
        input: Some(input),
        sizes: Some(sizes),
        begun,
    };
    let performed = tokio::select! {
        done = tui_commands::undoable(&action, &doors, &mut view) => Some(done),
        () = carry(generation, typed, writer, send, begins, &answers) => None,
    };
    view.carried().await;
    let over = match performed {
        None => Over::Left,
        Some((done, undo)) => {
            let said = Outcome { undo, ..Outcome::default() };
            let _ = answers.send(Msg::Performed(generation, said)).await;
            match done {
                Ok(Exit::Done) => Over::Done,
                Ok(exit) => Over::Code(exit.code()),
                Err(Error::Command(code)) => Over::Code(code),
                Err(error) => Over::Failed(error.to_string()),
            }
        }
    };
    let _ = answers.send(Msg::Over(generation, over)).await;
}

/// What the process took of us when it began.
#[derive(Debug, Clone, Copy)]
struct Begun {
    /// It has a terminal: keys go there as they are.
    terminal: bool,
    /// It reads what is typed.
    reads: bool,
}

/// Carries what is typed to the process; comes back when the person has left it. Where it has no terminal a line is
/// typed here, and sent when it is whole.
async fn carry(
    generation: Generation,
    mut typed: mpsc::UnboundedReceiver<Typed>,
    writer: DuplexStream,
    sizes: mpsc::Sender<(u16, u16)>,
    mut begins: watch::Receiver<Option<Begun>>,
    answers: &Answers,
) {
    // What is typed before waits for who reads it.
    let begun = begins.wait_for(Option::is_some).await.ok().and_then(|begun| *begun);
    let Some(Begun { terminal, reads }) = begun else { return std::future::pending().await };
    let (mut line, mut writer) = (Line::default(), Some(writer));
    while let Some(typed) = typed.recv().await {
        let bytes = match typed {
            Typed::Bytes(bytes) => bytes,
            Typed::Size(size) => {
                let _ = sizes.try_send(size);
                continue;
            }
        };
        if terminal && reads {
            if let Some(writer) = &mut writer {
                let _ = writer.write_all(&bytes).await;
            }
            continue;
        }
        let Took { echo, send, end, left } = line.take(&bytes);
        if left {
            return;
        }
        if !reads {
            continue;
        }
        let _ = answers.send(Msg::Screen(generation, echo.into_bytes().into())).await;
        if let Some(writer) = &mut writer {
            let _ = writer.write_all(send.as_bytes()).await;
        }
        if end {
            writer = None;
        }
    }
    std::future::pending::<()>().await;
}

/// A line that is typed for a process without a terminal.
#[derive(Default)]
struct Line(String);

/// What became of some keys.
#[derive(Debug, Default, PartialEq)]
struct Took {
    /// What is shown of them.
    echo: String,
    /// Whole lines.
    send: String,
    /// Nothing more will come.
    end: bool,
    /// The person wants to leave.
    left: bool,
}

impl Line {
    fn take(&mut self, bytes: &[u8]) -> Took {
        let mut took = Took::default();
        // Arrows and the like mean nothing in it.
        if bytes.first() == Some(&0x1b) {
            return took;
        }
        for c in String::from_utf8_lossy(bytes).chars() {
            match c {
                '\x03' => took.left = true,
                '\x04' if self.0.is_empty() => took.end = true,
                '\r' | '\n' => {
                    took.send.push_str(&std::mem::take(&mut self.0));
                    took.send.push('\n');
                    took.echo.push_str("\r\n");
                }
                '\x7f' => took.echo.push_str(if self.0.pop().is_some() { "\x08 \x08" } else { "" }),
                c if c.is_control() => {}
                c => {
                    self.0.push(c);
                    took.echo.push(c);
                }
            }
        }
        took
    }
}

/// The view, as a command sees it.
struct View {
    generation: Generation,
    answers: Answers,
    /// What found no room yet.
    waiting: Vec<u8>,
    input: Option<DuplexStream>,
    sizes: Option<mpsc::Receiver<(u16, u16)>>,
    begun: watch::Sender<Option<Begun>>,
}

impl View {
    /// Whether what comes was written for a terminal.
    fn raw(&self) -> bool {
        self.begun.borrow().is_some_and(|begun| begun.terminal)
    }

    fn show(&mut self, bytes: &[u8]) {
        if self.raw() {
            self.waiting.extend(bytes);
        } else {
            // Without a terminal far away nobody there returns to the beginning of a line.
            for byte in bytes {
                self.waiting.extend((*byte == b'\n').then_some(b'\r').into_iter().chain([*byte]));
            }
        }
        if let Ok(room) = self.answers.try_reserve() {
            room.send(Msg::Screen(self.generation, std::mem::take(&mut self.waiting).into()));
        }
    }
}

impl Sink for View {
    fn out(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.show(bytes);
        Ok(())
    }

    fn note(&mut self, line: &str) {
        let line = tui_commands::neutral(line);
        self.show(line.as_bytes());
        self.show(if self.raw() { b"\r\n" } else { b"\n" });
    }

    fn carried(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            if !self.waiting.is_empty() {
                let bytes = std::mem::take(&mut self.waiting);
                let _ = self.answers.send(Msg::Screen(self.generation, bytes.into())).await;
            }
        })
    }

    fn input(&mut self) -> Option<Box<dyn AsyncRead + Send + Unpin>> {
        Some(Box::new(self.input.take()?))
    }

    fn begins(&mut self, terminal: bool) {
        // Whoever reads has taken the input by now.
        self.begun.send_replace(Some(Begun { terminal, reads: self.input.is_none() }));
    }

    fn edit(&mut self, _: &Path) -> Result<(), String> {
        Err("an editor has a terminal of its own: :edit".into())
    }

    fn terminal(&mut self) -> Option<Terminal> {
        Some(Terminal { sizes: self.sizes.take()?, guard: Box::new(()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_typed_where_the_process_has_no_terminal() {
        let mut line = Line::default();
        let took = |echo: &str, send: &str| Took { echo: echo.into(), send: send.into(), ..Took::default() };
        assert_eq!(line.take(b"lx"), took("lx", ""));
        assert_eq!(line.take(b"\x7f"), took("\x08 \x08", ""));
        assert_eq!(line.take(b"\x1b[A"), took("", ""));
        assert_eq!(line.take("ü\r".as_bytes()), took("ü\r\n", "lü\n"));
        assert!(line.take(&[4]).end && line.take(&[3]).left);
    }
}
