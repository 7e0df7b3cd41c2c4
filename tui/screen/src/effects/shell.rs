//! A command in a container, under a terminal of ours.

use super::{Answers, outcome};
use crate::msg::{Generation, Msg};
use shared_api::Key;
use shared_client::{Channel, Frame, Session};
use tokio::sync::mpsc;
use tui_commands::Doors;

/// What goes to the command.
#[derive(Debug)]
pub(super) enum Typed {
    Bytes(Vec<u8>),
    Size((u16, u16)),
}

/// Which command, where.
pub(super) struct Ask {
    pub(super) pod: Key,
    pub(super) container: String,
    pub(super) command: Vec<String>,
    pub(super) size: (u16, u16),
}

fn resize((width, height): (u16, u16)) -> Frame {
    let size = serde_json::json!({"Width": width, "Height": height});
    Frame::data(Channel::Resize, size.to_string().into_bytes())
}

pub(super) async fn run(
    doors: Doors,
    generation: Generation,
    ask: Ask,
    typed: mpsc::UnboundedReceiver<Typed>,
    answers: Answers,
) {
    let why = carry(&doors, generation, ask, typed, &answers).await;
    let _ = answers.send(Msg::Ended(generation, why)).await;
}

async fn carry(
    doors: &Doors,
    generation: Generation,
    ask: Ask,
    mut typed: mpsc::UnboundedReceiver<Typed>,
    answers: &Answers,
) -> Option<String> {
    let Ask { pod, container, command, size } = ask;
    let session = if command.is_empty() {
        Session::Attach { container, stdin: true, tty: true }
    } else {
        Session::Exec { container, command, stdin: true, tty: true }
    };
    let session = match doors.sessions.open(&pod, session).await {
        Ok(session) => session,
        Err(refusal) => return Some(refusal.to_string()),
    };
    let (send, mut receive) = (session.send, session.receive);
    // Typing and reading do not wait for each other: a full pipe one way must not stop the other.
    let up = async {
        let mut frame = resize(size);
        while send.send(frame).await.is_ok() {
            frame = match typed.recv().await {
                Some(Typed::Bytes(bytes)) => Frame::data(Channel::Stdin, bytes),
                Some(Typed::Size(size)) => resize(size),
                None => break,
            };
        }
        send.closed().await;
        std::future::pending::<Option<String>>().await
    };
    let down = async {
        while let Some(frame) = receive.recv().await {
            match frame.channel {
                Channel::Outcome => return outcome(&frame.data),
                Channel::Stdin | Channel::Resize => continue,
                Channel::Stdout | Channel::Stderr => {}
            }
            if !frame.data.is_empty() && answers.send(Msg::Screen(generation, frame.data)).await.is_err() {
                return None;
            }
        }
        Some("the connection to the pod broke".into())
    };
    tokio::select! {
        why = up => why,
        why = down => why,
    }
}
