//! What the pods of a set looked like before, and look like now: its `ControllerRevision`s.
//!
//! `kubectl rollout history` lists them, `undo` applies what one of them holds.

use crate::safe;
use serde_json::{Value, json};
use shared_api::{
    Key, Kind, Object, OwnedBy,
    apps::{ControllerRevision, RawExtension},
    meta::ObjectMeta,
};
use shared_reconcile::{Plan, World};
use std::{collections::BTreeMap, sync::Arc};

/// The revisions of one set.
pub(crate) struct Revisions {
    /// Those it controls, the oldest first.
    pub(crate) all: Vec<Arc<ControllerRevision>>,
    /// What the present one holds.
    data: Value,
}

/// The revision of a set's present template.
#[derive(Debug, PartialEq)]
pub(crate) struct Present {
    /// Its name.
    pub(crate) name: String,
    /// The hash that its name ends in.
    pub(crate) hash: String,
    /// How often another had the name that it was to have.
    pub(crate) collisions: i32,
    /// What makes it, or makes it the newest again.
    pub(crate) plan: Plan,
}

impl Revisions {
    /// Those of `owner`.
    pub(crate) fn of<K: Kind>(owner: &K, world: &World) -> Self {
        let mut all: Vec<_> = world.owned_by::<ControllerRevision>(owner).collect();
        let age = |r: &ControllerRevision| r.metadata.creation_timestamp.as_ref().map(|t| t.0);
        all.sort_by_key(|r| (r.revision, age(r), r.metadata.name.clone()));
        let mut template = Object::from_kind(owner).value()["spec"]["template"].take();
        template["$patch"] = "replace".into();
        Self { all, data: json!({"spec": {"template": template}}) }
    }

    /// Those that hold the present template.
    pub(crate) fn equal(&self) -> impl Iterator<Item = &Arc<ControllerRevision>> {
        self.all.iter().filter(|r| r.data.as_ref().is_some_and(|data| data.0 == self.data))
    }

    /// The one called `name`.
    pub(crate) fn named(&self, name: &str) -> Option<&ControllerRevision> {
        self.all.iter().find(|r| r.metadata.name.as_deref() == Some(name)).map(|r| &**r)
    }

    /// The revision of the present template, which carries its hash as `label`.
    pub(crate) fn present<K: Kind>(
        &self,
        owner: &K,
        labels: Option<&BTreeMap<String, String>>,
        label: &str,
        collisions: i32,
        world: &World,
    ) -> Present {
        let number = |r: &Arc<ControllerRevision>| r.revision;
        if let Some(known) = self.equal().last() {
            let others = self.all.iter().filter(|r| r.metadata.uid != known.metadata.uid);
            let next = others.map(number).max().unwrap_or(0).saturating_add(1);
            let mut plan = Plan::nothing();
            if known.revision < next {
                plan = plan.update(&ControllerRevision { revision: next, ..(**known).clone() });
            }
            let name = known.metadata.name.clone().unwrap_or_default();
            let hash = self::label(&known.metadata, label).unwrap_or(&name).to_owned();
            return Present { name, hash, collisions, plan };
        }
        let meta = owner.metadata();
        let namespace = meta.namespace.clone().unwrap_or_default();
        let (hash, name, collisions) = self.free(meta, &namespace, collisions, world);
        let mut labels = labels.cloned().unwrap_or_default();
        labels.insert(label.into(), hash.clone());
        let revision = ControllerRevision {
            metadata: ObjectMeta {
                name: Some(name.clone()),
                namespace: Some(namespace),
                labels: Some(labels),
                // Why it came to be is said there.
                annotations: meta.annotations.clone(),
                ..ObjectMeta::default()
            },
            data: Some(RawExtension(self.data.clone())),
            revision: self.all.iter().map(number).max().unwrap_or(0).saturating_add(1),
        };
        Present { name, hash, collisions, plan: Plan::nothing().create(&revision.owned_by(owner)) }
    }

    /// A hash, and the name with it that no other revision has; counts those that have one.
    fn free(
        &self,
        owner: &ObjectMeta,
        namespace: &str,
        mut collisions: i32,
        world: &World,
    ) -> (String, String, i32) {
        let data = self.data.to_string();
        loop {
            let hash = safe::hash(&[data.as_bytes(), collisions.to_string().as_bytes()]);
            let name = format!("{}-{hash}", owner.name.as_deref().unwrap_or_default());
            if world.object(&Key::of::<ControllerRevision>(namespace, &name)).is_none() {
                return (hash, name, collisions);
            }
            collisions = collisions.wrapping_add(1);
        }
    }

    /// Takes in the revisions that nothing controls and that a set means.
    pub(crate) fn adopt<K: Kind>(owner: &K, world: &World, means: impl Fn(&ObjectMeta) -> bool) -> Plan {
        let namespace = owner.metadata().namespace.as_deref().unwrap_or_default();
        let waifs = world
            .uncontrolled::<ControllerRevision>(namespace)
            .filter(|r| r.metadata.deletion_timestamp.is_none() && means(&r.metadata));
        waifs.fold(Plan::nothing(), |plan, r| plan.update(&(*r).clone().owned_by(owner)))
    }

    /// Forgets the `extra` oldest of those that nothing needs.
    pub(crate) fn forget(&self, extra: usize, needed: impl Fn(&ControllerRevision) -> bool) -> Plan {
        let gone =
            self.all.iter().filter(|r| r.metadata.deletion_timestamp.is_none() && !needed(r)).take(extra);
        gone.fold(Plan::nothing(), |plan, r| plan.delete::<ControllerRevision>(&r.metadata))
    }
}

/// The label of a revision, or of a pod.
pub(crate) fn label<'a>(meta: &'a ObjectMeta, key: &str) -> Option<&'a str> {
    meta.labels.as_ref()?.get(key).map(String::as_str)
}

/// `owner`, with the template that a revision holds.
pub(crate) fn applied<K: Kind>(owner: &K, revision: &ControllerRevision) -> Option<Arc<K>> {
    let mut template = revision.data.as_ref()?.0.pointer("/spec/template")?.clone();
    template.as_object_mut()?.remove("$patch");
    let mut value = Object::from_kind(owner).value();
    value["spec"]["template"] = template;
    Object::from_value(&value).ok()?.to_kind().ok()
}

#[cfg(test)]
mod tests;
