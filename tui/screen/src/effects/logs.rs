//! A container's log, line by line.

use super::{Answers, outcome};
use crate::{
    logs::{Cutter, passes},
    msg::{Generation, Msg},
};
use shared_api::Key;
use shared_client::{Channel, LogOptions, Session};
use tui_commands::Doors;

pub(super) async fn run(
    doors: Doors,
    generation: Generation,
    pod: Key,
    options: LogOptions,
    answers: Answers,
) {
    let told = |lines| Msg::Lines(generation, lines);
    let why = follow(&doors, &pod, options, &answers, told).await;
    let _ = answers.send(Msg::Ended(generation, Some(why.unwrap_or_else(|| "that is all".into())))).await;
}

/// One of many logs: only lines with `grep` in them.
pub(super) async fn one_of(
    doors: Doors,
    (generation, source): (Generation, u16),
    pod: Key,
    options: LogOptions,
    grep: String,
    answers: Answers,
) {
    let told = |mut lines: Vec<String>| {
        let all = lines.len();
        // Each begins with its time, which is not what is looked for.
        lines.retain(|line| passes(line.split_once(' ').map_or(line, |(_, text)| text), &grep));
        let held_back = (all - lines.len()) as u64;
        Msg::Told { generation, source, lines, held_back }
    };
    let why = follow(&doors, &pod, options, &answers, told).await;
    let _ = answers.send(Msg::SourceEnded(generation, source, why)).await;
}

async fn follow(
    doors: &Doors,
    pod: &Key,
    options: LogOptions,
    answers: &Answers,
    told: impl Fn(Vec<String>) -> Msg,
) -> Option<String> {
    let mut session = match doors.sessions.open(pod, Session::Logs(options)).await {
        Ok(session) => session,
        Err(refusal) => return Some(refusal.to_string()),
    };
    let (mut out, mut err) = (Cutter::default(), Cutter::default());
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
            out.end(&mut lines);
            err.end(&mut lines);
        }
        if !lines.is_empty() && answers.send(told(lines)).await.is_err() {
            return None;
        }
    }
    end.flatten()
}
