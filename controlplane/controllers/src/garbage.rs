//! Deletes what nothing owns any more, and keeps the order that a deletion asked for.
//!
//! An object whose every owner is gone goes too. One deleted in the foreground waits for what it owns;
//! one deleted as an orphan-maker first lets go of it.

use shared_api::{GroupKind, Key, Object, Propagation, core::Namespace, meta::OwnerReference};
use shared_reconcile::{Change, Controller, Event, Note, Plan, World, reference};
use std::{collections::BTreeSet, time::Duration};

const FOREGROUND: &str = "foregroundDeletion";
const ORPHAN: &str = "orphan";

/// See the module documentation.
pub struct Garbage;

impl Controller for Garbage {
    fn name(&self) -> &'static str {
        "generic-garbage-collector"
    }

    fn reads(&self) -> Vec<GroupKind> {
        vec![GroupKind::every()]
    }

    fn everything(&self, world: &World) -> Vec<Key> {
        world.objects().filter(|o| is_of_interest(o)).map(Object::key).collect()
    }

    fn concerns(&self, event: &Event, world: &World) -> Vec<Key> {
        let Some(object) = event.object() else { return Vec::new() };
        let dependents = || world.dependents(object.uid()).map(Object::key);
        if matches!(event, Event::Deleted(_)) {
            // Those it owned may have nobody left; those that own it may have waited for it.
            return dependents().chain(owners(object)).collect();
        }
        let mut keys = Vec::new();
        if is_of_interest(object) {
            keys.push(object.key());
            keys.extend(owners(object).filter(|key| world.object(key).is_some_and(is_going)));
        }
        if has(object, FOREGROUND) && is_going(object) {
            keys.extend(dependents());
        }
        keys
    }

    fn decide(&self, key: &Key, world: &World) -> Plan {
        let Some(object) = world.object(key) else { return Plan::nothing() };
        if is_going(object) {
            if has(object, ORPHAN) {
                return orphan(object, world);
            }
            if has(object, FOREGROUND) {
                return foreground(object, world);
            }
            return Plan::nothing();
        }
        elsewhere(object, world).fold(unowned(object, world), Plan::record)
    }
}

/// It has owners, or its end has an order.
fn is_of_interest(object: &Object) -> bool {
    let meta = object.metadata();
    meta.owner_references.iter().flatten().next().is_some() || has(object, FOREGROUND) || has(object, ORPHAN)
}

fn is_going(object: &Object) -> bool {
    object.metadata().deletion_timestamp.is_some()
}

fn has(object: &Object, finalizer: &str) -> bool {
    object.metadata().finalizers.iter().flatten().any(|f| f == finalizer)
}

fn owners(object: &Object) -> impl Iterator<Item = Key> {
    object.metadata().owner_references.iter().flatten().filter_map(|owner| key_of(owner, object))
}

/// Where an owner lives; `None` when its kind is not one that is watched here.
fn key_of(owner: &OwnerReference, object: &Object) -> Option<Key> {
    let kind = GroupKind::parse(&owner.api_version, &owner.kind);
    let known = shared_api::of(&kind.group, &kind.kind)?;
    let namespace = if known.namespaced { object.namespace() } else { "" };
    // What lives nowhere cannot be owned by what lives in a namespace; that is no reason to delete it.
    let sensible = !known.namespaced || !namespace.is_empty();
    sensible.then(|| Key { kind, namespace: namespace.into(), name: owner.name.clone() })
}

/// How an owner stands.
#[derive(PartialEq)]
enum Owner {
    /// It is there, or cannot be known to be gone.
    There,
    /// It is being deleted and waits for what it owns.
    Waiting,
    /// It is gone.
    Gone,
}

fn standing(owner: &OwnerReference, object: &Object, world: &World) -> Owner {
    let Some(key) = key_of(owner, object) else { return Owner::There };
    match world.object(&key) {
        Some(found) if found.uid() != owner.uid => Owner::Gone,
        Some(found) if is_going(found) && has(found, FOREGROUND) => Owner::Waiting,
        Some(_) => Owner::There,
        None => Owner::Gone,
    }
}

/// What is to be said of owners that are there, but in another namespace than what they are said to own.
fn elsewhere(object: &Object, world: &World) -> impl Iterator<Item = Note> {
    let owners = object.metadata().owner_references.iter().flatten();
    let strayed = owners.filter(|owner| {
        let kind = GroupKind::parse(&owner.api_version, &owner.kind);
        let namespaced = shared_api::of(&kind.group, &kind.kind).is_some_and(|known| known.namespaced);
        let is = |namespace: &str| {
            let key = Key { kind: kind.clone(), namespace: namespace.into(), name: owner.name.clone() };
            world.object(&key).is_some_and(|found| found.uid() == owner.uid)
        };
        namespaced
            && !is(object.namespace())
            && world.of_kind(&GroupKind::of::<Namespace>()).any(|namespace| is(namespace.name()))
    });
    strayed.map(|owner| Note {
        about: reference(object),
        warning: true,
        reason: "OwnerRefInvalidNamespace".into(),
        message: format!(
            "ownerRef [{}/{}, namespace: {}, name: {}, uid: {}] does not exist in namespace {:?}",
            owner.api_version,
            owner.kind,
            object.namespace(),
            owner.name,
            owner.uid,
            object.namespace(),
        ),
    })
}

/// Deletes an object that has owners, none of which is there to stay.
fn unowned(object: &Object, world: &World) -> Plan {
    let owners = object.metadata().owner_references.as_deref().unwrap_or_default();
    if owners.is_empty() {
        return Plan::nothing();
    }
    let standings: Vec<_> = owners.iter().map(|owner| standing(owner, object, world)).collect();
    if !standings.contains(&Owner::There) {
        let waited_for = standings.contains(&Owner::Waiting);
        let first = waited_for && world.dependents(object.uid()).next().is_some();
        let how = if has(object, ORPHAN) {
            Propagation::Orphan
        } else if first || has(object, FOREGROUND) {
            Propagation::Foreground
        } else {
            Propagation::Background
        };
        return Plan::nothing().delete_object(object, Some(how));
    }
    let kept: Vec<_> =
        owners.iter().zip(&standings).filter(|(_, s)| **s == Owner::There).map(|(o, _)| o).collect();
    if kept.len() == owners.len() {
        Plan::nothing()
    } else {
        Plan::nothing().then(with_owners(object, &kept))
    }
}

/// Lets go of everything an object owns, then of the object.
fn orphan(object: &Object, world: &World) -> Plan {
    let mut plan = Plan::nothing();
    for dependent in world.dependents(object.uid()) {
        let owners = dependent.metadata().owner_references.iter().flatten();
        let kept: Vec<_> = owners.filter(|owner| owner.uid != object.uid()).collect();
        plan = plan.then(with_owners(dependent, &kept));
    }
    if plan.is_nothing() {
        return plan.then(without_finalizer(object, ORPHAN));
    }
    // What was let go no longer names its owner, so nothing else would bring it up again.
    plan.again_in(Duration::from_millis(1))
}

/// Deletes everything an object owns; lets the object go when nothing that it waits for is left.
fn foreground(object: &Object, world: &World) -> Plan {
    let waits_for = |dependent: &Object| {
        let mut owners = dependent.metadata().owner_references.iter().flatten();
        owners.any(|o| o.uid == object.uid() && o.block_owner_deletion == Some(true))
    };
    // Each dependent is looked at for itself: it may have another owner that stays.
    let mut left = world.dependents(object.uid()).filter(|d| waits_for(d) && !stays(d, world));
    if left.any(|d| !awaits(d, object, world)) {
        return Plan::nothing();
    }
    Plan::nothing().then(without_finalizer(object, FOREGROUND))
}

/// Whether `one` waits for `other` to go first, directly or by what it owns: they own each other in a circle.
fn awaits(one: &Object, other: &Object, world: &World) -> bool {
    let (mut open, mut seen) = (vec![one], BTreeSet::new());
    while let Some(object) = open.pop() {
        if object.uid() == other.uid() {
            return true;
        }
        if is_going(object) && has(object, FOREGROUND) && seen.insert(object.uid()) {
            open.extend(world.dependents(object.uid()));
        }
    }
    false
}

fn stays(dependent: &Object, world: &World) -> bool {
    let mut owners = dependent.metadata().owner_references.iter().flatten();
    !is_going(dependent) && owners.any(|owner| standing(owner, dependent, world) == Owner::There)
}

fn with_owners(object: &Object, owners: &[&OwnerReference]) -> Change {
    let mut value = object.value();
    value["metadata"]["ownerReferences"] = serde_json::json!(owners);
    changed(object, &value)
}

fn without_finalizer(object: &Object, finalizer: &str) -> Change {
    let mut value = object.value();
    let kept: Vec<_> = object.metadata().finalizers.iter().flatten().filter(|f| *f != finalizer).collect();
    value["metadata"]["finalizers"] = serde_json::json!(kept);
    changed(object, &value)
}

fn changed(object: &Object, value: &serde_json::Value) -> Change {
    Change::Update(Object::from_value(value).unwrap_or_else(|_| object.clone()))
}

#[cfg(test)]
mod tests;
