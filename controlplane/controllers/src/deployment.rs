//! Moves every `Deployment`'s pods to its newest template, as carefully as it asks.
//!
//! A Deployment owns one `ReplicaSet` per template it ever had; only their sizes are decided here.

mod condition;
mod history;
mod progress;
mod rollout;
mod scale;
mod status;
mod strategy;
mod template;

use shared_api::{
    GroupKind, Key, LabelSelector, OwnedBy,
    apps::{Deployment, DeploymentSpec, ReplicaSet},
    core::Pod,
};
use shared_reconcile::{Change, Event, Note, Plan, Reconciler, World};
use std::sync::Arc;
use strategy::Limits;
pub(crate) use strategy::pods as share;

/// See the module documentation.
pub struct Deployments;

/// A replica set, and the size it is to have.
#[derive(Debug, Clone)]
struct Sized {
    set: Arc<ReplicaSet>,
    size: i32,
}

impl Sized {
    fn of(set: Arc<ReplicaSet>) -> Self {
        let size = size(&set);
        Self { set, size }
    }
}

/// Everything one decision looks at.
struct Scene<'a> {
    deployment: &'a Deployment,
    spec: &'a DeploymentSpec,
    limits: Limits,
    /// The set with the present template, when there is one.
    new: Option<Sized>,
    /// The others, oldest first.
    old: Vec<Sized>,
    world: &'a World,
}

impl Reconciler for Deployments {
    type Kind = Deployment;
    const NAME: &'static str = "deployment-controller";
    const READS: &'static [GroupKind] = &[GroupKind::of::<ReplicaSet>(), GroupKind::of::<Pod>()];

    fn concerns(&self, event: &Event, world: &World) -> Vec<Key> {
        let Some(object) = event.object() else { return Vec::new() };
        let Some(owner) = object.controller() else { return Vec::new() };
        let owner_kind = GroupKind::parse(&owner.api_version, &owner.kind);
        if owner_kind == GroupKind::of::<Deployment>() {
            return vec![Key::of::<Deployment>(object.namespace(), &owner.name)];
        }
        // Only one who waits for the last old pod cares for pods.
        if owner_kind != GroupKind::of::<ReplicaSet>() || !matches!(event, Event::Deleted(_)) {
            return Vec::new();
        }
        let set = world.object(&Key::of::<ReplicaSet>(object.namespace(), &owner.name));
        let deployment = set.and_then(|s| s.controller());
        deployment.map(|d| Key::of::<Deployment>(object.namespace(), &d.name)).into_iter().collect()
    }

    fn reconcile(&self, deployment: &Deployment, world: &World) -> Plan {
        let Some(spec) = &deployment.spec else { return Plan::nothing() };
        let selector = LabelSelector::from_meta(&spec.selector);
        if selector.is_empty() {
            let why = "This deployment is selecting all pods. A non-empty selector is required.";
            return Plan::nothing().record(Note::warning(deployment, "SelectingAll", why));
        }
        let scene = Scene::of(deployment, spec, world);
        if deployment.metadata.deletion_timestamp.is_some() {
            return status::plan(&scene, &[]);
        }
        let adopted = adopt(deployment, &selector, world);
        if !adopted.is_nothing() {
            return adopted;
        }
        let paused = spec.paused.unwrap_or(false);
        if paused || scene.is_scaling() {
            let changed = scale::sizes(&scene);
            return changed.plan(&scene).and(status::plan(&scene, &[]));
        }
        if scene.new.is_none() && (!scene.recreates() || rollout::is_cleared(&scene)) {
            let (plan, created) = template::create(&scene);
            return plan.and(status::plan(&scene, &created));
        }
        let renewed = template::renew(&scene);
        if !renewed.is_nothing() {
            // Sizes follow when the world shows it, so that no write undoes another.
            return renewed.and(status::plan(&scene, &[]));
        }
        let changed = if scene.recreates() { rollout::recreate(&scene) } else { rollout::rolling(&scene) };
        let done = if progress::is_complete(&scene) { history::forget(&scene) } else { Plan::nothing() };
        changed.plan(&scene).and(done).and(status::plan(&scene, &[]))
    }
}

/// Takes in the sets that nothing controls and that match.
fn adopt(deployment: &Deployment, selector: &LabelSelector, world: &World) -> Plan {
    let namespace = deployment.metadata.namespace.as_deref().unwrap_or_default();
    let waifs = world.uncontrolled::<ReplicaSet>(namespace).filter(|set| {
        set.metadata.deletion_timestamp.is_none() && selector.matches(set.metadata.labels.as_ref())
    });
    waifs.fold(Plan::nothing(), |plan, set| plan.update(&(*set).clone().owned_by(deployment)))
}

impl<'a> Scene<'a> {
    fn of(deployment: &'a Deployment, spec: &'a DeploymentSpec, world: &'a World) -> Self {
        let mut sets: Vec<_> = world.owned_by::<ReplicaSet>(deployment).collect();
        sets.sort_by_key(|s| (s.metadata.creation_timestamp.as_ref().map(|t| t.0), s.metadata.name.clone()));
        let new = template::find(&sets, deployment, spec).map(|at| Sized::of(sets.remove(at)));
        let old = sets.into_iter().map(Sized::of).collect();
        Self { deployment, spec, limits: Limits::of(spec), new, old, world }
    }

    /// How many pods are wanted in all.
    fn replicas(&self) -> i32 {
        self.spec.replicas.unwrap_or(1)
    }

    fn recreates(&self) -> bool {
        self.spec.strategy.as_ref().and_then(|s| s.type_.as_deref()) == Some("Recreate")
    }

    /// Every set, the new one last.
    fn all(&self) -> impl Iterator<Item = &Sized> {
        self.old.iter().chain(&self.new)
    }

    /// The number of pods asked for changed since the sets were last sized.
    fn is_scaling(&self) -> bool {
        let active: Vec<_> = self.all().filter(|s| s.size > 0).collect();
        let settles_itself = self.recreates() && active.len() > 1;
        !settles_itself && active.iter().any(|s| scale::desired(&s.set).is_some_and(|n| n != self.replicas()))
    }
}

fn size(set: &ReplicaSet) -> i32 {
    set.spec.as_ref().and_then(|s| s.replicas).unwrap_or(1)
}

fn available(set: &ReplicaSet) -> i32 {
    set.status.as_ref().and_then(|s| s.available_replicas).unwrap_or(0)
}

fn name(set: &ReplicaSet) -> &str {
    set.metadata.name.as_deref().unwrap_or_default()
}

/// Sets whose size is to change.
struct Resized(Vec<Sized>);

impl Resized {
    /// The changes, each with the event that tells of it.
    fn plan(&self, scene: &Scene<'_>) -> Plan {
        let mut plan = Plan::nothing();
        for Sized { set, size: wanted } in &self.0 {
            let mut changed = (**set).clone();
            changed.spec.get_or_insert_default().replicas = Some(*wanted);
            scale::annotate(&mut changed, scene);
            if changed == **set {
                continue;
            }
            plan = plan.update(&changed);
            if size(set) != *wanted {
                plan = plan.then(scaled(scene.deployment, name(set), size(set), *wanted));
            }
        }
        plan
    }
}

fn scaled(deployment: &Deployment, set: &str, from: i32, to: i32) -> Change {
    let way = if to > from { "up" } else { "down" };
    let message = format!("Scaled {way} replica set {set} from {from} to {to}");
    Change::Record(Note::normal(deployment, "ScalingReplicaSet", message))
}

#[cfg(test)]
mod tests;
