//! One command line, its answer kept as text.

use super::Answers;
use crate::msg::{Generation, Msg, Outcome};
use tokio::io::AsyncRead;
use tui_commands::{Action, Doors, Exit, Sink};

/// How much of an answer is kept.
const KEPT: usize = 4 << 20;

#[derive(Default)]
struct Kept {
    bytes: Vec<u8>,
    notes: Vec<String>,
    dropped: usize,
}

impl Sink for Kept {
    fn out(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        let fits = bytes.len().min(KEPT.saturating_sub(self.bytes.len()));
        self.bytes.extend(&bytes[..fits]);
        self.dropped += bytes.len() - fits;
        Ok(())
    }

    fn note(&mut self, line: &str) {
        self.notes.push(line.into());
    }

    fn input(&mut self) -> Option<Box<dyn AsyncRead + Send + Unpin>> {
        None
    }
}

pub(super) async fn run(doors: Doors, generation: Generation, action: Box<Action>, answers: Answers) {
    let mut kept = Kept::default();
    let error = match tui_commands::perform(&action, &doors, &mut kept).await {
        Ok(Exit::Done) => None,
        // What is not there was told in the notes.
        Ok(Exit::NotFound) => Some(std::mem::take(&mut kept.notes).join("; ")),
        Ok(exit) => Some(format!("it ended with {}", exit.code())),
        Err(error) => Some(error.to_string()),
    };
    let Kept { bytes, notes, dropped } = kept;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    // The screen is gone when nobody takes the answer.
    let _ = answers.send(Msg::Performed(generation, Outcome { text, notes, dropped, error })).await;
}
