//! The next step from old sets to the new one.

use super::{Resized, Scene, Sized, available};
use crate::pod::is_over;
use shared_api::core::Pod;

/// Some pods more in the new set, or else some fewer in the old ones.
pub(super) fn rolling(scene: &Scene<'_>) -> Resized {
    let Some(new) = &scene.new else { return Resized(Vec::new()) };
    let total: i32 = scene.all().map(|s| s.size).sum();
    let wanted = scene.replicas();
    let grown = if new.size > wanted {
        wanted
    } else {
        let room = (wanted + scene.limits.surge - total).max(0);
        new.size + room.min(wanted - new.size)
    };
    if grown != new.size {
        return Resized(vec![Sized { size: grown, ..new.clone() }]);
    }
    let mut resized = shrink(scene, new, total);
    resized.push(new.clone());
    Resized(resized)
}

/// Old sets as they are to be: first without pods that never worked, then without as many as may be missed.
fn shrink(scene: &Scene<'_>, new: &Sized, total: i32) -> Vec<Sized> {
    let least = scene.replicas() - scene.limits.unavailable;
    let new_unavailable = (new.size - available(&new.set)).max(0);
    let mut old = scene.old.clone();
    let mut unhealthy = total - least - new_unavailable;
    if unhealthy <= 0 {
        return Vec::new();
    }
    for set in &mut old {
        let down = (set.size - available(&set.set)).clamp(0, unhealthy);
        set.size -= down;
        unhealthy -= down;
    }
    let all_available: i32 = scene.all().map(|s| available(&s.set)).sum();
    let mut spare = (all_available - least).max(0);
    for set in &mut old {
        let down = set.size.min(spare);
        set.size -= down;
        spare -= down;
    }
    old.into_iter().zip(&scene.old).filter(|(now, was)| now.size != was.size).map(|(now, _)| now).collect()
}

/// Everything old is stopped; only when it is gone the new set grows.
pub(super) fn recreate(scene: &Scene<'_>) -> Resized {
    let active: Vec<_> = scene.old.iter().filter(|s| s.size > 0).cloned().collect();
    if !active.is_empty() {
        return Resized(active.into_iter().map(|s| Sized { size: 0, ..s }).collect());
    }
    if !is_cleared(scene) {
        return Resized(Vec::new());
    }
    Resized(scene.new.iter().map(|s| Sized { size: scene.replicas(), ..s.clone() }).collect())
}

/// Whether no old set has or wants a pod: one that ends counts until it is gone.
pub(super) fn is_cleared(scene: &Scene<'_>) -> bool {
    let has_pods = |s: &Sized| scene.world.owned_by::<Pod>(&*s.set).any(|pod| !is_over(&pod));
    scene.old.iter().all(|s| s.size == 0 && !has_pods(s))
}
