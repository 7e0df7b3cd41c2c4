//! When something is tried again.

use crate::observed::Seen;
use agent_runtime::Phase;
use shared_api::{
    Timestamp,
    core::{Container, PodSpec},
};
use std::time::Duration;

/// Whether a container that ended is made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// Always.
    Always,
    /// When it failed.
    OnFailure,
    /// Never.
    Never,
}

const FIRST: u64 = 10;
const LONGEST: u64 = 300;
/// A container that lived so long is forgiven.
const CALM: i64 = 600;

/// The policy for one container of a pod: a container that prepares the pod runs until it succeeds
/// once, unless it says that it stays; a guest runs once.
pub fn policy(spec: &PodSpec, container: &Container) -> Policy {
    if spec.ephemeral_containers.iter().flatten().any(|c| c.name == container.name) {
        return Policy::Never;
    }
    let init = spec.init_containers.iter().flatten().any(|c| c.name == container.name);
    if init && container.restart_policy.as_deref() == Some("Always") {
        return Policy::Always;
    }
    match spec.restart_policy.as_deref() {
        Some("Never") => Policy::Never,
        Some("OnFailure") => Policy::OnFailure,
        _ if init => Policy::OnFailure,
        _ => Policy::Always,
    }
}

impl Policy {
    /// Whether a container that ended with `code` is made again.
    pub fn again(self, code: i32) -> bool {
        match self {
            Self::Always => true,
            Self::OnFailure => code != 0,
            Self::Never => false,
        }
    }
}

/// How many ended quickly in a row, once `ended` has.
pub fn streak(ended: &Seen) -> u32 {
    match ended.phase {
        Phase::Exited { started_at, finished_at, .. } if finished_at - started_at >= CALM * 1_000_000_000 => {
            0
        }
        Phase::Exited { .. } | Phase::Created | Phase::Running { .. } => ended.streak.saturating_add(1),
    }
}

/// How long to wait after the last of `streak` quick ends: the first is forgiven at once, as kubelet does.
pub fn pause(streak: u32) -> Duration {
    match streak {
        0 | 1 => Duration::ZERO,
        more => growing(FIRST, LONGEST, more - 1),
    }
}

/// When `ended` may be made again.
pub fn at(ended: &Seen) -> Option<Timestamp> {
    let Phase::Exited { finished_at, .. } = ended.phase else { return None };
    let pause = i64::try_from(pause(streak(ended)).as_nanos()).unwrap_or(i64::MAX);
    Timestamp::from_nanosecond(i128::from(finished_at.saturating_add(pause))).ok()
}

/// How long to wait before the next attempt at something that failed `count` times in a row.
pub fn retry(reason: &str, count: u32) -> Duration {
    match reason {
        // It ended, and is made again as others that ended are.
        "RunContainerError" => Duration::from_secs(1),
        "ErrImagePull" | "CreateContainerError" | "PostStartHookError" => growing(FIRST, LONGEST, count),
        // What is missing may be created any moment.
        "CreateContainerConfigError" | "ErrImageNeverPull" | "FailedMount" => growing(1, 5, count),
        _ => growing(1, 30, count),
    }
}

/// `first` seconds, doubled for each further time, `longest` at most.
fn growing(first: u64, longest: u64, times: u32) -> Duration {
    let doubled = first.saturating_mul(1 << times.saturating_sub(1).min(20));
    Duration::from_secs(doubled.min(longest))
}

/// A span as kubelet writes it: `10s`, `1m20s`, `5m0s`.
pub fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    if seconds < 60 { format!("{seconds}s") } else { format!("{}m{}s", seconds / 60, seconds % 60) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_five_minutes() {
        let said: Vec<_> = (0..9).map(|n| span(pause(n))).collect();
        assert_eq!(said, ["0s", "0s", "10s", "20s", "40s", "1m20s", "2m40s", "5m0s", "5m0s"]);
        assert_eq!(retry("ErrImagePull", 1), Duration::from_secs(10));
        assert_eq!(retry("ErrImagePull", 99), Duration::from_mins(5));
        assert_eq!(retry("CreateContainerConfigError", 9), Duration::from_secs(5));
    }

    #[test]
    fn a_long_life_is_forgiven() {
        let lived = |seconds: i64| Seen {
            id: String::new(),
            name: String::new(),
            attempt: 5,
            streak: 4,
            hash: String::new(),
            image_id: String::new(),
            resources: None,
            phase: Phase::Exited { started_at: 0, finished_at: seconds * 1_000_000_000, code: 1, oom: false },
            message: None,
            logs_as_message: false,
        };
        assert_eq!((streak(&lived(599)), streak(&lived(600))), (5, 0));
        assert_eq!(at(&lived(600)), Timestamp::from_second(600).ok());
        assert_eq!(at(&lived(20)), Timestamp::from_second(20 + 80).ok());
    }
}
