//! One kind, followed for ever. Each object is decoded here, off the screen's path, and only its row is kept.

use super::Answers;
use crate::{
    msg::{Msg, info},
    rows::{Delta, Digester},
};
use futures::StreamExt;
use shared_api::{GroupKind, Query, Reason, Refusal, Revision};
use shared_client::{Event, Standing};
use std::time::{Duration, Instant};
use tui_commands::Doors;

const CALM: Duration = Duration::from_secs(5);
/// Most events of one message: the screen is drawn between them.
const AT_ONCE: usize = 512;

pub(super) async fn run(doors: Doors, kind: GroupKind, answers: Answers) {
    let Some(known) = info(&kind) else { return };
    let mut follower = Follower {
        doors,
        digester: Digester::of(known),
        kind,
        answers,
        revision: None,
        standing: Standing::default(),
    };
    let mut pause = Duration::from_millis(50);
    loop {
        let began = Instant::now();
        let Some(why) = follower.follow().await else { return };
        if why.reason == Reason::Expired {
            follower.revision = None;
        }
        if !follower.stand(false, Some(why.message)).await {
            return;
        }
        pause = if began.elapsed() > CALM { Duration::from_millis(50) } else { (pause * 2).min(CALM) };
        tokio::time::sleep(pause).await;
    }
}

struct Follower {
    doors: Doors,
    kind: GroupKind,
    digester: Digester,
    answers: Answers,
    /// How far it was followed; `None` before all was told once.
    revision: Option<Revision>,
    standing: Standing,
}

impl Follower {
    /// One watch, to its end; says why it ended, or nothing when nobody listens any longer.
    async fn follow(&mut self) -> Option<Refusal> {
        let query = Query::all(self.kind.clone());
        let mut events = match self.doors.cluster.watch(&[query], self.revision).await {
            Ok(events) => events.ready_chunks(AT_ONCE),
            Err(refusal) => return Some(refusal),
        };
        let mut first = Vec::new();
        if self.revision.is_none() {
            self.standing.synced = false;
            first.push(Delta::Begin);
        }
        if !self.stand(true, None).await {
            return None;
        }
        while let Some(batch) = events.next().await {
            let (mut deltas, mut revision, mut broken) = (std::mem::take(&mut first), 0, None);
            let (now, mut complete) = ((self.doors.clock)(), false);
            for event in batch {
                match event {
                    Ok(event) => {
                        revision = revision.max(event.revision());
                        deltas.extend(self.digester.delta(&event, now));
                        if let Event::Bookmark { initial: true, .. } = event {
                            deltas.push(Delta::Complete);
                            complete = true;
                        }
                    }
                    Err(refusal) => broken = Some(refusal),
                }
            }
            if complete || self.revision.is_some() {
                self.revision = self.revision.max(Some(revision));
            }
            if !deltas.is_empty() || revision > 0 {
                let told = Msg::Rows(self.kind.clone(), deltas, revision);
                self.answers.send(told).await.ok()?;
            }
            if complete {
                self.standing.synced = true;
                if !self.stand(true, None).await {
                    return None;
                }
            }
            if broken.is_some() {
                return broken;
            }
        }
        Some(Refusal::unavailable("the control plane closed the watch"))
    }

    /// Tells how far what was told can be believed.
    async fn stand(&mut self, connected: bool, trouble: Option<String>) -> bool {
        (self.standing.connected, self.standing.trouble) = (connected, trouble);
        self.answers.send(Msg::Standing(self.kind.clone(), self.standing.clone())).await.is_ok()
    }
}
