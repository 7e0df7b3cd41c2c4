//! What a stateful set says of its pods.

use super::{Scene, revision_of};
use crate::pod::{available_in, is_ready, phase};
use shared_api::{
    apps::{StatefulSet, StatefulSetStatus},
    core::Pod,
};
use shared_reconcile::Plan;

/// Writes the status if it changed, and looks again when the next ready pod becomes available.
pub(super) fn plan(scene: &Scene<'_>) -> Plan {
    let status = status(scene);
    let mut plan = Plan::nothing();
    if scene.set.status.as_ref() != Some(&status) {
        plan = plan.update_status(&StatefulSet { status: Some(status), ..scene.set.clone() });
    }
    let min_ready = scene.spec.min_ready_seconds.unwrap_or(0);
    let soon = scene.pods.values().filter_map(|p| available_in(p, min_ready, scene.world.now()));
    soon.filter(|seconds| *seconds > 0).fold(plan, Plan::again_in_seconds)
}

fn status(scene: &Scene<'_>) -> StatefulSetStatus {
    let count = |is: &dyn Fn(&Pod) -> bool| {
        i32::try_from(scene.pods.values().filter(|p| is(p)).count()).unwrap_or(i32::MAX)
    };
    let ready = |p: &Pod| phase(p) == "Running" && is_ready(p);
    let of = |p: &Pod, revision: &str| p.metadata.deletion_timestamp.is_none() && revision_of(p) == revision;
    let all = count(&|_| true);
    let ready = count(&ready);
    let updated = count(&|p| of(p, &scene.update));
    let by_hand = scene.spec.update_strategy.as_ref().and_then(|s| s.type_.as_deref()) == Some("OnDelete");
    // Every pod is as the template says: the rollout has ended.
    let ended = !by_hand && [all, ready, updated] == [scene.replicas(); 3];
    let current = if ended { &scene.update } else { &scene.current };
    StatefulSetStatus {
        replicas: all,
        ready_replicas: some(ready),
        available_replicas: Some(count(&|p| scene.is_available(p))),
        current_replicas: some(count(&|p| of(p, current))),
        updated_replicas: some(updated),
        current_revision: Some(current.clone()),
        update_revision: Some(scene.update.clone()),
        collision_count: Some(scene.collisions),
        observed_generation: scene.set.metadata.generation,
        conditions: scene.set.status.as_ref().and_then(|s| s.conditions.clone()),
    }
}

/// Kubernetes leaves these counts out when they are zero.
fn some(count: i32) -> Option<i32> {
    (count != 0).then_some(count)
}
