//! A port-forward, until it is stopped.

use super::Answers;
use crate::msg::{Generation, Msg};
use shared_api::Key;
use std::time::Duration;
use tui_commands::{Doors, forward};

/// Which port of which pod, reached from where.
pub(super) struct Ask {
    pub(super) pod: Key,
    pub(super) remote: u16,
    pub(super) address: String,
    pub(super) local: u16,
}

pub(super) async fn run(doors: Doors, generation: Generation, ask: Ask, answers: Answers) {
    let Ask { pod, remote, address, local } = ask;
    let mut forward = match forward::listen(&doors.sessions, pod, remote, &address, local).await {
        Ok(forward) => forward,
        Err(error) => {
            let _ = answers.send(Msg::Forwarding(generation, Err(error.to_string()))).await;
            return;
        }
    };
    let mut told = Ok(answers.send(Msg::Forwarding(generation, Ok(forward.local))).await);
    let (mut count, mut look) = (0, tokio::time::interval(Duration::from_millis(500)));
    while matches!(told, Ok(Ok(()))) {
        told = tokio::select! {
            why = forward.failure() => match why {
                Some(why) => Ok(answers.send(Msg::ForwardTrouble(generation, why)).await),
                None => Err(()),
            },
            _ = look.tick() => {
                let now = forward.connections();
                if now == count {
                    continue;
                }
                count = now;
                Ok(answers.send(Msg::Carried(generation, now)).await)
            }
        };
    }
}
