//! One command line, its answer kept as text.

use super::Answers;
use crate::msg::{Generation, Msg, Outcome};
use shared_api::Reason;
use tokio::io::AsyncRead;
use tui_commands::{Action, Blast, Doors, Error, Exit, Sink};

/// How much of an answer is kept.
const KEPT: usize = 4 << 20;

struct Kept {
    /// Who hears the lines of what takes long as they come.
    tell: Option<(Generation, Answers)>,
    bytes: Vec<u8>,
    notes: Vec<String>,
    dropped: usize,
}

impl Kept {
    fn told(&self, line: &str) {
        if let Some((generation, answers)) = &self.tell {
            // When the screen has more to take than it can, the next line is as good.
            let _ = answers.try_send(Msg::Progress(*generation, line.trim_end().into()));
        }
    }
}

impl Sink for Kept {
    fn out(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        if self.tell.is_some() {
            self.told(&String::from_utf8_lossy(bytes));
        }
        let fits = bytes.len().min(KEPT.saturating_sub(self.bytes.len()));
        self.bytes.extend(&bytes[..fits]);
        self.dropped += bytes.len() - fits;
        Ok(())
    }

    fn note(&mut self, line: &str) {
        self.told(line);
        self.notes.push(line.into());
    }

    fn input(&mut self) -> Option<Box<dyn AsyncRead + Send + Unpin>> {
        None
    }
}

/// What these would take with them, one after the other.
pub(super) async fn foresee(doors: Doors, generation: Generation, actions: Vec<Action>, answers: Answers) {
    let mut all = Blast::default();
    let mut failed = None;
    for action in &actions {
        match tui_commands::foresee(action, &doors).await {
            Ok(blast) => {
                all.lines.extend(blast.lines);
                all.diff.push_str(&blast.diff);
            }
            Err(error) => failed = Some(error.to_string()),
        }
    }
    let _ = answers.send(Msg::Foreseen(generation, failed.map_or(Ok(all), Err))).await;
}

pub(super) async fn run(doors: Doors, generation: Generation, action: Box<Action>, answers: Answers) {
    let tell = matches!(*action, Action::Drain(_)).then(|| (generation, answers.clone()));
    let mut kept = Kept { tell, bytes: Vec::new(), notes: Vec::new(), dropped: 0 };
    let (done, undo) = tui_commands::undoable(&action, &doors, &mut kept).await;
    let conflict = matches!(&done, Err(Error::Refused(refusal)) if refusal.reason == Reason::Conflict);
    let error = match done {
        Ok(Exit::Done) => None,
        // What is not there was told in the notes.
        Ok(Exit::NotFound) => Some(std::mem::take(&mut kept.notes).join("; ")),
        Ok(exit) => Some(format!("it ended with {}", exit.code())),
        Err(error) => Some(error.to_string()),
    };
    let Kept { bytes, notes, dropped, .. } = kept;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    // The screen is gone when nobody takes the answer.
    let _ = answers
        .send(Msg::Performed(generation, Outcome { text, notes, dropped, error, conflict, undo }))
        .await;
}
