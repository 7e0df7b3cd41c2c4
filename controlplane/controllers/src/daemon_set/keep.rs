//! Which pods come and which go: one for every node that is to have one, and no more than that, except
//! while a new one takes over from an old one.

use super::{Place, Scene, rollout::Limits};
use crate::pod::{failed_long_enough, is_over, is_ready, phase};
use shared_api::core::Pod;
use shared_reconcile::{Note, Plan};
use std::sync::Arc;

/// At most so many pods are created or deleted by one decision.
const BURST: usize = 500;

pub(super) fn plan(scene: &Scene<'_>) -> Plan {
    let surging = Limits::of(scene).surge > 0;
    let (mut plan, mut lacking, mut gone) = (Plan::nothing(), Vec::new(), Vec::new());
    for place in &scene.places {
        if !place.bears {
            gone.extend(place.pods.iter().filter(|p| stays(p)));
            continue;
        }
        let (ended, running): (Vec<_>, Vec<_>) =
            place.pods.iter().filter(|p| stays(p)).partition(|p| is_over(p));
        for pod in ended {
            match failed_long_enough(pod, scene.world.now()) {
                Ok(()) => {
                    plan = plan.record(ended_note(scene, pod, place));
                    gone.push(pod);
                }
                Err(seconds) => plan = plan.again_in_seconds(seconds),
            }
        }
        let lacks = if surging { !place.pods.iter().any(|p| stays(p)) } else { place.pods.is_empty() };
        if place.wanted && lacks {
            lacking.push(place.name());
        }
        gone.extend(if surging { overtaken(scene, &running) } else { running.into_iter().skip(1).collect() });
    }
    // Those for nodes that are gone wait for nothing; the bound ones are seen to by others.
    gone.extend(scene.astray.iter().filter(|p| stays(p) && crate::pod::node(p).is_none()));
    plan.and(create(scene, lacking)).and(delete(gone))
}

/// It is not on its way out.
fn stays(pod: &Pod) -> bool {
    pod.metadata.deletion_timestamp.is_none()
}

/// Of the pods on one node the oldest new and the oldest old one may be there together: until the new one is
/// available, or when the old one is not ready.
fn overtaken<'a>(scene: &Scene<'_>, running: &[&'a Arc<Pod>]) -> Vec<&'a Arc<Pod>> {
    let (new, old): (Vec<_>, Vec<_>) = running.iter().copied().partition(|p| scene.is_new(p));
    let mut gone: Vec<_> = new.iter().skip(1).chain(old.iter().skip(1)).copied().collect();
    if let (Some(new), Some(old)) = (new.first(), old.first())
        && (!is_ready(old) || scene.is_available(new))
    {
        gone.push(old);
    }
    gone
}

fn ended_note(scene: &Scene<'_>, pod: &Pod, place: &Place) -> Note {
    let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
    let name = pod.metadata.name.as_deref().unwrap_or_default();
    let node = place.name();
    if phase(pod) == "Failed" {
        let told = format!("Found failed daemon pod {namespace}/{name} on node {node}, will try to kill it");
        Note::warning(scene.set, "FailedDaemonPod", told)
    } else {
        let told =
            format!("Found succeeded daemon pod {namespace}/{name} on node {node}, will try to delete it");
        Note::normal(scene.set, "SucceededDaemonPod", told)
    }
}

/// Makes pods for nodes.
pub(super) fn create<'a>(scene: &Scene<'_>, nodes: impl IntoIterator<Item = &'a str>) -> Plan {
    nodes.into_iter().take(BURST).fold(Plan::nothing(), |plan, node| {
        plan.create(&scene.shape.pod(scene.set, node)).telling("SuccessfulCreate", "Created pod: ")
    })
}

/// Lets go of pods.
pub(super) fn delete<'a>(pods: impl IntoIterator<Item = &'a Arc<Pod>>) -> Plan {
    pods.into_iter().take(BURST).fold(Plan::nothing(), |plan, pod| {
        plan.delete::<Pod>(&pod.metadata).telling("SuccessfulDelete", "Deleted pod: ")
    })
}

impl Place {
    pub(super) fn name(&self) -> &str {
        self.node.metadata.name.as_deref().unwrap_or_default()
    }
}
