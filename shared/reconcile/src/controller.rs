//! What decides: typed about one kind, or untyped about many.

use crate::Plan;
use shared_api::{GroupKind, Key, Kind};
use shared_client::{Event, World};

/// Decides what should change so that one object gets what its spec asks for.
pub trait Reconciler: Send + Sync + 'static {
    /// The kind whose spec is honoured.
    type Kind: Kind;

    /// Its name, as events and users of the API carry it: `deployment-controller`.
    const NAME: &'static str;

    /// Kinds read besides the primary one.
    const READS: &'static [GroupKind] = &[];

    /// Decisions depend on each other: each is taken only when the world shows the one before.
    const ALONE: bool = false;

    /// Which primary objects an event about another kind is about; its controlling owner unless said
    /// otherwise.
    fn concerns(&self, event: &Event, _world: &World) -> Vec<Key> {
        owner::<Self::Kind>(event).into_iter().collect()
    }

    /// What to change, given how things are.
    fn reconcile(&self, object: &Self::Kind, world: &World) -> Plan;
}

/// Decides about keys, whatever their kind. Every [`Reconciler`] is one.
pub trait Controller: Send + Sync + 'static {
    /// Its name, as events and users of the API carry it.
    fn name(&self) -> &'static str;

    /// Every kind it reads; [`GroupKind::every`] stands for all of them, also for those yet to be defined.
    fn reads(&self) -> Vec<GroupKind>;

    /// Decisions depend on each other: each is taken only when the world shows the one before.
    fn alone(&self) -> bool {
        false
    }

    /// Everything there is to look at.
    fn everything(&self, world: &World) -> Vec<Key>;

    /// What is to be looked at after an event.
    fn concerns(&self, event: &Event, world: &World) -> Vec<Key>;

    /// What to change about one key, given how things are.
    fn decide(&self, key: &Key, world: &World) -> Plan;
}

impl<R: Reconciler> Controller for R {
    fn name(&self) -> &'static str {
        R::NAME
    }

    fn reads(&self) -> Vec<GroupKind> {
        [GroupKind::of::<R::Kind>()].into_iter().chain(R::READS.iter().cloned()).collect()
    }

    fn alone(&self) -> bool {
        R::ALONE
    }

    fn everything(&self, world: &World) -> Vec<Key> {
        keys_of(&GroupKind::of::<R::Kind>(), world)
    }

    fn concerns(&self, event: &Event, world: &World) -> Vec<Key> {
        let Some(object) = event.object() else { return Vec::new() };
        let kind = object.group_kind();
        if kind == GroupKind::of::<R::Kind>() {
            let mut keys = Reconciler::concerns(self, event, world);
            keys.push(object.key());
            return keys;
        }
        let read = R::READS.contains(&kind);
        if read { Reconciler::concerns(self, event, world) } else { Vec::new() }
    }

    fn decide(&self, key: &Key, world: &World) -> Plan {
        world.get::<R::Kind>(key).map_or_else(Plan::nothing, |object| self.reconcile(&object, world))
    }
}

/// The key of every object of a kind.
pub fn keys_of(kind: &GroupKind, world: &World) -> Vec<Key> {
    world.of_kind(kind).map(shared_api::Object::key).collect()
}

/// The `K` that controls the object an event is about.
fn owner<K: Kind>(event: &Event) -> Option<Key> {
    let object = event.object()?;
    let owner = object.controller()?;
    let kind = GroupKind::parse(&owner.api_version, &owner.kind);
    (kind == GroupKind::of::<K>()).then(|| Key::of::<K>(object.namespace(), &owner.name))
}
