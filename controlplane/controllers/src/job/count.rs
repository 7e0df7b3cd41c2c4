//! How many pods have ended, and how: each is counted once, before it is let go.
//!
//! A pod's uid is first written to the status, then its finalizer is taken away, then the uid becomes a number.
//! Whatever happens in between, the next look finds how far that went.

use super::{Scene, indexes::Indexes, policy, tracked, verdict::Verdict};
use crate::pod::phase;
use shared_api::{batch::JobStatus, core::Pod};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// At most so many ends wait in the status to become a number.
const WAITING: usize = 500;

/// What the pods that there are say, and those counted before.
pub(super) struct Count {
    pub(super) succeeded: i32,
    pub(super) failed: i32,
    /// Indexes that were done before, and those that are done now.
    before: Indexes,
    pub(super) done: Indexes,
    /// Indexes that are given up; `None` where the limit is not one of each index.
    pub(super) given_up: Option<Indexes>,
    /// The pod that a new one of its index would replace: it stays until then, to tell how often it failed.
    pub(super) replaceable: BTreeMap<i32, Arc<Pod>>,
}

/// Counts the pods of a job.
pub(super) fn count(scene: &Scene<'_>) -> Count {
    let uncounted = scene.status.uncounted_terminated_pods.clone().unwrap_or_default();
    let (succeeded, failed) = (uncounted.succeeded.unwrap_or_default(), uncounted.failed.unwrap_or_default());
    let new = || scene.pods.iter().filter(|p| tracked(p) && scene.is_valid(p));
    let known =
        |known: &[String], pod: &Pod| pod.metadata.uid.as_ref().is_some_and(|uid| known.contains(uid));
    let more_succeeded =
        new().filter(|p| phase(p) == "Succeeded" && !known(&succeeded, p)).count() + succeeded.len();
    let counts = |p: &&Arc<Pod>| policy::action(scene, p) != policy::Action::Ignore;
    let more_failed =
        new().filter(|p| scene.is_failed(p) && !known(&failed, p)).filter(counts).count() + failed.len();
    let mut count = Count {
        succeeded: scene.status.succeeded.unwrap_or(0).saturating_add(number(more_succeeded)),
        failed: scene.status.failed.unwrap_or(0).saturating_add(number(more_failed)),
        before: Indexes::default(),
        done: Indexes::default(),
        given_up: None,
        replaceable: BTreeMap::new(),
    };
    if scene.is_indexed() {
        let set =
            |text: &Option<String>| Indexes::parse(text.as_deref().unwrap_or_default(), scene.completions());
        count.before = set(&scene.status.completed_indexes);
        let done = new().filter(|p| phase(p) == "Succeeded").filter_map(|p| scene.index(p));
        count.done = count.before.with(done);
        count.succeeded = count.done.total();
        if let Some(limit) = scene.spec.backoff_limit_per_index {
            let failed = new().filter(|p| gives_up(scene, p, limit)).filter_map(|p| scene.index(p));
            let given_up = set(&scene.status.failed_indexes).with(failed);
            count.replaceable = replaceable(scene, &count.done.and(&given_up));
            count.given_up = Some(given_up);
        }
    }
    count
}

fn number(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// Whether the index of a pod has failed for good with it.
fn gives_up(scene: &Scene<'_>, pod: &Pod, limit: i32) -> bool {
    scene.is_failed(pod)
        && match policy::action(scene, pod) {
            policy::Action::FailIndex => true,
            policy::Action::Ignore => false,
            policy::Action::Count | policy::Action::FailJob(_) => failures(pod).0 >= limit,
        }
}

/// How often its index had failed before a pod was made: what counts, and what does not.
pub(super) fn failures(pod: &Pod) -> (i32, i32) {
    let notes = pod.metadata.annotations.as_ref();
    let number = |note: &str| notes.and_then(|n| n.get(note)).and_then(|n| n.parse().ok()).unwrap_or(0);
    (number(super::template::FAILED), number(super::template::IGNORED))
}

/// The last failed pod of every index that is neither over nor worked on.
fn replaceable(scene: &Scene<'_>, over: &Indexes) -> BTreeMap<i32, Arc<Pod>> {
    let over = over.with(scene.active().filter_map(|p| scene.index(p)));
    let mut last: BTreeMap<i32, Arc<Pod>> = BTreeMap::new();
    for pod in scene.pods.iter().filter(|p| tracked(p) && scene.is_failed(p)) {
        let Some(index) = scene.index(pod).filter(|index| !over.has(*index)) else { continue };
        let tries = |pod: &Pod| failures(pod).0 + failures(pod).1;
        if last.get(&index).is_none_or(|known| tries(known) <= tries(pod)) {
            last.insert(index, Arc::clone(pod));
        }
    }
    last
}

/// What comes of a count.
pub(super) struct Counted {
    /// The status with the new numbers.
    pub(super) status: JobStatus,
    /// Pods to be let go once that is written.
    pub(super) freed: Vec<Arc<Pod>>,
    /// There are more than could be counted at once.
    pub(super) more: bool,
}

impl Counted {
    /// Whether nothing is left to be counted.
    pub(super) fn is_all(&self) -> bool {
        let waiting = self.status.uncounted_terminated_pods.as_ref();
        let none = |uids: &Option<Vec<String>>| uids.as_ref().is_none_or(Vec::is_empty);
        self.freed.is_empty() && !self.more && waiting.is_none_or(|w| none(&w.failed) && none(&w.succeeded))
    }
}

/// Writes down the ends that are new, and turns those into numbers whose pods were let go.
pub(super) fn counted(scene: &Scene<'_>, count: &Count, verdict: Option<&Verdict>) -> Counted {
    let mut status = scene.status.clone();
    let waiting = status.uncounted_terminated_pods.get_or_insert_default();
    let held: BTreeSet<_> =
        scene.pods.iter().filter(|p| tracked(p)).filter_map(|p| p.metadata.uid.clone()).collect();
    for (uids, number) in
        [(&mut waiting.succeeded, &mut status.succeeded), (&mut waiting.failed, &mut status.failed)]
    {
        let before = uids.as_ref().map_or(0, Vec::len);
        let kept: Vec<_> = uids.take().unwrap_or_default().into_iter().filter(|u| held.contains(u)).collect();
        let settled = self::number(before - kept.len());
        if settled > 0 {
            *number = Some(number.unwrap_or(0).saturating_add(settled));
        }
        *uids = (!kept.is_empty()).then_some(kept);
    }
    let mut done = Vec::new();
    let mut counted = Counted { status: JobStatus::default(), freed: Vec::new(), more: false };
    let mut pods: Vec<_> = scene.pods.iter().filter(|p| tracked(p)).collect();
    pods.sort_by_key(|pod| scene.index(pod));
    for pod in pods {
        if !is_free(scene, count, pod, verdict) {
            continue;
        }
        let total = done.len()
            + [&waiting.succeeded, &waiting.failed]
                .iter()
                .filter_map(|u| u.as_ref())
                .map(Vec::len)
                .sum::<usize>();
        if total >= WAITING {
            counted.more = true;
            break;
        }
        counted.freed.push(Arc::clone(pod));
        let uid = pod.metadata.uid.clone().unwrap_or_default();
        let is_in = |uids: &Option<Vec<String>>| uids.as_ref().is_some_and(|uids| uids.contains(&uid));
        if phase(pod) == "Succeeded" && !is_in(&waiting.failed) {
            if scene.is_indexed() {
                done.extend(scene.index(pod));
            } else if !is_in(&waiting.succeeded) {
                waiting.succeeded.get_or_insert_default().push(uid);
            }
            continue;
        }
        // A job that failed takes what still runs down with it.
        let failed = scene.is_failed(pod) || verdict.is_some_and(|v| !v.success);
        let counts = || policy::action(scene, pod) != policy::Action::Ignore;
        if failed && !is_in(&waiting.failed) && scene.is_valid(pod) && counts() {
            waiting.failed.get_or_insert_default().push(uid);
        }
    }
    if scene.is_indexed() {
        let done = count.before.with(done);
        status.succeeded = Some(done.total()).filter(|n| *n > 0);
        status.completed_indexes = Some(done.to_string()).filter(|text| !text.is_empty());
        status.failed_indexes = count.given_up.as_ref().map(Indexes::to_string);
    }
    counted.status = status;
    counted
}

/// Whether a pod may be let go once it is counted.
fn is_free(scene: &Scene<'_>, count: &Count, pod: &Pod, verdict: Option<&Verdict>) -> bool {
    if scene.is_going() || verdict.is_some() {
        return true;
    }
    let awaited = || {
        let index = scene.index(pod)?;
        count.replaceable.get(&index).filter(|p| p.metadata.uid == pod.metadata.uid)
    };
    (scene.is_failed(pod) || phase(pod) == "Succeeded") && awaited().is_none()
}
