//! A port-forward, until it is stopped.

use super::Answers;
use crate::msg::{Generation, Msg};
use shared_api::Key;
use std::time::Duration;
use tui_commands::{
    Doors, Error,
    forward::{self, Carried, Target},
};

/// Which port of what, reached from where.
pub(super) struct Ask {
    pub(super) to: Key,
    pub(super) remote: String,
    pub(super) address: String,
    pub(super) local: u16,
}

pub(super) async fn run(doors: Doors, generation: Generation, ask: Ask, answers: Answers) {
    let Ask { to, remote, address, local } = ask;
    let target = Target { key: to, port: remote };
    let opened = async {
        // What can never be is told at once; pods that are not there yet may come.
        if let Err(error @ Error::Usage(_)) = target.reach(&*doors.cluster, None).await {
            return Err(error);
        }
        forward::listen(&doors, target, &address, local).await
    };
    let mut forward = match opened.await {
        Ok(forward) => forward,
        Err(error) => {
            let _ = answers.send(Msg::Forwarding(generation, Err(error.to_string()))).await;
            return;
        }
    };
    let mut told = Ok(answers.send(Msg::Forwarding(generation, Ok(forward.local))).await);
    let (mut count, mut look) = (Carried::default(), tokio::time::interval(Duration::from_millis(500)));
    while matches!(told, Ok(Ok(()))) {
        told = tokio::select! {
            why = forward.failure() => match why {
                Some(why) => Ok(answers.send(Msg::ForwardTrouble(generation, why)).await),
                None => Err(()),
            },
            _ = look.tick() => {
                let now = forward.carried();
                if now == count {
                    continue;
                }
                count = now.clone();
                Ok(answers.send(Msg::Carried(generation, now)).await)
            }
        };
    }
}
