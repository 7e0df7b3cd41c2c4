//! What a daemon set says of its pods.

use super::{Place, Scene};
use crate::pod::{available_in, is_ready};
use shared_api::apps::{DaemonSet, DaemonSetStatus};
use shared_reconcile::Plan;

/// Writes the status if it changed, and looks again when the next ready pod becomes available.
pub(super) fn plan(scene: &Scene<'_>, collisions: Option<i32>) -> Plan {
    let status = status(scene, collisions);
    let mut plan = Plan::nothing();
    if scene.set.status.as_ref() != Some(&status) {
        plan = plan.update_status(&DaemonSet { status: Some(status), ..scene.set.clone() });
    }
    let min_ready = scene.spec.min_ready_seconds.unwrap_or(0);
    let pods = scene.places.iter().flat_map(|place| &place.pods);
    let soon = pods.filter_map(|p| available_in(p, min_ready, scene.world.now()));
    soon.filter(|seconds| *seconds > 0).fold(plan, Plan::again_in_seconds)
}

fn status(scene: &Scene<'_>, collisions: Option<i32>) -> DaemonSetStatus {
    let count = |is: &dyn Fn(&Place) -> bool| {
        i32::try_from(scene.places.iter().filter(|p| is(p)).count()).unwrap_or(i32::MAX)
    };
    // A node's oldest pod speaks for it.
    let here = |p: &Place, is: &dyn Fn(&shared_api::core::Pod) -> bool| {
        p.wanted && p.pods.first().is_some_and(|pod| is(pod))
    };
    let desired = count(&|p| p.wanted);
    let available = count(&|p| here(p, &|pod| scene.is_available(pod)));
    DaemonSetStatus {
        desired_number_scheduled: desired,
        current_number_scheduled: count(&|p| here(p, &|_| true)),
        number_misscheduled: count(&|p| !p.wanted && !p.pods.is_empty()),
        number_ready: count(&|p| here(p, &is_ready)),
        updated_number_scheduled: some(count(&|p| here(p, &|pod| scene.is_new(pod)))),
        number_available: some(available),
        number_unavailable: some(desired - available),
        observed_generation: scene.set.metadata.generation,
        collision_count: collisions,
        conditions: scene.set.status.as_ref().and_then(|s| s.conditions.clone()),
    }
}

/// Kubernetes leaves these counts out when they are zero.
fn some(count: i32) -> Option<i32> {
    (count != 0).then_some(count)
}
