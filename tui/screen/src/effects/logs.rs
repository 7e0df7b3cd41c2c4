//! A container's log, line by line.

use super::{Answers, outcome};
use crate::{
    msg::{Generation, Msg},
    pager::tidy,
};
use shared_api::Key;
use shared_client::{Channel, LogOptions, Session};
use tui_commands::Doors;

/// A line longer than this is cut into several, so that no writer can fill the memory.
const LONGEST: usize = 16 << 10;

/// Bytes as lines; what is no whole line yet waits.
#[derive(Default)]
struct Lines(Vec<u8>);

impl Lines {
    fn take(&mut self, bytes: &[u8], lines: &mut Vec<String>) {
        for piece in bytes.split_inclusive(|b| *b == b'\n') {
            self.0.extend(piece);
            while self.0.len() > LONGEST {
                let rest = self.0.split_off(LONGEST);
                let part = std::mem::replace(&mut self.0, rest);
                lines.push(tidy(&String::from_utf8_lossy(&part)));
            }
            if self.0.last() == Some(&b'\n') {
                self.0.pop();
                self.rest(lines);
            }
        }
    }

    fn rest(&mut self, lines: &mut Vec<String>) {
        lines.push(tidy(&String::from_utf8_lossy(&std::mem::take(&mut self.0))));
    }
}

pub(super) async fn run(
    doors: Doors,
    generation: Generation,
    pod: Key,
    options: LogOptions,
    answers: Answers,
) {
    let why = follow(&doors, generation, &pod, options, &answers).await;
    let _ = answers.send(Msg::Ended(generation, Some(why.unwrap_or_else(|| "that is all".into())))).await;
}

async fn follow(
    doors: &Doors,
    generation: Generation,
    pod: &Key,
    options: LogOptions,
    answers: &Answers,
) -> Option<String> {
    let mut session = match doors.sessions.open(pod, Session::Logs(options)).await {
        Ok(session) => session,
        Err(refusal) => return Some(refusal.to_string()),
    };
    let (mut out, mut err) = (Lines::default(), Lines::default());
    let mut frames = Vec::new();
    let mut end = None;
    while end.is_none() {
        // Whatever has arrived becomes one message: one redraw for a burst.
        if session.receive.recv_many(&mut frames, 64).await == 0 {
            end = Some(Some("the connection to the pod broke; r reads again".into()));
        }
        let mut lines = Vec::new();
        for frame in frames.drain(..) {
            match frame.channel {
                Channel::Stdout => out.take(&frame.data, &mut lines),
                Channel::Stderr => err.take(&frame.data, &mut lines),
                Channel::Outcome => end = Some(outcome(&frame.data)),
                Channel::Stdin | Channel::Resize => {}
            }
        }
        if end.is_some() {
            for open in [&mut out, &mut err] {
                if !open.0.is_empty() {
                    open.rest(&mut lines);
                }
            }
        }
        if !lines.is_empty() && answers.send(Msg::Lines(generation, lines)).await.is_err() {
            return None;
        }
    }
    end.flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_become_lines_whole_harmless_and_not_endless() {
        let (mut state, mut lines) = (Lines::default(), Vec::new());
        state.take(b"one\r\ntw", &mut lines);
        state.take(b"o\n\x1b[31mred\n\n", &mut lines);
        assert_eq!(lines, ["one", "two", "\u{241b}[31mred", ""]);
        lines.clear();
        state.take(&vec![b'x'; LONGEST * 2 + 3], &mut lines);
        assert_eq!((lines.len(), state.0.len()), (2, 3));
    }
}
