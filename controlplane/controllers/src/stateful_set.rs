//! Keeps `spec.replicas` pods with lasting names for every `StatefulSet`, each with claims of its own.
//!
//! Pods come and go one after the other, in the order of their numbers, unless the set says `Parallel`.

mod claims;
mod identity;
mod keep;
mod rollout;
mod status;

use crate::{
    members::Members,
    pod::{available_in, is_over},
    revisions::{self, Revisions},
};
use identity::{member, ordinal};
use shared_api::{
    GroupKind, Key, LabelSelector,
    apps::{ControllerRevision, StatefulSet, StatefulSetSpec},
    core::{PersistentVolumeClaim, Pod, PodTemplateSpec},
    meta::ObjectMeta,
};
use shared_reconcile::{Event, Plan, Reconciler, World};
use std::{collections::BTreeMap, ops::Range, sync::Arc};

/// What a pod or revision carries the name of its revision under.
const REVISION: &str = "controller-revision-hash";
/// The hash of a revision's contents.
const HASH: &str = "controller.kubernetes.io/hash";

/// See the module documentation.
pub struct StatefulSets;

/// Everything one decision looks at.
struct Scene<'a> {
    set: &'a StatefulSet,
    spec: &'a StatefulSetSpec,
    world: &'a World,
    /// Its pods by number.
    pods: BTreeMap<i32, Arc<Pod>>,
    /// The revision that all pods were of when the last rollout had ended.
    current: String,
    /// The revision of the present template.
    update: String,
    collisions: i32,
    /// The set as it was at the current revision.
    before: Arc<StatefulSet>,
}

impl Reconciler for StatefulSets {
    type Kind = StatefulSet;
    const NAME: &'static str = "statefulset-controller";
    const READS: &'static [GroupKind] = &[
        GroupKind::of::<Pod>(),
        GroupKind::of::<ControllerRevision>(),
        GroupKind::of::<PersistentVolumeClaim>(),
    ];

    fn concerns(&self, event: &Event, world: &World) -> Vec<Key> {
        let Some(object) = event.object() else { return Vec::new() };
        let kind = object.group_kind();
        if kind != GroupKind::of::<PersistentVolumeClaim>()
            && let Some(owner) = object.controller()
        {
            let ours = GroupKind::parse(&owner.api_version, &owner.kind) == GroupKind::of::<StatefulSet>();
            return ours
                .then(|| Key::of::<StatefulSet>(object.namespace(), &owner.name))
                .into_iter()
                .collect();
        }
        // What nothing controls may be taken in, or may have had a name that is wanted.
        let meant = |set: &Arc<StatefulSet>| match &*kind.kind {
            "Pod" => ordinal(set, object.name()).is_some(),
            "PersistentVolumeClaim" => claims::is_of(set, object.name()),
            _ => selects(set, object.metadata()),
        };
        let sets = world.within::<StatefulSet>(object.namespace()).filter(meant);
        sets.map(|set| Key::from_kind(&*set)).collect()
    }

    fn reconcile(&self, set: &StatefulSet, world: &World) -> Plan {
        let Some(spec) = &set.spec else { return Plan::nothing() };
        let members = Members::of(set, world, |pod| selects(set, &pod.metadata) && member(set, pod));
        let ending = set.metadata.deletion_timestamp.is_some();
        let claims = if ending {
            Plan::nothing()
        } else {
            members.claims.and(Revisions::adopt(set, world, |meta| selects(set, meta)))
        };
        if !claims.is_nothing() {
            // What was taken in is counted when the world shows it.
            return claims;
        }
        let history = Revisions::of(set, world);
        let known = set.status.as_ref().and_then(|s| s.collision_count).unwrap_or(0);
        let labels = spec.template.metadata.as_ref().and_then(|m| m.labels.as_ref());
        let present = history.present(set, labels, HASH, known, world);
        let current = set.status.as_ref().and_then(|s| s.current_revision.as_deref());
        let current = current.filter(|name| **name != present.name).and_then(|name| history.named(name));
        let before = current.and_then(|revision| revisions::applied(set, revision));
        let scene = Scene {
            set,
            spec,
            world,
            pods: members.mine.into_iter().filter_map(|pod| Some((number(set, &pod)?, pod))).collect(),
            current: current.and_then(|r| r.metadata.name.clone()).unwrap_or_else(|| present.name.clone()),
            update: present.name,
            collisions: present.collisions,
            before: before.unwrap_or_else(|| Arc::new(set.clone())),
        };
        if ending {
            return status::plan(&scene);
        }
        let kept = keep::plan(&scene);
        present.plan.and(status::plan(&scene)).and(kept).and(scene.forget(&history))
    }
}

impl Scene<'_> {
    /// The numbers that pods are to have.
    fn ordinals(&self) -> Range<i32> {
        let start = self.start();
        start..start.saturating_add(self.replicas())
    }

    fn start(&self) -> i32 {
        self.spec.ordinals.as_ref().and_then(|o| o.start).unwrap_or(0)
    }

    fn replicas(&self) -> i32 {
        self.spec.replicas.unwrap_or(1).max(0)
    }

    /// One after the other.
    fn ordered(&self) -> bool {
        self.spec.pod_management_policy.as_deref() != Some("Parallel")
    }

    /// The template of the pod with this number, and the name of its revision: a rollout that stops short
    /// of it leaves it as it was.
    fn template(&self, ordinal: i32) -> (&PodTemplateSpec, &str) {
        if rollout::reaches(self, ordinal) {
            return (&self.spec.template, &self.update);
        }
        let before = self.before.spec.as_ref().map_or(&self.spec.template, |s| &s.template);
        (before, &self.current)
    }

    /// It is running, and has been ready for long enough.
    fn is_available(&self, pod: &Pod) -> bool {
        let min_ready = self.spec.min_ready_seconds.unwrap_or(0);
        !is_over(pod) && available_in(pod, min_ready, self.world.now()).is_some_and(|seconds| seconds <= 0)
    }

    /// It may be given work, and stays.
    fn is_well(&self, pod: &Pod) -> bool {
        pod.metadata.deletion_timestamp.is_none() && self.is_available(pod)
    }

    /// Forgets revisions that no pod is of, beyond the history asked for.
    fn forget(&self, history: &Revisions) -> Plan {
        let limit = usize::try_from(self.spec.revision_history_limit.unwrap_or(10)).unwrap_or(usize::MAX);
        let needed = |revision: &ControllerRevision| {
            let name = revision.metadata.name.as_deref().unwrap_or_default();
            name == self.current || name == self.update || self.pods.values().any(|p| revision_of(p) == name)
        };
        let past = history.all.iter().filter(|r| !needed(r)).count();
        history.forget(past.saturating_sub(limit), needed)
    }
}

/// The revision a pod is of.
fn revision_of(pod: &Pod) -> &str {
    revisions::label(&pod.metadata, REVISION).unwrap_or_default()
}

fn number(set: &StatefulSet, pod: &Pod) -> Option<i32> {
    ordinal(set, pod.metadata.name.as_deref().unwrap_or_default())
}

/// Whether a set's selector means an object; a set without requirements means nothing.
fn selects(set: &StatefulSet, meta: &ObjectMeta) -> bool {
    let selector = set.spec.as_ref().map(|s| LabelSelector::from_meta(&s.selector)).unwrap_or_default();
    !selector.is_empty() && selector.matches(meta.labels.as_ref())
}

#[cfg(test)]
mod tests;
