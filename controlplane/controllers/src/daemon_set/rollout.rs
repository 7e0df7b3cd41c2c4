//! Moves a daemon set's pods to its newest template, as many nodes at a time as it says: by letting old pods
//! go, or with a surge by letting new ones come first.

use super::{
    Place, Scene,
    keep::{create, delete},
};
use crate::deployment::share;
use shared_api::{IntOrString, core::Pod};
use shared_reconcile::Plan;
use std::sync::Arc;

/// How far a rollout may go, in nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    /// So many more pods than nodes.
    pub(super) surge: i32,
    /// So many nodes without an available pod.
    pub(super) away: i32,
}

impl Limits {
    pub(super) fn of(scene: &Scene<'_>) -> Self {
        let strategy = scene.spec.update_strategy.as_ref();
        let rolling = strategy.and_then(|s| s.rolling_update.as_ref()).filter(|_| !by_hand(scene));
        let nodes = wanted(scene);
        let of = |amount: Option<&IntOrString>, usual: i32| amount.map_or(usual, |a| share(a, nodes, true));
        let surge = of(rolling.and_then(|r| r.max_surge.as_ref()), 0);
        let away = of(rolling.and_then(|r| r.max_unavailable.as_ref()), 1);
        // Two zeros are refused, but something must move whatever was let in before.
        Self { surge, away: if surge == 0 { away.max(1) } else { away } }
    }
}

fn by_hand(scene: &Scene<'_>) -> bool {
    scene.spec.update_strategy.as_ref().and_then(|s| s.type_.as_deref()) == Some("OnDelete")
}

fn wanted(scene: &Scene<'_>) -> i32 {
    i32::try_from(scene.places.iter().filter(|p| p.wanted).count()).unwrap_or(i32::MAX)
}

pub(super) fn plan(scene: &Scene<'_>) -> Plan {
    if by_hand(scene) {
        return Plan::nothing();
    }
    let limits = Limits::of(scene);
    if limits.surge > 0 { surge(scene, limits.surge) } else { replace(scene, limits.away) }
}

/// The new and the old pod of a node; `None` when there are more, which others see to.
#[allow(clippy::type_complexity, reason = "a pair of what may be there")]
fn pair<'a>(scene: &Scene<'_>, place: &'a Place) -> Option<(Option<&'a Arc<Pod>>, Option<&'a Arc<Pod>>)> {
    let here = place.pods.iter().filter(|p| p.metadata.deletion_timestamp.is_none());
    let (new, old): (Vec<_>, Vec<_>) = here.partition(|p| scene.is_new(p));
    (new.len() < 2 && old.len() < 2).then(|| (new.first().copied(), old.first().copied()))
}

/// Old pods that are away go at once; others while fewer than `most` nodes are without one.
fn replace(scene: &Scene<'_>, most: i32) -> Plan {
    let (mut away, mut gone, mut candidates) = (0, Vec::new(), Vec::new());
    for place in scene.places.iter().filter(|p| p.wanted || !p.pods.is_empty()) {
        match pair(scene, place) {
            None | Some((None, None) | (Some(_), Some(_))) => away += 1,
            Some((Some(new), None)) if !scene.is_available(new) => away += 1,
            Some((Some(_), None)) => {}
            Some((None, Some(old))) if scene.is_available(old) => candidates.push(old),
            Some((None, Some(old))) => {
                gone.push(old);
                away += 1;
            }
        }
    }
    let room = usize::try_from(most.saturating_sub(away)).unwrap_or(0);
    delete(gone.into_iter().chain(candidates.into_iter().take(room)))
}

/// New pods come where the old one is away, and on so many nodes besides; an old one goes when its successor
/// is available. One that is to be on its node no more goes when elsewhere enough are.
fn surge(scene: &Scene<'_>, most: i32) -> Plan {
    let (mut more, mut available) = (0, 0);
    let (mut gone, mut moved, mut allowed, mut candidates) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for place in &scene.places {
        let Some((new, old)) = pair(scene, place) else {
            more += 1;
            continue;
        };
        available += i32::from(old.or(new).is_some_and(|p| scene.is_available(p)));
        match (new, old) {
            (_, None) => {}
            (None, Some(old)) => match (scene.is_available(old), place.wanted) {
                (false, false) => gone.push(old),
                (false, true) => allowed.push(place.name()),
                (true, false) => moved.push(old),
                (true, true) => candidates.push(place.name()),
            },
            (Some(new), Some(old)) if scene.is_available(new) => gone.push(old),
            (Some(_), Some(_)) => more += 1,
        }
    }
    let room = usize::try_from(most.saturating_sub(more)).unwrap_or(0);
    let spare = usize::try_from(available.saturating_sub(wanted(scene))).unwrap_or(0);
    gone.extend(moved.into_iter().take(spare));
    create(scene, allowed.into_iter().chain(candidates.into_iter().take(room))).and(delete(gone))
}
