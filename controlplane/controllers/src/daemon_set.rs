//! Keeps one pod on every node that a `DaemonSet` means.

mod concerns;
mod keep;
mod nodes;
mod rollout;
mod shape;
mod status;

use crate::{
    members::Members,
    pod::available_in,
    revisions::{self, Revisions},
};
use shape::Shape;
use shared_api::{
    GroupKind, Key, LabelSelector,
    apps::{ControllerRevision, DaemonSet, DaemonSetSpec},
    core::{Node, Pod},
    meta::ObjectMeta,
};
use shared_reconcile::{Event, Note, Plan, Reconciler, World};
use std::{collections::BTreeSet, sync::Arc};

/// What a pod or revision carries its revision's hash under.
const HASH: &str = "controller-revision-hash";
/// The number of the template a pod was made from.
const GENERATION: &str = "pod-template-generation";
/// Where a set keeps the number of its present template.
const DEPRECATED: &str = "deprecated.daemonset.template.generation";

/// See the module documentation.
pub struct DaemonSets;

/// Everything one decision looks at.
struct Scene<'a> {
    set: &'a DaemonSet,
    spec: &'a DaemonSetSpec,
    world: &'a World,
    /// What its pods are made of.
    shape: Shape,
    /// Every node there is, with the set's pods on it or meant for it, the oldest first.
    places: Vec<Place>,
    /// Its pods on nodes that are gone, or for them.
    astray: Vec<Arc<Pod>>,
    /// Hashes of revisions that hold the present template, and of those that hold another.
    hashes: BTreeSet<String>,
    others: BTreeSet<String>,
}

/// A node and its pods.
struct Place {
    node: Arc<Node>,
    pods: Vec<Arc<Pod>>,
    /// It is to have a pod.
    wanted: bool,
    /// A pod that is there may stay.
    bears: bool,
}

impl Reconciler for DaemonSets {
    type Kind = DaemonSet;
    const NAME: &'static str = "daemonset-controller";
    const READS: &'static [GroupKind] =
        &[GroupKind::of::<Pod>(), GroupKind::of::<ControllerRevision>(), GroupKind::of::<Node>()];

    fn concerns(&self, event: &Event, world: &World) -> Vec<Key> {
        concerns::of(event, world)
    }

    fn reconcile(&self, set: &DaemonSet, world: &World) -> Plan {
        let Some(spec) = &set.spec else { return Plan::nothing() };
        if LabelSelector::from_meta(&spec.selector).is_empty() {
            let why = "This daemon set is selecting all pods. A non-empty selector is required.";
            return Plan::nothing().record(Note::warning(set, "SelectingAll", why));
        }
        if set.metadata.deletion_timestamp.is_some() {
            return Plan::nothing();
        }
        let members = Members::of(set, world, |pod| selects(set, &pod.metadata));
        let claims = members.claims.and(Revisions::adopt(set, world, |meta| selects(set, meta)));
        if !claims.is_nothing() {
            // What was taken in is counted when the world shows it.
            return claims;
        }
        let history = Revisions::of(set, world);
        let known = set.status.as_ref().and_then(|s| s.collision_count);
        let labels = spec.template.metadata.as_ref().and_then(|m| m.labels.as_ref());
        let present = history.present(set, labels, HASH, known.unwrap_or(0), world);
        let scene = Scene::of(set, spec, world, members.mine, &history, &present);
        let kept = keep::plan(&scene);
        let acts = if kept.changes.is_empty() { kept.and(rollout::plan(&scene)) } else { kept };
        let collisions = known.or(Some(present.collisions).filter(|n| *n > 0)).map(|_| present.collisions);
        present.plan.and(status::plan(&scene, collisions)).and(acts).and(scene.forget(&history))
    }
}

impl<'a> Scene<'a> {
    fn of(
        set: &'a DaemonSet,
        spec: &'a DaemonSetSpec,
        world: &'a World,
        pods: Vec<Arc<Pod>>,
        history: &Revisions,
        present: &revisions::Present,
    ) -> Self {
        let hash = |r: &Arc<ControllerRevision>| revisions::label(&r.metadata, HASH).map(str::to_owned);
        let all: BTreeSet<_> = history.all.iter().filter_map(hash).collect();
        let mut hashes: BTreeSet<_> = history.equal().filter_map(hash).collect();
        let others = all.difference(&hashes).cloned().collect();
        hashes.insert(present.hash.clone());
        let shape = Shape::of(set, spec, present.hash.clone());
        let (places, astray) = nodes::places(&shape, pods, world);
        Self { set, spec, world, shape, places, astray, hashes, others }
    }

    /// Whether a pod is of the present template.
    fn is_new(&self, pod: &Pod) -> bool {
        let hash = revisions::label(&pod.metadata, HASH).unwrap_or_default();
        if self.hashes.contains(hash) || self.others.contains(hash) {
            return self.hashes.contains(hash);
        }
        // Its revision is not known any more.
        let generation = revisions::label(&pod.metadata, GENERATION);
        generation.is_some() && generation == self.shape.generation.as_deref()
    }

    /// Ready for long enough.
    fn is_available(&self, pod: &Pod) -> bool {
        let min_ready = self.spec.min_ready_seconds.unwrap_or(0);
        available_in(pod, min_ready, self.world.now()).is_some_and(|seconds| seconds <= 0)
    }

    /// Forgets revisions that no pod is of, beyond the history asked for.
    fn forget(&self, history: &Revisions) -> Plan {
        let limit = usize::try_from(self.spec.revision_history_limit.unwrap_or(10)).unwrap_or(usize::MAX);
        let pods = || self.places.iter().flat_map(|p| &p.pods).chain(&self.astray);
        let live: BTreeSet<_> = pods().filter_map(|p| revisions::label(&p.metadata, HASH)).collect();
        let present = |r: &ControllerRevision| revisions::label(&r.metadata, HASH) == Some(&self.shape.hash);
        let past = history.all.iter().filter(|r| !present(r)).count();
        let needed = |r: &ControllerRevision| {
            present(r) || revisions::label(&r.metadata, HASH).is_some_and(|hash| live.contains(hash))
        };
        history.forget(past.saturating_sub(limit), needed)
    }
}

/// Whether a set's selector means an object; a set without requirements means nothing.
fn selects(set: &DaemonSet, meta: &ObjectMeta) -> bool {
    let selector = set.spec.as_ref().map(|s| LabelSelector::from_meta(&s.selector)).unwrap_or_default();
    !selector.is_empty() && selector.matches(meta.labels.as_ref())
}

#[cfg(test)]
mod tests;
