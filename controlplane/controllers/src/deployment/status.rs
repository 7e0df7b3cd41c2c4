//! What a deployment says of itself, so that `kubectl rollout status` tells the truth.

use super::{Scene, available, condition::Condition, progress};
use crate::replicas::FAILURE;
use shared_api::{
    Timestamp,
    apps::{Deployment, DeploymentStatus, ReplicaSet, ReplicaSetStatus},
};
use shared_reconcile::Plan;

/// Writes the status if it changed; `created` is what a set made just now has to say.
pub(super) fn plan(scene: &Scene<'_>, created: &[Condition]) -> Plan {
    let now = scene.world.now();
    let mut status = counted(scene);
    let least = scene.replicas() - scene.limits.unavailable;
    Condition::available(status.available_replicas.unwrap_or(0) >= least).say(&mut status, false, now);
    let mut plan = Plan::nothing();
    if created.is_empty() {
        let progress = progress::of(scene, &status, now);
        if let Some(said) = progress.said {
            said.say(&mut status, progress.moved, now);
        }
        plan = progress.deadline_in.into_iter().fold(plan, Plan::again_in_seconds);
    }
    for said in created {
        said.say(&mut status, true, now);
    }
    fail(scene, &mut status, now);
    if scene.deployment.status.as_ref() == Some(&status) {
        return plan;
    }
    plan.update_status(&Deployment { status: Some(status), ..scene.deployment.clone() })
}

/// The status with its counts as they are now, and the conditions as they were.
pub(super) fn counted(scene: &Scene<'_>) -> DeploymentStatus {
    let said = scene.deployment.status.as_ref();
    let of = |set: &ReplicaSet, count: fn(&ReplicaSetStatus) -> i32| set.status.as_ref().map_or(0, count);
    let sum = |count: fn(&ReplicaSetStatus) -> i32| scene.all().map(|s| of(&s.set, count)).sum::<i32>();
    let total: i32 = scene.all().map(|s| s.size).sum();
    let all_available: i32 = scene.all().map(|s| available(&s.set)).sum();
    DeploymentStatus {
        replicas: some(sum(|s| s.replicas)),
        updated_replicas: some(scene.new.as_ref().map_or(0, |s| of(&s.set, |s| s.replicas))),
        ready_replicas: some(sum(|s| s.ready_replicas.unwrap_or(0))),
        available_replicas: some(all_available),
        unavailable_replicas: some((total - all_available).max(0)),
        terminating_replicas: Some(sum(|s| s.terminating_replicas.unwrap_or(0))),
        observed_generation: scene.deployment.metadata.generation,
        collision_count: said.and_then(|s| s.collision_count),
        conditions: said.and_then(|s| s.conditions.clone()),
    }
}

/// Says what keeps its sets from making or deleting pods; what the newest one has to say comes first.
fn fail(scene: &Scene<'_>, status: &mut DeploymentStatus, now: Timestamp) {
    let sets = scene.new.iter().chain(&scene.old).filter_map(|sized| sized.set.status.as_ref());
    let mut told = sets.flat_map(|status| status.conditions.iter().flatten());
    match told.find(|c| c.type_ == FAILURE && c.status == "True") {
        Some(told) => {
            let deleting = told.reason.as_deref() == Some("FailedDelete");
            let reason = if deleting { "FailedDelete" } else { "FailedCreate" };
            let message = told.message.clone().unwrap_or_default();
            Condition::new(FAILURE, "True", reason, message).say(status, false, now);
        }
        None => status.conditions.iter_mut().for_each(|all| all.retain(|c| c.type_ != FAILURE)),
    }
}

/// Kubernetes leaves these counts out when they are zero.
fn some(count: i32) -> Option<i32> {
    (count != 0).then_some(count)
}
