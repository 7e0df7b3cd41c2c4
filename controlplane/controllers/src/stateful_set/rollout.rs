//! Moves a set's pods to its newest template, from the highest number down to the partition, as many at a
//! time as may be away.

use super::{Scene, revision_of};
use crate::deployment::share;
use shared_api::{IntOrString, apps::RollingUpdateStatefulSetStrategy, core::Pod};
use std::sync::Arc;

fn rolling<'a>(scene: &'a Scene<'_>) -> Option<&'a RollingUpdateStatefulSetStrategy> {
    scene.spec.update_strategy.as_ref()?.rolling_update.as_ref()
}

fn by_hand(scene: &Scene<'_>) -> bool {
    scene.spec.update_strategy.as_ref().and_then(|s| s.type_.as_deref()) == Some("OnDelete")
}

/// The lowest number that a rollout reaches.
fn partition(scene: &Scene<'_>) -> i32 {
    scene.start().saturating_add(rolling(scene).and_then(|r| r.partition).unwrap_or(0))
}

/// Whether a pod made now with this number is of the newest template.
pub(super) fn reaches(scene: &Scene<'_>, ordinal: i32) -> bool {
    if by_hand(scene) {
        return true;
    }
    if rolling(scene).is_some() {
        return ordinal >= partition(scene);
    }
    // Nothing is said: what a rollout has not come to yet stays as it was.
    let old = scene.pods.values().filter(|p| p.metadata.deletion_timestamp.is_none());
    let old = old.filter(|p| revision_of(p) == scene.current).count();
    ordinal >= scene.start().saturating_add(i32::try_from(old).unwrap_or(i32::MAX))
}

/// The pods that are to make room for their successors.
///
/// Old pods that are away already go at once: nobody misses them.
pub(super) fn outdated<'a>(scene: &'a Scene<'_>) -> Vec<(i32, &'a Arc<Pod>)> {
    if by_hand(scene) {
        return Vec::new();
    }
    let one = IntOrString::Int(1);
    let most = rolling(scene).and_then(|r| r.max_unavailable.as_ref()).unwrap_or(&one);
    let most = share(most, scene.replicas(), false).max(1);
    let kept = || scene.pods.range(scene.ordinals());
    let well = kept().filter(|(_, p)| scene.is_well(p)).count();
    let away = scene.replicas().saturating_sub(i32::try_from(well).unwrap_or(i32::MAX));
    let mut left = most.saturating_sub(away).max(0);
    let old = |pod: &Pod| pod.metadata.deletion_timestamp.is_none() && revision_of(pod) != scene.update;
    let reached = kept().rev().filter(|(n, p)| **n >= partition(scene) && old(p));
    let goes = |pod: &Pod| {
        if !scene.is_well(pod) {
            return true;
        }
        left -= 1;
        left >= 0
    };
    let mut goes = goes;
    reached.filter(|(_, p)| goes(p)).map(|(n, p)| (*n, p)).collect()
}
