//! What the tests of this crate see on a node.

use crate::observed::{Mounted, Observed, Seen};
use agent_runtime::Phase;
use shared_api::Timestamp;

/// So many seconds after the story began.
pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1000 + second).unwrap()
}

/// A container that has run since the beginning.
pub(crate) fn running() -> Phase {
    Phase::Running { started_at: at(0).as_second() * 1_000_000_000 }
}

/// A container that ended as soon as it began.
pub(crate) fn exited(code: i32, oom: bool) -> Phase {
    let at = at(0).as_second() * 1_000_000_000;
    Phase::Exited { started_at: at, finished_at: at, code, oom }
}

/// A pod with an address, its volumes and these containers.
pub(crate) fn seen(containers: impl IntoIterator<Item = Seen>) -> Observed {
    Observed {
        address: Some("10.1.0.2".into()),
        volumes: Mounted::Ready,
        containers: containers.into_iter().collect(),
        ..Observed::default()
    }
}
