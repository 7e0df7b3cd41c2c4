//! Spreading a changed number of pods over sets in the middle of a rollout.

use super::{Resized, Scene, Sized, name};
use shared_api::apps::ReplicaSet;

const DESIRED: &str = "deployment.kubernetes.io/desired-replicas";
const MOST: &str = "deployment.kubernetes.io/max-replicas";

/// For how many pods in all a set was last sized.
pub(super) fn desired(set: &ReplicaSet) -> Option<i32> {
    annotation(set, DESIRED)
}

fn annotation(set: &ReplicaSet, key: &str) -> Option<i32> {
    set.metadata.annotations.as_ref()?.get(key)?.parse().ok()
}

/// Writes for how many pods in all a set is sized.
pub(super) fn annotate(set: &mut ReplicaSet, scene: &Scene<'_>) {
    let annotations = set.metadata.annotations.get_or_insert_default();
    annotations.insert(DESIRED.into(), scene.replicas().to_string());
    annotations.insert(MOST.into(), (scene.replicas() + scene.limits.surge).to_string());
}

/// The sizes after the number of pods asked for changed.
pub(super) fn sizes(scene: &Scene<'_>) -> Resized {
    let wanted = scene.replicas();
    let active: Vec<_> = scene.all().filter(|s| s.size > 0).cloned().collect();
    // One set stands for all: the only one with pods, or the newest when none has any.
    let only = match &active[..] {
        [] => scene.new.clone().or_else(|| scene.old.last().cloned()),
        [one] => Some(one.clone()),
        _ => None,
    };
    if let Some(only) = only {
        return Resized(vec![Sized { size: wanted, ..only }]);
    }
    if scene.new.as_ref().is_some_and(|new| is_saturated(new, wanted)) {
        let old = scene.old.iter().filter(|s| s.size > 0).cloned();
        return Resized(old.map(|s| Sized { size: 0, ..s }).chain(scene.new.clone()).collect());
    }
    if scene.recreates() { Resized(Vec::new()) } else { Resized(proportional(scene, active)) }
}

fn is_saturated(new: &Sized, wanted: i32) -> bool {
    new.size == wanted && desired(&new.set) == Some(wanted) && super::available(&new.set) == wanted
}

/// Each set gets its share of what is added or taken away; what rounding leaves goes to the largest.
fn proportional(scene: &Scene<'_>, mut active: Vec<Sized>) -> Vec<Sized> {
    let total: i32 = active.iter().map(|s| s.size).sum();
    let allowed = if scene.replicas() > 0 { scene.replicas() + scene.limits.surge } else { 0 };
    let all = allowed - total;
    // Growing favours new sets, shrinking takes from old ones first. `active` is oldest first.
    if all > 0 {
        active.reverse();
    }
    active.sort_by_key(|s| std::cmp::Reverse(s.size));
    let mut left = all;
    for set in &mut active {
        let share = share(set, allowed).clamp(all.min(0), all.max(0));
        let share = if all > 0 { share.min(left) } else { share.max(left) };
        set.size += share;
        left -= share;
    }
    if let Some(first) = active.first_mut() {
        first.size = (first.size + left).max(0);
    }
    active.sort_by(|a, b| name(&a.set).cmp(name(&b.set)));
    active
}

/// By how much a set changes to keep its share of the whole.
fn share(sized: &Sized, allowed: i32) -> i32 {
    let before = annotation(&sized.set, MOST).filter(|n| *n > 0).map_or(allowed, |n| n);
    let (size, allowed, before) = (i64::from(sized.size), i64::from(allowed), i64::from(before.max(1)));
    let grown = (2 * size * allowed + before) / (2 * before);
    i32::try_from(grown - size).unwrap_or(0)
}
