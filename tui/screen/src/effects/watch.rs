//! One kind, followed for ever.

use super::Answers;
use crate::msg::{Msg, info};
use shared_api::{GroupKind, Object, Query};
use shared_client::Live;
use tokio::sync::broadcast::error::RecvError;
use tui_commands::Doors;

pub(super) async fn run(doors: Doors, kind: GroupKind, answers: Answers) {
    let live = Live::new(doors.clock);
    let (mut changes, mut standing) = (live.changes(), live.standing());
    let queries = [Query::all(kind.clone())];
    let tell = async {
        // Decoding is work: done here, once, and shared with the screen.
        let decode = |object: &Object| {
            if let Some(kind) = info(&kind) {
                let _ = (kind.row)(object, (doors.clock)());
            }
        };
        loop {
            let msg = tokio::select! {
                biased;
                batch = changes.recv() => match batch {
                    Ok(events) => {
                        events.iter().filter_map(shared_client::Event::object).for_each(decode);
                        Msg::Watched(events)
                    }
                    Err(RecvError::Lagged(_)) => {
                        let objects: Vec<_> = live.read().objects().cloned().collect();
                        objects.iter().for_each(decode);
                        Msg::Picture(kind.clone(), objects)
                    }
                    Err(RecvError::Closed) => return,
                },
                changed = standing.changed() => match changed {
                    Ok(()) => Msg::Standing(kind.clone(), standing.borrow_and_update().clone()),
                    Err(_) => return,
                },
            };
            if answers.send(msg).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = live.run(&*doors.cluster, &queries) => {}
        () = tell => {}
    }
}
