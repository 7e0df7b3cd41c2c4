//! How many pods a job has at once: which are made, and which it can do without.

use super::{
    Scene, backoff,
    count::{Count, Counted},
    template, tracked,
};
use crate::replicas::rank;
use shared_api::core::Pod;
use shared_reconcile::Plan;
use std::{collections::BTreeSet, sync::Arc};

/// At most so many pods are made or removed by one decision.
const BURST: i32 = 500;

/// What is done about the number of pods.
#[derive(Default)]
pub(super) struct Sized {
    created: Vec<Pod>,
    removed: Vec<Arc<Pod>>,
    /// Seconds after which more may be made.
    again: Option<i64>,
}

impl Sized {
    /// A job that is decided needs no pod any more.
    pub(super) fn ended(scene: &Scene<'_>) -> Self {
        Self::without(scene.active().cloned().collect())
    }

    fn without(mut removed: Vec<Arc<Pod>>) -> Self {
        removed.truncate(usize::try_from(BURST).unwrap_or(0));
        Self { removed, ..Self::default() }
    }

    /// The same as changes after `plan`, which lets go of the pods that are counted.
    pub(super) fn plan(&self, scene: &Scene<'_>, mut plan: Plan, counted: &Counted) -> Plan {
        let freed: BTreeSet<_> = counted.freed.iter().map(|p| &p.metadata.uid).collect();
        // What the job takes away itself is let go first, so that it counts for nothing.
        for pod in self.removed.iter().filter(|p| tracked(p) && !freed.contains(&p.metadata.uid)) {
            plan = plan.update(&template::free(pod));
        }
        for pod in &self.removed {
            plan = plan.delete::<Pod>(&pod.metadata).telling("SuccessfulDelete", "Deleted pod: ");
        }
        for pod in &self.created {
            plan = plan.create(pod).telling("SuccessfulCreate", "Created pod: ");
        }
        let left = super::verdict::time_left(scene).filter(|left| *left > 0);
        self.again.into_iter().chain(left).fold(plan, Plan::again_in_seconds)
    }
}

/// Decides for a job that goes on.
pub(super) fn size(scene: &Scene<'_>, count: &Count) -> Sized {
    if scene.is_going() {
        return Sized::default();
    }
    let active = number(scene.active().count());
    if scene.is_suspended() {
        return Sized::ended(scene);
    }
    let wanted = wanted(scene, count, active);
    let surplus = surplus(scene, (active - wanted).max(0));
    if !surplus.is_empty() {
        return Sized::without(surplus);
    }
    let leaving = if scene.replaces_failed_only() { number(scene.terminating().count()) } else { 0 };
    let missing = (wanted - leaving - active).min(BURST);
    if missing <= 0 {
        return Sized::default();
    }
    if count.given_up.is_some() {
        return of_indexes(scene, count, missing);
    }
    let pause = backoff::remaining(scene);
    if pause > 0 {
        return Sized { again: Some(pause), ..Sized::default() };
    }
    let created = if scene.is_indexed() {
        pending(scene, count, missing).map(|index| template::pod(scene, Some(index), None)).collect()
    } else {
        (0..missing).map(|_| template::pod(scene, None, None)).collect()
    };
    Sized { created, ..Sized::default() }
}

fn number(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// How many pods are to work at once now.
fn wanted(scene: &Scene<'_>, count: &Count, active: i32) -> i32 {
    let parallel = scene.spec.parallelism.unwrap_or(1);
    match scene.spec.completions {
        // Of a queue, those that work are let finish once one has said that it is empty.
        None if count.succeeded > 0 => active,
        None => parallel,
        Some(completions) => (completions - count.succeeded).clamp(0, parallel),
    }
}

/// The pods to remove: those that work on what another does already or nobody needs, then the least wanted.
fn surplus(scene: &Scene<'_>, least: i32) -> Vec<Arc<Pod>> {
    let mut active: Vec<_> = scene.active().cloned().collect();
    active.sort_by_cached_key(|pod| rank(pod));
    let mut removed = Vec::new();
    if scene.is_indexed() {
        let mut seen = BTreeSet::new();
        // From the most wanted on, so that of two the better stays.
        let mut kept = Vec::new();
        for pod in active.into_iter().rev() {
            let needed = scene.index(&pod).is_some_and(|index| seen.insert(index));
            if needed { kept.push(pod) } else { removed.push(pod) }
        }
        kept.reverse();
        active = kept;
    }
    let more = usize::try_from(least).unwrap_or(0).saturating_sub(removed.len());
    removed.extend(active.into_iter().take(more));
    removed
}

/// The first indexes that nobody works on and that are not over.
fn pending(scene: &Scene<'_>, count: &Count, most: i32) -> impl Iterator<Item = i32> {
    let leaving = scene.terminating().filter(|_| scene.replaces_failed_only());
    let taken = count.done.with(scene.active().chain(leaving).filter_map(|pod| scene.index(pod)));
    let taken = taken.and(&count.given_up.clone().unwrap_or_default());
    let indexes: Vec<_> =
        taken.missing(scene.completions()).take(usize::try_from(most).unwrap_or(0)).collect();
    indexes.into_iter()
}

/// Where every index has a limit of its own, each also waits for itself.
fn of_indexes(scene: &Scene<'_>, count: &Count, missing: i32) -> Sized {
    let mut sized = Sized::default();
    for index in pending(scene, count, missing) {
        let replaced = count.replaceable.get(&index);
        let pause = replaced.map_or(0, |pod| {
            let (failed, ignored) = super::count::failures(pod);
            let tries = usize::try_from(failed + ignored + 1).unwrap_or(1);
            backoff::left(tries, backoff::ended_at(pod), scene.now)
        });
        if pause > 0 {
            sized.again = Some(sized.again.map_or(pause, |known| known.min(pause)));
        } else {
            sized.created.push(template::pod(scene, Some(index), replaced.map(|pod| &**pod)));
        }
    }
    sized
}
