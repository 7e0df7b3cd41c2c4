//! Which pods come and which go: those that are missing, those that have ended, those too many, and those
//! of an old template.

use super::{Scene, identity, rollout};
use crate::pod::{failed_long_enough, is_over, phase};
use shared_api::core::Pod;
use shared_reconcile::{Note, Plan};

/// At most so many pods are created by one decision.
const BURST: usize = 500;

pub(super) fn plan(scene: &Scene<'_>) -> Plan {
    let (plan, whole) = missing(scene);
    if !whole && scene.ordered() {
        return plan;
    }
    let (surplus, settled) = surplus(scene);
    let plan = plan.and(surplus);
    if !settled && scene.ordered() {
        return plan;
    }
    rollout::outdated(scene).into_iter().fold(plan, |plan, (_, pod)| plan.and(deleted(scene, pod)))
}

/// Sees to the pods that are wanted, from the lowest number up; whether each was found to be well.
fn missing(scene: &Scene<'_>) -> (Plan, bool) {
    let (mut plan, mut whole, mut made) = (Plan::nothing(), true, 0);
    for ordinal in scene.ordinals() {
        match scene.pods.get(&ordinal) {
            None if made == BURST => return (plan, false),
            None => {
                plan = plan.and(created(scene, ordinal));
                (whole, made) = (false, made + 1);
            }
            Some(pod) => {
                let (more, well) = tended(scene, ordinal, pod);
                plan = plan.and(more);
                whole &= well;
            }
        }
        if !whole && scene.ordered() {
            break;
        }
    }
    (plan, whole)
}

/// The pod with this number and what it needs, unless something is in its place.
fn created(scene: &Scene<'_>, ordinal: i32) -> Plan {
    if scene.waits_for_claims(ordinal) {
        return Plan::nothing();
    }
    let (template, revision) = scene.template(ordinal);
    let pod = identity::pod(scene.set, ordinal, template, revision);
    let name = pod.metadata.name.clone().unwrap_or_default();
    let set = scene.set.metadata.name.as_deref().unwrap_or_default();
    if let Some(other) = scene.world.named::<Pod>(scene.namespace(), &name) {
        let going = other.metadata.deletion_timestamp.is_some();
        let told =
            format!("create Pod {name} in StatefulSet {set} failed error: pods {name:?} already exists");
        let note = Note::warning(scene.set, "FailedCreate", told);
        return if going { Plan::nothing() } else { Plan::nothing().record(note) };
    }
    let told = format!("create Pod {name} in StatefulSet {set} successful");
    scene.made(ordinal).create(&pod).record(Note::normal(scene.set, "SuccessfulCreate", told))
}

/// Keeps a pod what it is to be; whether it is well.
fn tended(scene: &Scene<'_>, ordinal: i32, pod: &Pod) -> (Plan, bool) {
    if is_over(pod) {
        return (replaced(scene, pod), false);
    }
    let mut plan = if phase(pod) == "Pending" && pod.metadata.deletion_timestamp.is_none() {
        scene.made(ordinal)
    } else {
        Plan::nothing()
    };
    let well = scene.is_well(pod);
    if !well && scene.ordered() {
        return (plan, false);
    }
    if let Some(mended) = identity::mended(pod, scene.set, ordinal) {
        plan = plan.update(&mended);
    }
    (plan.and(scene.entrusted(ordinal, pod)), well)
}

/// A pod that has ended goes, so that its successor can have its name.
fn replaced(scene: &Scene<'_>, pod: &Pod) -> Plan {
    if pod.metadata.deletion_timestamp.is_some() {
        return Plan::nothing();
    }
    if let Err(seconds) = failed_long_enough(pod, scene.world.now()) {
        return Plan::nothing().again_in_seconds(seconds);
    }
    let name = |meta: &shared_api::meta::ObjectMeta| meta.name.clone().unwrap_or_default();
    let (set, pod_name) = (name(&scene.set.metadata), name(&pod.metadata));
    let about =
        |what: &str| format!("StatefulSet {}/{set} is recreating {what} Pod {pod_name}", scene.namespace());
    let note = if phase(pod) == "Failed" {
        Note::warning(scene.set, "RecreatingFailedPod", about("failed"))
    } else {
        Note::normal(scene.set, "RecreatingTerminatedPod", about("terminated"))
    };
    Plan::nothing().record(note).and(deleted(scene, pod))
}

/// Lets go of pods beyond those wanted, from the highest number down; whether there is nothing left to do.
fn surplus(scene: &Scene<'_>) -> (Plan, bool) {
    let wanted = scene.ordinals();
    let surplus: Vec<_> = scene.pods.iter().rev().filter(|(n, _)| !wanted.contains(n)).collect();
    let mut plan = surplus.iter().fold(Plan::nothing(), |plan, (n, pod)| plan.and(scene.entrusted(**n, pod)));
    let unwell = surplus.iter().rev().find(|(_, pod)| !scene.is_well(pod)).map(|(n, _)| **n);
    for (ordinal, pod) in &surplus {
        if pod.metadata.deletion_timestamp.is_none() {
            // Of several that are not well only the lowest may go: the others may hold what it lacks.
            if scene.ordered() && !scene.is_available(pod) && unwell != Some(**ordinal) {
                break;
            }
            plan = plan.and(deleted(scene, pod));
        }
        if scene.ordered() {
            break;
        }
    }
    (plan, surplus.is_empty())
}

fn deleted(scene: &Scene<'_>, pod: &Pod) -> Plan {
    let (set, name) = (scene.set.metadata.name.as_deref(), pod.metadata.name.as_deref());
    let told = format!(
        "delete Pod {} in StatefulSet {} successful",
        name.unwrap_or_default(),
        set.unwrap_or_default()
    );
    Plan::nothing().delete::<Pod>(&pod.metadata).record(Note::normal(scene.set, "SuccessfulDelete", told))
}
