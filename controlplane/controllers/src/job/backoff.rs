//! Pods that fail one after the other are replaced later each time.

use super::Scene;
use crate::pod::phase;
use shared_api::{Timestamp, core::Pod};

/// Seconds to wait after the first failure; twice as long after each more.
const FIRST: i64 = 10;
/// Seconds to wait at most.
const MOST: i64 = 600;

/// Seconds until the job may make its next pod; zero or less: it may now.
///
/// Nothing is remembered for this: the pods that failed since one last succeeded are still there to be asked.
pub(super) fn remaining(scene: &Scene<'_>) -> i64 {
    let ended = |pod: &&std::sync::Arc<Pod>| {
        // What the job itself took away did not fail.
        super::tracked(pod) || pod.metadata.deletion_timestamp.is_none()
    };
    let pods = || scene.pods.iter().filter(ended);
    let success = pods().filter(|p| phase(p) == "Succeeded").map(|p| ended_at(p)).max();
    let failures = pods().filter(|p| scene.is_failed(p)).map(|p| ended_at(p));
    let failures: Vec<_> = failures.filter(|at| success.is_none_or(|success| *at > success)).collect();
    let Some(last) = failures.iter().max() else { return 0 };
    left(failures.len(), *last, scene.now)
}

/// The same when so many have failed, the last of them `last`.
pub(super) fn left(failures: usize, last: Timestamp, now: Timestamp) -> i64 {
    let doubled = u32::try_from(failures.saturating_sub(1)).unwrap_or(u32::MAX).min(16);
    let pause = FIRST.saturating_mul(1 << doubled).min(MOST);
    if failures == 0 { 0 } else { last.as_second() + pause - now.as_second() }
}

/// When a pod came to its end, as far as it says.
pub(super) fn ended_at(pod: &Pod) -> Timestamp {
    let containers = pod.status.iter().flat_map(|s| s.container_statuses.iter().flatten());
    let ends = containers.map(|c| Some(c.state.as_ref()?.terminated.as_ref()?.finished_at.as_ref()?.0));
    let ended = ends.collect::<Option<Vec<_>>>().and_then(|ends| ends.into_iter().max());
    let deleted = || pod.metadata.deletion_timestamp.as_ref().map(|t| t.0);
    let created = || pod.metadata.creation_timestamp.as_ref().map(|t| t.0);
    ended.or_else(deleted).or_else(created).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared_testkit::moment;

    #[test]
    fn the_pause_doubles_up_to_ten_minutes() {
        for (failures, expected) in [(0, 0), (1, 10), (2, 20), (3, 40), (7, 600), (1000, 600)] {
            assert_eq!(left(failures, moment(), moment()), expected, "{failures}");
        }
        let later = Timestamp::from_second(moment().as_second() + 12).unwrap();
        assert_eq!(left(1, moment(), later), -2);
    }
}
